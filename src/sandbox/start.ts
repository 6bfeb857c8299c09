import { startIssuer } from './issuer/issuer.ts';
import { sandboxKeys } from './keys.ts';
import { createMoov, type MoovOptions } from './moov/app.ts';
import { accountIDs, people } from './people.ts';

export type SandboxOptions = Omit<MoovOptions, 'webhook' | 'portalOrigin'> & {
  /** the portal's origin: the redirect addresses and the address for webhooks are made from it */
  portalOrigin?: string | undefined;
  /** 0, the default, means a free one */
  ports?: { moov?: number; issuer?: number } | undefined;
};

/**
 * Starts both stand-ins on loopback.
 * @returns their addresses, the stand-ins themselves for tests, `settings` that lead a portal to them, and `stop`
 * @throws when a port is taken (EADDRINUSE)
 */
export async function startSandbox({
  portalOrigin = 'http://localhost:3000',
  ports = {},
  ...options
}: SandboxOptions = {}) {
  const moov = createMoov({
    // Tests send more requests than people do. `npm run sandbox` sets Moov's own limit.
    requestsPerSecond: 10_000,
    ...options,
    portalOrigin,
    webhook: { url: `${portalOrigin}/webhooks/moov`, secret: sandboxKeys.webhookSecret },
  });
  const listening = await moov.listen(ports.moov);
  const issuer = await startIssuer({
    port: ports.issuer ?? 0,
    people,
    clients: [
      {
        clientID: sandboxKeys.clientID,
        clientSecret: sandboxKeys.clientSecret,
        redirectURIs: [`${portalOrigin}/auth/callback`],
        postLogoutRedirectURIs: [`${portalOrigin}/signed-out`],
      },
    ],
  }).catch(async (error: unknown) => {
    await listening.stop();
    throw error;
  });

  return {
    moovURL: listening.url,
    issuerURL: issuer.url,
    moov: { ...moov, url: listening.url },
    issuer,
    /** The portal's settings (its PORT, PUBLIC_ORIGIN and database excepted) that lead it here. */
    settings: {
      MOOV_API_URL: listening.url,
      MOOV_PUBLIC_KEY: sandboxKeys.publicKey,
      MOOV_SECRET_KEY: sandboxKeys.secretKey,
      MOOV_ORIGIN: sandboxKeys.origin,
      MOOV_PARTNER_ACCOUNT_ID: accountIDs.partner,
      MOOV_WEBHOOK_SECRET: sandboxKeys.webhookSecret,
      OIDC_ISSUER: issuer.url,
      OIDC_CLIENT_ID: sandboxKeys.clientID,
      OIDC_CLIENT_SECRET: sandboxKeys.clientSecret,
    },
    async stop() {
      await issuer.stop();
      await listening.stop();
    },
  };
}
export type Sandbox = Awaited<ReturnType<typeof startSandbox>>;
