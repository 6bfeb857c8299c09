import { randomBytes } from 'node:crypto';
import { Hono } from 'hono';
import { isKeyPair, readBasic, requireRegisteredOrigin } from './access.ts';
import { refuse, refuseFields, refuseWithError } from './answers.ts';
import type { MoovEnv, Parts } from './parts.ts';

type Minted = { scopes: string[]; endsAt: number; refreshToken: string };

/** A random token. Clients must not read anything into it. */
const randomToken = (kind: string) => `sandbox-${kind}-${randomBytes(24).toString('base64url')}`;

/**
 * Mints and remembers tokens.
 * @param lifeSeconds how long an access token lives
 * @param expiresInAs what `expires_in` means: seconds to live (RFC 6749, moov-go) or the Unix time of the end (the
 *   documentation of `@moovio/sdk` models/components/authtoken)
 */
export function createTokenDesk(
  { lifeSeconds, expiresInAs }: { lifeSeconds: number; expiresInAs: 'seconds' | 'timestamp' },
  now: () => Date,
) {
  const minted = new Map<string, Minted>();
  const refreshable = new Map<string, string[]>();

  return {
    mint(scopes: string[]) {
      const at = now().getTime();
      for (const [token, { endsAt }] of minted) if (endsAt <= at) minted.delete(token);
      const accessToken = randomToken('access');
      const refreshToken = randomToken('refresh');
      const endsAt = at + lifeSeconds * 1000;
      minted.set(accessToken, { scopes, endsAt, refreshToken });
      refreshable.set(refreshToken, scopes);
      return {
        token_type: 'Bearer',
        access_token: accessToken,
        refresh_token: refreshToken,
        expires_in: expiresInAs === 'seconds' ? lifeSeconds : Math.floor(endsAt / 1000),
        scope: scopes.join(' '),
      };
    },
    /** The scopes of a refresh token, which is used up by this; undefined if it is not known. */
    takeRefreshToken(refreshToken: string): string[] | undefined {
      const scopes = refreshable.get(refreshToken);
      refreshable.delete(refreshToken);
      return scopes;
    },
    scopesOf(accessToken: string): string[] | undefined {
      const token = minted.get(accessToken);
      return token === undefined || token.endsAt <= now().getTime() ? undefined : token.scopes;
    },
    /** Ends an access token with its refresh token, or a refresh token alone. */
    revoke(token: string) {
      const access = minted.get(token);
      if (access !== undefined) refreshable.delete(access.refreshToken);
      minted.delete(token);
      refreshable.delete(token);
    },
    /** Ends every token at once, as a rotated key would. */
    revokeAll() {
      minted.clear();
      refreshable.clear();
    },
  };
}
export type TokenDesk = ReturnType<typeof createTokenDesk>;

/** Scopes look like `/accounts.read` or `/accounts/{accountID}/tickets.write` (docs.moov.io, "Scopes"). */
const looksLikeScope = /^\/[a-z0-9/_-]+\.(read|write|create|connect|disconnect)$/i;

/**
 * The fields of a token request: JSON, as the SDK sends it, or a form (RFC 6749). The content type is ignored, because `curl --data`
 * sends JSON but says that it is a form. @throws {Refusal} 400 for JSON that is not an object
 */
function readFields(text: string): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return { ...json };
  } catch {
    return Object.fromEntries(new URLSearchParams(text));
  }
  throw refuseWithError(400, 'The body must be a JSON object.');
}

/** `POST /oauth2/token` and `POST /oauth2/revoke` (docs.moov.io, "Access tokens"; `@moovio/sdk` authTokenRequest). */
export function tokenRoutes({ tokens }: Parts) {
  /** Requires the key pair, by Basic authentication or in the body (`@moovio/sdk` models/components/authtokenrequest), else 401. */
  const requireClient = (authorization: string | undefined, fields: Record<string, unknown>) => {
    const basic = readBasic(authorization);
    if (!isKeyPair(basic?.publicKey ?? fields.client_id, basic?.secretKey ?? fields.client_secret)) throw refuse(401);
  };

  return new Hono<MoovEnv>()
    .post('/token', async (c) => {
      requireRegisteredOrigin((name) => c.req.header(name));
      const fields = readFields(await c.req.text());
      requireClient(c.req.header('authorization'), fields);
      if (fields.grant_type === 'client_credentials') {
        const scopes = typeof fields.scope === 'string' ? fields.scope.split(' ').filter((scope) => scope !== '') : [];
        if (scopes.length === 0) throw refuseFields({ scope: 'Scope is required for client_credentials.' });
        const unknown = scopes.find((scope) => !looksLikeScope.test(scope));
        if (unknown !== undefined) throw refuseFields({ scope: `${unknown} is not a scope.` });
        return c.json(tokens.mint(scopes));
      }
      if (fields.grant_type === 'refresh_token') {
        const scopes =
          typeof fields.refresh_token === 'string' ? tokens.takeRefreshToken(fields.refresh_token) : undefined;
        if (scopes === undefined) throw refuseFields({ refresh_token: 'The refresh token is not known, or was used.' });
        return c.json(tokens.mint(scopes));
      }
      throw refuseWithError(400, 'grant_type must be client_credentials or refresh_token.');
    })
    .post('/revoke', async (c) => {
      requireRegisteredOrigin((name) => c.req.header(name));
      const fields = readFields(await c.req.text());
      requireClient(c.req.header('authorization'), fields);
      if (typeof fields.token !== 'string') throw refuseFields({ token: 'Token is required.' });
      tokens.revoke(fields.token);
      return c.body(null, 204);
    });
}
