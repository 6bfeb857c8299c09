import { createRemoteJWKSet, customFetch, jwtVerify } from 'jose';
import * as oidc from 'openid-client';
import * as z from 'zod/mini';
import { call, page } from '../../contract/paths.ts';
import { codeOf } from '../guard/error-code.ts';
import type { RequestLog } from '../guard/logger.ts';
import { isLoopback, type Settings } from '../settings.ts';
import { cappedFetch } from './capped-fetch.ts';
import { claimed, type Identity, personIDOf, providerID, readIdentity } from './claims.ts';

/** How long one request to the provider may take. */
const patienceMs = 10_000;
/** How long the provider's metadata are used before they are read again: they may change, or may have been wrong. */
const metadataKeptMs = 10 * 60_000;

/** How far the provider's clock may be ahead of or behind ours, for every time in a token. */
const clockToleranceSeconds = 5 * 60;

/** How often the provider's keys are fetched, at most, for logout tokens that name an unknown key: anybody can send such a token. */
const unknownKeyMs = 1_000;

/**
 * The claims of a logout token (OpenID Connect Back-Channel Logout 1.0, section 2.4): it names a session (`sid`) or a person
 * (`sub`), has the logout event, and has no nonce, which tells it from an id_token.
 */
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
 * Checks the addresses in the metadata, to which the browser is sent and the client's secret goes. They must be https, or http on
 * this machine if the issuer is so too (`insecure`: to try things out).
 * @throws when an address is anything else, for example `javascript:`, or holds a user name or a password
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
 * Checks what openid-client leaves to its caller.
 * @throws when the id_token was issued to another application (`azp`), is from the future (`iat`), or has no usable subject
 */
function requireOurs(claims: oidc.IDToken, clientID: string) {
  if (claims.azp !== undefined && claims.azp !== clientID)
    throw new Error('the id_token was issued to another application');
  if (claims.iat > Date.now() / 1000 + clockToleranceSeconds) throw new Error('the id_token is from the future');
  if (!providerID.safeParse(claims.sub).success) throw new Error('the id_token has no usable subject');
}

/**
 * HTTP Basic authentication with the client's id and secret. RFC 6749 (section 2.3.1) wants both form-encoded, but not every provider
 * decodes them. So only characters that must be escaped are, and an id and a secret without such characters work everywhere.
 */
const basic = (clientID: string, clientSecret: string): oidc.ClientAuth => {
  const credentials = btoa([clientID, clientSecret].map(encodeURIComponent).join(':'));
  return (_as, _client, _body, headers) => headers.set('authorization', `Basic ${credentials}`);
};

/**
 * Puts back an error code that openid-client drops. A provider that rejects a secret sent by HTTP Basic answers `invalid_client` with a
 * challenge (RFC 6749, section 5.2), and the library does not read the body of such an answer. Operators look for the code in the log.
 * @throws the given error of a request to the token endpoint, with its code
 */
function withErrorCode(error: unknown): never {
  throw error instanceof oidc.WWWAuthenticateChallengeError && error.status === 401
    ? Object.assign(error, { error: 'invalid_client' })
    : error;
}

/**
 * The error code with which a provider refused to give tokens, and whether it refused the client itself. Providers use different codes
 * for a wrong secret, but the status is 401 or the code is one of two.
 * @returns undefined if the provider failed or gave no code
 */
function refusalIn(error: unknown): { error: string; ofClient: boolean } | undefined {
  if (error instanceof oidc.WWWAuthenticateChallengeError && error.status === 401)
    return { error: 'invalid_client', ofClient: true };
  if (!(error instanceof oidc.ResponseBodyError) || error.status >= 500) return undefined;
  const ofClient = error.status === 401 || /^(invalid|unauthorized)_client$/.test(error.error);
  return { error: error.error, ofClient };
}

/** Whether an error is about what the provider answered, and not about reaching it. */
const isOfAnswer = (error: unknown) => /^OAUTH_(?!TIMEOUT$|ABORT$)/.test(codeOf(error) ?? '');

