import { createRemoteJWKSet, customFetch, jwtVerify } from 'jose';
import * as oidc from 'openid-client';
import * as z from 'zod/mini';
import type { RequestLog } from '../guard/logger.ts';
import { isLoopback, type Settings } from '../settings.ts';
import { cappedFetch } from './capped-fetch.ts';
import { claimed, type Identity, personIDOf, providerID, readIdentity } from './claims.ts';

const patienceMs = 10_000;
/** What a provider says of itself may change, or have been wrong; it is read again this often. */
const metadataKeptMs = 10 * 60_000;

/** How far the provider's clock and ours may be apart, either way, for every time that a token names. */
const clockToleranceSeconds = 5 * 60;

/** Anybody can send a logout token that names an unknown key: keys are fetched for those at most this often. */
const unknownKeyMs = 1_000;

/** A logout token names a session or a person, says what happened, and is no id_token (it has no nonce). */
const logoutClaims = z
  .object({
    sid: z.optional(providerID),
    sub: z.optional(providerID),
    jti: z.string(),
    nonce: z.optional(z.undefined()),
    events: z.object({ 'http://schemas.openid.net/event/backchannel-logout': z.object({}) }),
  })
  .check(
    z.refine((claims) => claims.sid !== undefined || claims.sub !== undefined, 'names neither a session nor a person'),
  );

type ProviderSettings = Pick<
  Settings,
  | 'PUBLIC_ORIGIN'
  | 'OIDC_ISSUER'
  | 'OIDC_CLIENT_ID'
  | 'OIDC_CLIENT_SECRET'
  | 'OIDC_SCOPE'
  | 'OIDC_ROLE_CLAIM'
  | 'OIDC_ACCOUNT_CLAIM'
>;

const addresses = [
  'authorization_endpoint',
  'token_endpoint',
  'userinfo_endpoint',
  'jwks_uri',
  'end_session_endpoint',
] as const;

/**
 * The metadata say where the browser is sent and where the client's secret goes: over TLS alone, or, while trying things
 * out, to this machine as the issuer itself.
 * @throws when an address is anything else, `javascript:` for one
 */
function requireSafeAddresses(metadata: oidc.ServerMetadata, insecure: boolean) {
  for (const name of addresses) {
    const given = metadata[name];
    if (given === undefined) continue;
    const { protocol, hostname, username, password } = new URL(given);
    const safe = protocol === 'https:' || (insecure && protocol === 'http:' && isLoopback(hostname));
    if (!safe || username + password !== '') throw new Error(`the identity provider's ${name} is no safe address`);
  }
}

/**
 * What the library leaves to its caller: an id_token that was issued to another application, or not yet.
 * @throws when it was
 */
function requireOurs(claims: oidc.IDToken, clientID: string) {
  if (claims.azp !== undefined && claims.azp !== clientID)
    throw new Error('the id_token was issued to another application');
  if (claims.iat > Date.now() / 1000 + clockToleranceSeconds) throw new Error('the id_token is from the future');
  if (!providerID.safeParse(claims.sub).success) throw new Error('the id_token has no usable subject');
}

/**
 * HTTP Basic with the client's name and secret. RFC 6749 (section 2.3.1) has them form-encoded, and not every provider decodes
 * them: what need not be escaped is left as it is, so that both read the same.
 */
const basic = (clientID: string, clientSecret: string): oidc.ClientAuth => {
  const credentials = btoa([clientID, clientSecret].map(encodeURIComponent).join(':'));
  return (_as, _client, _body, headers) => headers.set('authorization', `Basic ${credentials}`);
};

const awayWords = new Set(['server_error', 'temporarily_unavailable']);
/** Whether a sign-in failed because the provider could not be reached, or was failing itself: it has said nothing about the person. */
export function isAway(error: unknown): boolean {
  // What fetch throws where there is no connection, or where one breaks off.
  if (error instanceof TypeError) return true;
  if (error instanceof oidc.AuthorizationResponseError) return awayWords.has(error.error);
  if (error instanceof oidc.ResponseBodyError) return error.status >= 500;
  if (!(error instanceof oidc.ClientError)) return false;
  return error.code === 'OAUTH_TIMEOUT' || (error.cause instanceof Response && error.cause.status >= 500);
}

/**
 * The identity provider, over OpenID Connect: code flow with PKCE (S256), state and nonce, as a confidential client.
 * Its metadata are fetched when first needed and kept for a while; a provider that is down at start does not keep the portal
 * down, and while it is down later the last metadata serve.
 */
