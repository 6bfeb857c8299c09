import { startOtherIssuer } from './other-issuer.ts';
import { startOtherMoov } from './other-moov.ts';
import { freePort } from './postgres.ts';

/** Accounts of the other API. */
const partner = { accountID: 'f0000000-0000-4000-8000-00000000000f', displayName: 'Northern Partners' };
export const bakery = { accountID: 'b0000000-0000-4000-8000-00000000000b', displayName: 'Bakery on the Hill' };
/** A merchant at the other identity provider. Only its user-info answer has the role and the account, in claims with names of its own. */
export const baker = {
  sub: 'blue|0815',
  name: 'Bea Baker',
  email: 'bea@bakery.example',
  claims: { 'https://claims.example/role': 'merchant', 'https://claims.example/account': bakery.accountID },
};
/** Secrets that must not be in any page, answer or log. */
export const secrets = { moov: 'canary-moov/secret+1', oidc: 'canary oidc:secret/%2B&ä' };

/**
 * Starts a second identity provider and a second Moov API, which share no code with the sandbox.
 * @param more settings to add or to replace
 * @returns both, the portal's origin, the settings that lead a portal to them, and `stop`
 */
export async function elsewhere(more: Record<string, string> = {}) {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const registered = 'https://support.elsewhere.example';
  const issuer = await startOtherIssuer({
    id: 'portal/client id',
    secret: secrets.oidc,
    redirectURI: `${origin}/auth/callback`,
    person: baker,
  });
  const moov = await startOtherMoov({
    publicKey: 'other-public',
    secretKey: secrets.moov,
    origin: registered,
    partnerAccountID: partner.accountID,
    accounts: [partner, bakery],
  });
  return {
    issuer,
    moov,
    origin,
    settings: {
      PORT: String(port),
      HOST: '127.0.0.1',
      PUBLIC_ORIGIN: origin,
      MOOV_API_URL: moov.origin,
      MOOV_PUBLIC_KEY: 'other-public',
      MOOV_SECRET_KEY: secrets.moov,
      MOOV_PARTNER_ACCOUNT_ID: partner.accountID,
      MOOV_ORIGIN: registered,
      OIDC_ISSUER: issuer.issuer,
      OIDC_CLIENT_ID: 'portal/client id',
      OIDC_CLIENT_SECRET: secrets.oidc,
      OIDC_ROLE_CLAIM: 'https://claims.example/role',
      OIDC_ACCOUNT_CLAIM: 'https://claims.example/account',
      ...more,
    },
    async stop() {
      await issuer.stop();
      await moov.stop();
    },
  };
}