const awayWords = new Set(['server_error', 'temporarily_unavailable']);
/** Whether a sign-in failed because the provider could not be reached or failed itself. Then it has not said no to the person. */
export function isAway(error: unknown): boolean {
  // `fetch` throws this if it gets no connection, or if the connection breaks.
  if (error instanceof TypeError) return true;
  if (error instanceof oidc.AuthorizationResponseError) return awayWords.has(error.error);
  if (error instanceof oidc.ResponseBodyError) return error.status >= 500;
  if (!(error instanceof oidc.ClientError)) return false;
  return error.code === 'OAUTH_TIMEOUT' || (error.cause instanceof Response && error.cause.status >= 500);
}

/**
 * The identity provider, over OpenID Connect: code flow with PKCE (S256), state and nonce, as a confidential client.
 * Its metadata are fetched when they are first needed, so the portal starts even if the provider is down. They are read again
 * after `keptMs`; if that fails, the old ones are used.
 */
export function createProvider(settings: ProviderSettings, { timeoutMs = patienceMs, keptMs = metadataKeptMs } = {}) {
  const timeout = timeoutMs / 1000;
  const issuer = new URL(settings.OIDC_ISSUER);
  const redirectURI = settings.PUBLIC_ORIGIN + call.callback();
  let known: Promise<() => oidc.Configuration> | undefined;
  let askedAt = 0;
  /** The provider's keys as the last sign-in left them, with the time at which they were fetched. */
  let signInKeys: oidc.ExportedJWKSCache | undefined;
  let keys: { address: string; set: ReturnType<typeof createRemoteJWKSet> } | undefined;

  /** Reads the metadata. @returns a function that makes a fresh configuration of them for each use */
  async function discover(): Promise<() => oidc.Configuration> {
    // The settings allow plain http for localhost only.
    const insecure = issuer.protocol === 'http:' ? [oidc.allowInsecureRequests] : [];
    const found = await oidc.discovery(issuer, settings.OIDC_CLIENT_ID, undefined, oidc.None(), {
      execute: insecure,
      timeout,
      [oidc.customFetch]: cappedFetch,
    });
    const given: oidc.ServerMetadata = found.serverMetadata();
    const metadata: oidc.ServerMetadata = {
      // A provider may sign its user-info answer without listing the algorithm. Without a list the library would refuse a signed
      // answer. This does not weaken the check: a signature must be by a published key in any case.
      userinfo_signing_alg_values_supported: given.id_token_signing_alg_values_supported ?? ['RS256'],
      ...given,
    };
    requireSafeAddresses(metadata, insecure.length > 0);
    // If the list is left out, the method is client_secret_basic (OpenID Connect Discovery 1.0, section 3).
    const methods = metadata.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const authentication = methods.includes('client_secret_basic')
      ? basic(settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET)
      : oidc.ClientSecretPost(settings.OIDC_CLIENT_SECRET);
    const client = { [oidc.clockTolerance]: clockToleranceSeconds };
    // The new metadata may name another address of the keys.
    signInKeys = undefined;
    return () => {
      const configuration = new oidc.Configuration(metadata, settings.OIDC_CLIENT_ID, client, authentication);
      configuration.timeout = timeout;
      configuration[oidc.customFetch] = cappedFetch;
      if (insecure.length > 0) oidc.allowInsecureRequests(configuration);
      // Check the signatures of the id_token and of a signed user-info answer, although they come over TLS from the provider itself.
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
   * A configuration for one sign-in. When a token names an unknown key, the library fetches the keys again only if its copy is at
   * least a minute old, but the provider may have begun to sign with a new key since. So the copy is passed off as that old, and the
   * library fetches the keys at once, at most once for each sign-in.
   */
  async function signInConfiguration(): Promise<oidc.Configuration> {
    const configured = await configuration();
    if (signInKeys !== undefined) {
      const aMinuteAgo = Math.floor(Date.now() / 1000) - 60;
      oidc.setJwksCache(configured, { ...signInKeys, uat: Math.min(signInKeys.uat, aMinuteAgo) });
    }
    return configured;
  }
  /** The keys that sign logout tokens. They are remembered, and fetched again when a token names an unknown one. */
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
    /**
     * Begins a sign-in. @returns the address to send the browser to, and the PKCE verifier to keep for `complete`
     * @throws when the metadata cannot be read
     */
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
     * Exchanges the code of a callback for the identity of the person. The tokens do not leave this function.
     * @param search the callback's query, with its question mark
     * @param checks what `begin` was given and has returned
     * @param log is told if the person signs in without a name or an email address, because user-info failed
     * @throws when the provider refuses, or a check fails (state, nonce, issuer, verifier, signature); see `isAway`
     */
    async complete(
      search: string,
      checks: { state: string; nonce: string; codeVerifier: string },
      log: Pick<RequestLog, 'warn'>,
    ): Promise<Identity> {
      const configured = await signInConfiguration();
      const tokens = await oidc
        .authorizationCodeGrant(configured, new URL(redirectURI + search), {
          pkceCodeVerifier: checks.codeVerifier,
          expectedState: checks.state,
          expectedNonce: checks.nonce,
          idTokenExpected: true,
        })
        .catch(withErrorCode);
      signInKeys = oidc.getJwksCache(configured);
      const claims = tokens.claims();
      if (claims === undefined) throw new Error('the identity provider gave no id_token');
      requireOurs(claims, settings.OIDC_CLIENT_ID);
      // Some providers write null for an absent claim. It must not hide the value from user-info.
      const inToken = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== null));
      const has = (claim: string) => claimed(inToken, claim).length > 0;
      const saysWhoMayAct =
        claimed(inToken, settings.OIDC_ROLE_CLAIM).includes('partner') ||
        (has(settings.OIDC_ROLE_CLAIM) && has(settings.OIDC_ACCOUNT_CLAIM));
      // Many providers give names and custom claims only at the user-info endpoint. It is asked if something is missing.
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
     * Validates the logout token of a back-channel logout (OpenID Connect Back-Channel Logout 1.0, section 2.6).
     * @returns the person or the session that has signed out at the provider, and the token's own id (`jti`)
     * @throws when the token is not signed by this provider for this client, is not a logout token, or is too old
     */
    async readLogoutToken(token: string): Promise<{ providerSid?: string; personID?: string; tokenID: string }> {
      const metadata = (await configuration()).serverMetadata();
      if (metadata.jwks_uri === undefined) throw new Error('the identity provider publishes no keys');
      const { payload } = await jwtVerify(token, keysAt(metadata.jwks_uri), {
        issuer: metadata.issuer,
        audience: settings.OIDC_CLIENT_ID,
        typ: 'logout+jwt',
        // Section 4 asks for an expiry of at most two minutes, but the first edition (2022) had no `exp`: the age is counted from `iat`.
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
    /** Reads the metadata, unless they are known. @returns the issuer, as the provider names itself. @throws when they cannot be read */
    async reach(): Promise<string> {
      return (await configuration()).serverMetadata().issuer;
    },
    /** Fetches the keys that the provider signs with. @returns how many it publishes. @throws when they cannot be fetched */
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
    /**
     * Asks for tokens with a code that does not exist. It shows whether the provider takes the client's secret.
     * @returns the provider's own word for why it gives no tokens (`invalid_grant`, where it took the secret and then read the code);
     *   undefined if its answer does not say
     * @throws when it does not take the client or its secret, or cannot be asked
     */
    async tryClient(): Promise<string | undefined> {
      const parameters = {
        code: 'there-is-no-such-code',
        redirect_uri: redirectURI,
        code_verifier: oidc.randomPKCECodeVerifier(),
      };
      try {
        await oidc.genericGrantRequest(await configuration(), 'authorization_code', parameters);
        return undefined;
      } catch (error) {
        const refusal = refusalIn(error);
        if (refusal?.ofClient === true)
          throw new Error(
            `it does not take the client (${refusal.error}): check OIDC_CLIENT_ID and OIDC_CLIENT_SECRET; has the secret run out?`,
            { cause: error },
          );
        if (refusal === undefined && !isOfAnswer(error)) throw error;
        return refusal?.error;
      }
    },
    /**
     * The address to which to send the browser to sign out at the provider as well; undefined if the provider has no such page.
     * It holds no id_token_hint: the id_token must not leave the BFF. @throws when the metadata cannot be read
     */
    async endSession(): Promise<string | undefined> {
      const configured = await configuration();
      if (configured.serverMetadata().end_session_endpoint === undefined) return undefined;
      const returnTo = settings.PUBLIC_ORIGIN + page.signedOut();
      return oidc.buildEndSessionUrl(configured, { post_logout_redirect_uri: returnTo }).href;
    },
  };
}
export type Provider = ReturnType<typeof createProvider>;