export function createProvider(settings: ProviderSettings, { timeoutMs = patienceMs, keptMs = metadataKeptMs } = {}) {
  const timeout = timeoutMs / 1000;
  const issuer = new URL(settings.OIDC_ISSUER);
  const redirectURI = `${settings.PUBLIC_ORIGIN}/auth/callback`;
  let known: Promise<() => oidc.Configuration> | undefined;
  let askedAt = 0;
  /** The keys of the last sign-in, and when they were fetched. */
  let signInKeys: oidc.ExportedJWKSCache | undefined;
  let keys: { address: string; set: ReturnType<typeof createRemoteJWKSet> } | undefined;

  /** Reads the metadata. @returns what makes a configuration of them */
  async function discover(): Promise<() => oidc.Configuration> {
    // Plain http is allowed for localhost alone, which the settings have checked.
    const insecure = issuer.protocol === 'http:' ? [oidc.allowInsecureRequests] : [];
    const found = await oidc.discovery(issuer, settings.OIDC_CLIENT_ID, undefined, oidc.None(), {
      execute: insecure,
      timeout,
      [oidc.customFetch]: cappedFetch,
    });
    const given: oidc.ServerMetadata = found.serverMetadata();
    const metadata: oidc.ServerMetadata = {
      // A provider may sign user-info without listing how. The library, given nothing to go by, would refuse what is signed;
      // what is not signed, or not by a published key, it refuses whatever is listed.
      userinfo_signing_alg_values_supported: given.id_token_signing_alg_values_supported ?? ['RS256'],
      ...given,
    };
    requireSafeAddresses(metadata, insecure.length > 0);
    // OpenID Connect Discovery 1.0: left out, the method is client_secret_basic.
    const methods = metadata.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const authentication = methods.includes('client_secret_basic')
      ? basic(settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET)
      : oidc.ClientSecretPost(settings.OIDC_CLIENT_SECRET);
    const client = { [oidc.clockTolerance]: clockToleranceSeconds };
    // They may name other keys.
    signInKeys = undefined;
    return () => {
      const configuration = new oidc.Configuration(metadata, settings.OIDC_CLIENT_ID, client, authentication);
      configuration.timeout = timeout;
      configuration[oidc.customFetch] = cappedFetch;
      if (insecure.length > 0) oidc.allowInsecureRequests(configuration);
      // The id_token and a signed user-info are checked against the provider's keys even where TLS would vouch for it.
      oidc.enableNonRepudiationChecks(configuration);
      return configuration;
    };
  }
  async function configuration(): Promise<oidc.Configuration> {
    const last = known;
    if (last !== undefined && performance.now() - askedAt < keptMs) return (await last)();
    askedAt = performance.now();
    known = discover().catch((error: unknown) => {
      known = last;
      if (last === undefined) throw error;
      return last;
    });
    return (await known)();
  }
  /**
   * A configuration for one sign-in. The library fetches keys anew for a key that is not among them only once they are a minute
   * old, and a provider may have begun to sign with a new one since: told that they are, it looks at once, once a sign-in.
   */
  async function signInConfiguration(): Promise<oidc.Configuration> {
    const configured = await configuration();
    if (signInKeys !== undefined) {
      const aMinuteAgo = Math.floor(Date.now() / 1000) - 60;
      oidc.setJwksCache(configured, { ...signInKeys, uat: Math.min(signInKeys.uat, aMinuteAgo) });
    }
    return configured;
  }
  /** The keys that logout tokens are signed with, as they are remembered or, for a key that is not among them, fetched. */
  function keysAt(address: string) {
    if (keys?.address !== address)
      keys = {
        address,
        set: createRemoteJWKSet(new URL(address), {
          timeoutDuration: timeoutMs,
          cooldownDuration: unknownKeyMs,
          [customFetch]: cappedFetch,
        }),
      };
    return keys.set;
  }

  return {
    /** Where to send the browser to sign in, and the verifier to keep. */
    async begin(state: string, nonce: string): Promise<{ location: string; codeVerifier: string }> {
      const codeVerifier = oidc.randomPKCECodeVerifier();
      const location = oidc.buildAuthorizationUrl(await configuration(), {
        redirect_uri: redirectURI,
        scope: settings.OIDC_SCOPE,
        state,
        nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
      });
      return { location: location.href, codeVerifier };
    },
    /**
     * Exchanges the code of a callback for who signed in. Tokens stay in here.
     * @param search the callback's query, with its question mark
     * @param log hears of what was left out of an identity that is good for signing in
     * @throws when the provider or the checks (state, nonce, issuer, verifier, signature) say no
     */
    async complete(
      search: string,
      checks: { state: string; nonce: string; codeVerifier: string },
      log: Pick<RequestLog, 'warn'>,
    ): Promise<Identity> {
      const configured = await signInConfiguration();
      const tokens = await oidc.authorizationCodeGrant(configured, new URL(redirectURI + search), {
        pkceCodeVerifier: checks.codeVerifier,
        expectedState: checks.state,
        expectedNonce: checks.nonce,
        idTokenExpected: true,
      });
      signInKeys = oidc.getJwksCache(configured);
      const claims = tokens.claims();
      if (claims === undefined) throw new Error('the identity provider gave no id_token');
      requireOurs(claims, settings.OIDC_CLIENT_ID);
      // Some providers write null for what they do not tell.
      const inToken = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== null));
      const has = (claim: string) => claimed(inToken, claim).length > 0;
      const saysWhoMayAct =
        claimed(inToken, settings.OIDC_ROLE_CLAIM).includes('partner') ||
        (has(settings.OIDC_ROLE_CLAIM) && has(settings.OIDC_ACCOUNT_CLAIM));
      // Many providers tell names and custom claims only at the user-info endpoint.
      const told =
        (saysWhoMayAct && has('name') && has('email')) || configured.serverMetadata().userinfo_endpoint === undefined
          ? {}
          : await oidc.fetchUserInfo(configured, tokens.access_token, claims.sub).catch((error: unknown) => {
              if (!saysWhoMayAct) throw error;
              log.warn({ err: error }, 'a person signs in without the name or email that user-info would have told');
              return {};
            });
      return readIdentity({ ...told, ...inToken }, claims.iss, claims.sub, {
        roleClaim: settings.OIDC_ROLE_CLAIM,
        accountClaim: settings.OIDC_ACCOUNT_CLAIM,
      });
    },
    /**
     * Reads the logout token of a back-channel logout (OpenID Connect Back-Channel Logout 1.0, section 2.6).
     * @returns whose session, or which one, has ended at the provider; and the token's own name
     * @throws when the token is not one that this provider signed for this client, for this purpose, just now
     */
    async readLogoutToken(token: string): Promise<{ providerSid?: string; personID?: string; tokenID: string }> {
      const metadata = (await configuration()).serverMetadata();
      if (metadata.jwks_uri === undefined) throw new Error('the identity provider publishes no keys');
      const { payload } = await jwtVerify(token, keysAt(metadata.jwks_uri), {
        issuer: metadata.issuer,
        audience: settings.OIDC_CLIENT_ID,
        typ: 'logout+jwt',
        // Section 2.4 would have it expire within two minutes, but need not.
        maxTokenAge: '2m',
        clockTolerance: clockToleranceSeconds,
        requiredClaims: ['iat', 'jti', 'events'],
      });
      const claims = logoutClaims.parse(payload);
      return {
        tokenID: claims.jti,
        ...(claims.sid !== undefined && { providerSid: claims.sid }),
        ...(claims.sub !== undefined && { personID: personIDOf(metadata.issuer, claims.sub) }),
      };
    },
    /** Reads the metadata, unless they are known. @returns the provider's own name for itself */
    async reach(): Promise<string> {
      return (await configuration()).serverMetadata().issuer;
    },
    /** Fetches the keys that the provider signs with. @returns how many it publishes */
    async countKeys(): Promise<number> {
      const { jwks_uri: address } = (await configuration()).serverMetadata();
      if (address === undefined) throw new Error('the identity provider publishes no keys');
      const published = createRemoteJWKSet(new URL(address), {
        timeoutDuration: timeoutMs,
        [customFetch]: cappedFetch,
      });
      await published.reload();
      return published.jwks()?.keys.length ?? 0;
    },
    /** Where to send the browser to sign out at the provider as well; undefined when it has no such page. The id_token is not given away for it. */
    async endSession(): Promise<string | undefined> {
      const configured = await configuration();
      if (configured.serverMetadata().end_session_endpoint === undefined) return undefined;
      return oidc.buildEndSessionUrl(configured, { post_logout_redirect_uri: `${settings.PUBLIC_ORIGIN}/signed-out` })
        .href;
    },
  };
}
export type Provider = ReturnType<typeof createProvider>;
