import { accountIDs } from '../../src/sandbox/people.ts';
import { startSandbox } from '../../src/sandbox/start.ts';
import { startOtherIssuer } from './other-issuer.ts';

/** The account of the person who signs in with `startOutside`. */
export const { wholeBodyFitness } = accountIDs;

/**
 * Starts everything outside of the portal, for tests without a browser (`createClient`): the sandbox's API, and an identity provider
 * whose sign-in page is one link.
 * @param origin the public origin of the portals
 * @returns the sandbox, what reached it, the settings that lead a portal to both, and `stop`
 */
export async function startOutside(origin: string) {
  const sandbox = await startSandbox({ portalOrigin: origin });
  const issuer = await startOtherIssuer({
    id: 'portal',
    secret: 'provider-secret',
    redirectURI: `${origin}/auth/callback`,
    person: {
      sub: 'mel',
      name: 'Mel Roberts',
      email: 'mel@wholebody.example',
      claims: { moov_role: 'merchant', moov_account_id: wholeBodyFitness },
    },
  });
  return {
    sandbox,
    /** the requests to create a ticket that reached the API */
    creations: () => sandbox.moov.received.filter(({ method, path }) => method === 'POST' && path.endsWith('/tickets')),
    titles: () => sandbox.moov.store.tickets().map(({ ticket }) => ticket.title),
    settings: {
      ...sandbox.settings,
      HOST: '127.0.0.1',
      PUBLIC_ORIGIN: origin,
      OIDC_ISSUER: issuer.issuer,
      OIDC_CLIENT_ID: 'portal',
      OIDC_CLIENT_SECRET: 'provider-secret',
    },
    async stop() {
      await issuer.stop();
      await sandbox.stop();
    },
  };
}
export type Outside = Awaited<ReturnType<typeof startOutside>>;
