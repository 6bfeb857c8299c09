import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { isDeepStrictEqual } from 'node:util';
import { gzipSync } from 'node:zlib';
import { sql } from 'drizzle-orm';
import { Hono } from 'hono';
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import * as z from 'zod/mini';
import { sandboxKeys } from '../../sandbox/keys.ts';
import { answerProblem, makeProblem, ProblemError } from '../guard/problem.ts';
import { type App, nameRequests } from '../guard/request.ts';
import { authRoutes } from '../routes/auth.ts';
import type { Settings } from '../settings.ts';
import { listen } from '../testing/listen.ts';
import { accounts, openWorld, origin, problemOf, type World } from '../testing/world.ts';
import { createProvider } from './provider.ts';

type Answer = (response: ServerResponse, request: IncomingMessage) => unknown;
/** What the identity provider of this test does wrong. Everything else it does right. */
type Misdeed = {
  metadata?: Record<string, unknown>;
  /** added to the answer of the token endpoint */
  token?: Record<string, unknown>;
  header?: Record<string, unknown>;
  claims?: (right: JWTPayload) => JWTPayload;
  idToken?: (right: JWTPayload) => Promise<string | undefined>;
  /** other answers of endpoints, by their path */
  answers?: Record<string, Answer>;
  userinfo?: Record<string, unknown>;
  /** the path of an endpoint whose answer is right, but a megabyte long */
  swollen?: { at: string; compressed?: boolean };
  /** changes the query with which the browser comes back */
  callback?: Record<string, string>;
};
const keys = await generateKeyPair('RS256', { extractable: true });
const otherKeys = await generateKeyPair('RS256');
const kid = 'the-key';
const { clientID, clientSecret } = sandboxKeys;
let misdeed: Misdeed = {};
let nonce = '';
/** Who the last id_token was about. */
let subject: unknown = '';
/** The paths that were asked for. */
let asked: string[] = [];
let issuer = '';

const pathOf = (request: IncomingMessage) => request.url?.split('?', 1)[0] ?? '/';
const json = (response: ServerResponse, value: object | null) => {
  const swollen = misdeed.swollen?.at === pathOf(response.req);
  const text = JSON.stringify(swollen ? { ...value, filler: 'x'.repeat(1_000_000) } : value);
  const headers = { 'content-type': 'application/json' };
  if (swollen && misdeed.swollen?.compressed === true)
    response.writeHead(200, { ...headers, 'content-encoding': 'gzip' }).end(gzipSync(text));
  else response.writeHead(200, headers).end(text);
};
const seconds = () => Math.floor(Date.now() / 1000);
const sign = (claims: JWTPayload, key = keys.privateKey) =>
  new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid, ...misdeed.header }).sign(key);
const without = (claims: JWTPayload, name: string): JWTPayload =>
  Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name));

const endpoints: Record<string, Answer> = {
  '/.well-known/openid-configuration': (response) =>
    json(response, {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      userinfo_endpoint: `${issuer}/me`,
      jwks_uri: `${issuer}/keys`,
      end_session_endpoint: `${issuer}/leave`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256', 'HS256', 'none'],
      authorization_response_iss_parameter_supported: true,
      ...misdeed.metadata,
    }),
  '/keys': async (response) =>
    json(response, { keys: [{ ...(await exportJWK(keys.publicKey)), kid, alg: 'RS256', use: 'sig' }] }),
  '/token': async (response) => {
    const right: JWTPayload = {
      iss: issuer,
      aud: clientID,
      sub: 'mel',
      nonce,
      iat: seconds(),
      exp: seconds() + 300,
      name: 'Mel Roberts',
    };
    const told = misdeed.claims?.(right) ?? right;
    subject = told.sub;
    const idToken = await (misdeed.idToken ?? sign)(told);
    json(response, {
      access_token: 'an-access-token',
      token_type: 'Bearer',
      expires_in: 300,
      id_token: idToken,
      ...misdeed.token,
    });
  },
  '/me': (response) =>
    json(
      response,
      misdeed.userinfo ?? {
        sub: subject,
        email: 'mel@wholebody.example',
        moov_role: 'merchant',
        moov_account_id: accounts.own,
      },
    ),
};
const server = createServer((request, response) => {
  const path = pathOf(request);
  asked.push(path);
  const answer = misdeed.answers?.[path] ?? endpoints[path];
  if (answer === undefined) response.writeHead(404).end();
  else void answer(response, request);
});

let world: World;
beforeAll(async () => {
  const port = await listen(server);
  issuer = `http://localhost:${port}`;
  world = await openWorld({ OIDC_ISSUER: issuer });
});
afterAll(async () => {
  await world.close();
  server.close();
  server.closeAllConnections();
});
afterEach(() => {
  misdeed = {};
  asked = [];
});

/** For tests in which the provider never answers. In all others it has the usual time, so that a slow machine does not matter. */
const impatient = { timeoutMs: 1_000 };
/** The sign-in routes on the world's database, with a new `Provider`, which has read no metadata or keys yet. */
function freshApp({
  settings = {},
  ...options
}: {
  settings?: Partial<Settings>;
  keptMs?: number;
  timeoutMs?: number;
} = {}) {
  const provider = createProvider({ ...world.settings, ...settings }, options);
  return new Hono<App>()
    .use(nameRequests(world.log))
    .route('/auth', authRoutes({ ...world.portal, settings: world.settings, provider }))
    .onError((error, c) => {
      if (!(error instanceof ProblemError)) throw error;
      return answerProblem(makeProblem(error.kind, error.details, c.get('requestID')));
    });
}
const countSessions = async () => (await world.rows(sql`select 1 from sessions`)).length;

/** Signs in, as far as the provider lets it. @returns the portal's last answer */
async function signIn(app = freshApp()) {
  const login = await app.request(`${origin}/auth/login`);
  if (login.status !== 303) return login;
  const search = new URL(login.headers.get('location') ?? '').searchParams;
  nonce = search.get('nonce') ?? '';
  const back = new URLSearchParams({
    code: 'a-code',
    state: search.get('state') ?? '',
    iss: issuer,
    ...misdeed.callback,
  });
  const cookie = login.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';
  return app.request(`${origin}/auth/callback?${back}`, { headers: { cookie } });
}

test('a provider that does everything right signs a person in, so that what follows is refused for its misdeed alone', async () => {
  const before = await countSessions();
  const answer = await signIn();
  expect(answer.status).toBe(303);
  expect(answer.headers.getSetCookie()[0]).toMatch(/^__Host-Http-session=/);
  expect(await countSessions()).toBe(before + 1);
});

describe('a secret with unusual characters signs people in at a provider that', () => {
  const formDecode = (text: string) => new URLSearchParams(`value=${text}`).get('value') ?? '';
  const readers: [string, string, (text: string) => string][] = [
    ['takes it as it comes', 's3cret-with_odd.chars~x*', (text) => text],
    ['decodes it', "-_.~*!'() a+b%20c&d=e:f/é", formDecode],
  ];
  test.each(readers)('%s', async (_, secret, read) => {
    misdeed = {
      answers: {
        '/token': (response, request) => {
          const sent = Buffer.from(request.headers.authorization?.split(' ')[1] ?? '', 'base64').toString();
          return isDeepStrictEqual(sent.split(':').map(read), [clientID, secret])
            ? endpoints['/token']?.(response, request)
            : response.writeHead(401).end();
        },
      },
    };
    expect((await signIn(freshApp({ settings: { OIDC_CLIENT_SECRET: secret } }))).status).toBe(303);
  });
});

test('a provider that takes the secret in the form alone gets it there, and in no header', async () => {
  misdeed = {
    metadata: { token_endpoint_auth_methods_supported: ['client_secret_post'] },
    answers: {
      '/token': async (response, request) => {
        const form = new URLSearchParams(await text(request));
        const proof = [form.get('client_id'), form.get('client_secret'), request.headers.authorization];
        return isDeepStrictEqual(proof, [clientID, world.settings.OIDC_CLIENT_SECRET, undefined])
          ? endpoints['/token']?.(response, request)
          : response.writeHead(401).end();
      },
    },
  };
  expect((await signIn()).status).toBe(303);
});

test.each<[string, Misdeed]>([
  ['metadata', { metadata: { end_session_endpoint: null, token_endpoint_auth_methods_supported: null } }],
  ['token answer', { token: { refresh_token: null, scope: null, expires_in: null } }],
])('a person signs in at a provider that writes null for what its %s does not tell', async (_, given) => {
  misdeed = given;
  expect((await signIn()).status).toBe(303);
});

test('a provider whose sign-out page is null is not asked to sign anybody out', async () => {
  misdeed = { metadata: { end_session_endpoint: null } };
  const left = await freshApp().request(`${origin}/auth/logout`, { method: 'POST' });
  expect(await left.json()).toEqual({ location: `${origin}/signed-out` });
});

test('an operator reads “invalid_client” in the log where the provider refuses the secret with a challenge, as RFC 6749 asks', async () => {
  misdeed = {
    answers: {
      '/token': (response) =>
        response
          .writeHead(401, { 'content-type': 'application/json', 'www-authenticate': 'Basic realm="here"' })
          .end('{"error":"invalid_client"}'),
    },
  };
  const lines = world.logged.length;
  await signIn();
  const told = world.logged.slice(lines).find((line) => line.includes('a sign-in was not completed'));
  expect(JSON.parse(told ?? '')).toMatchObject({ err: { error: 'invalid_client' } });
});

const hmac = async (claims: JWTPayload, secret: string) => {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const input = `${part({ alg: 'HS256', kid })}.${part(claims)}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
};
const elsewhere: Answer = (response) => response.writeHead(302, { location: `${issuer}/elsewhere` }).end();
const page: Answer = (response) =>
  response.writeHead(200, { 'content-type': 'text/html' }).end('<script>alert(1)</script>');
/** Begins an answer and never ends it. */
const endless: Answer = (response) => response.writeHead(200, { 'content-type': 'application/json' }).write('{"a":"');
const silent: Answer = () => undefined;
const claims = (change: (right: JWTPayload) => JWTPayload): Misdeed => ({ claims: change });

test.each<[string, () => JWTPayload]>([
  ['ahead', () => ({ iat: seconds() + 240, nbf: seconds() + 240, exp: seconds() + 540 })],
  ['behind', () => ({ iat: seconds() - 240, exp: seconds() - 120 })],
])('a person signs in though the provider’s clock is four minutes %s', async (_, times) => {
  misdeed = claims((right) => ({ ...right, ...times() }));
  expect((await signIn()).status).toBe(303);
});

const refusedAtCallback: Record<string, Misdeed> = {
  'an id_token that is not signed': { idToken: async (right) => new UnsecuredJWT(right).encode() },
  'an id_token signed with the public key as if it were a secret': {
    idToken: async (right) => hmac(right, await exportSPKI(keys.publicKey)),
  },
  'an id_token signed with the client secret': { idToken: (right) => hmac(right, clientSecret) },
  'an id_token signed with another key under the known name': { idToken: (right) => sign(right, otherKeys.privateKey) },
  'an id_token signed with a key that is not published': {
    header: { kid: 'another' },
    idToken: (right) => sign(right, otherKeys.privateKey),
  },
  'a key that was swapped in the published set': {
    answers: {
      '/keys': async (response) =>
        json(response, { keys: [{ ...(await exportJWK(otherKeys.publicKey)), kid, alg: 'RS256', use: 'sig' }] }),
    },
  },
  'a published set without keys': { answers: { '/keys': (response) => json(response, { keys: [] }) } },
  'an id_token that brings its own key': {
    idToken: async (right) => {
      misdeed.header = { kid: undefined, jwk: await exportJWK(otherKeys.publicKey) };
      return sign(right, otherKeys.privateKey);
    },
  },
  'no id_token': { idToken: async () => undefined },
  'an id_token that is none': { idToken: async () => 'a.b.c' },
  'another issuer': claims((right) => ({ ...right, iss: 'https://evil.example' })),
  'an id_token for another application': claims((right) => ({ ...right, aud: 'another' })),
  'an id_token for nobody in particular': claims((right) => without(right, 'aud')),
  'an id_token for several, issued to none': claims((right) => ({ ...right, aud: [clientID, 'another'] })),
  'an id_token for several, issued to another': claims((right) => ({
    ...right,
    aud: [clientID, 'another'],
    azp: 'another',
  })),
  'an id_token for us, issued to another': claims((right) => ({ ...right, azp: 'another' })),
  'another nonce': claims((right) => ({ ...right, nonce: 'n'.repeat(43) })),
  'no nonce': claims((right) => without(right, 'nonce')),
  'an id_token that has expired': claims((right) => ({ ...right, iat: seconds() - 900, exp: seconds() - 600 })),
  'an id_token that never expires': claims((right) => without(right, 'exp')),
  'an id_token of an hour ahead': claims((right) => ({ ...right, iat: seconds() + 3600, exp: seconds() + 7200 })),
  'an id_token without a time': claims((right) => without(right, 'iat')),
  'an id_token that is not valid yet': claims((right) => ({ ...right, nbf: seconds() + 3600 })),
  'nobody’s name': claims((right) => without(right, 'sub')),
  'an empty subject': claims((right) => ({ ...right, sub: '' })),
  'an endless subject': claims((right) => ({ ...right, sub: 's'.repeat(10_000) })),
  'a subject with a nul, which the database does not hold': claims((right) => ({ ...right, sub: 'mel\0' })),
  'a user-info answer about somebody else': { userinfo: { sub: 'ines', moov_role: 'partner' } },
  'a user-info answer about nobody': { userinfo: { moov_role: 'partner' } },
  'a user-info answer of a megabyte': { swollen: { at: '/me' } },
  'a user-info answer that unfolds to a megabyte': { swollen: { at: '/me', compressed: true } },
  'a user-info answer that is a page': { answers: { '/me': page } },
  'user-info elsewhere': { answers: { '/me': elsewhere } },
  'a token answer of a megabyte': { swollen: { at: '/token' } },
  'claims of a megabyte': claims((right) => ({ ...right, filler: 'x'.repeat(1_000_000) })),
  'a token answer from elsewhere': { answers: { '/token': elsewhere } },
  'a token answer that is a page': { answers: { '/token': page } },
  'a token answer that is no object': { answers: { '/token': (response) => json(response, null) } },
  'keys of a megabyte': { swollen: { at: '/keys' } },
  'keys from elsewhere': { answers: { '/keys': elsewhere } },
  'an answer of another issuer (RFC 9207)': { callback: { iss: 'https://evil.example' } },
  'an answer that does not name its issuer': { callback: { iss: '' } },
};
const away: Record<string, Misdeed> = {
  'user-info that never ends': { answers: { '/me': endless } },
  'a token that never comes': { answers: { '/token': silent } },
  'a token that never ends': { answers: { '/token': endless } },
  'a broken connection instead of a token': { answers: { '/token': (response) => response.destroy() } },
  'a failure instead of a token': { answers: { '/token': (response) => response.writeHead(503).end() } },
  'a failure told as JSON': {
    answers: {
      '/token': (response) =>
        response.writeHead(500, { 'content-type': 'application/json' }).end('{"error":"server_error"}'),
    },
  },
  'keys that never end': { answers: { '/keys': endless } },
  'its word that it is overloaded': { callback: { error: 'temporarily_unavailable' } },
};
test.each(Object.entries(away))(
  'a provider that answers with %s is said to be away: to try again helps',
  async (_, given) => {
    misdeed = given;
    const answer = await signIn(freshApp(impatient));
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect(await problemOf(answer)).toMatchObject({ status: 503, title: 'Signing in is not possible right now' });
  },
);

describe('nobody is signed in, and a sentence says so, by', () => {
  test.each(Object.entries(refusedAtCallback))('%s', async (_, given) => {
    misdeed = given;
    const before = await countSessions();
    const answer = await signIn(freshApp());
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect(await problemOf(answer)).toMatchObject({ status: 400, title: 'This sign-in was not completed' });
    expect(await countSessions()).toBe(before);
    expect(asked).not.toContain('/elsewhere');
  });
});

const refusedAtLogin: Record<string, Misdeed> = {
  'metadata of another issuer': { metadata: { issuer: 'https://evil.example' } },
  'metadata of a megabyte': { swollen: { at: '/.well-known/openid-configuration' } },
  'metadata from elsewhere': { answers: { '/.well-known/openid-configuration': elsewhere } },
  'metadata that are a page': { answers: { '/.well-known/openid-configuration': page } },
  'metadata that never come': { answers: { '/.well-known/openid-configuration': silent } },
  'a sign-in page that is a script': { metadata: { authorization_endpoint: 'javascript:alert(1)//' } },
  'a sign-in page without TLS': { metadata: { authorization_endpoint: 'http://idp.example/authorize' } },
  'tokens without TLS': { metadata: { token_endpoint: 'http://169.254.169.254/latest' } },
  'user-info without TLS': { metadata: { userinfo_endpoint: 'http://10.0.0.1/me' } },
  'keys from a file': { metadata: { jwks_uri: 'file:///etc/passwd' } },
  'a sign-out page that is a script': { metadata: { end_session_endpoint: 'javascript:alert(1)//' } },
  'a sign-out page with a password': { metadata: { end_session_endpoint: 'https://a:b@evil.example/' } },
  'a sign-in page with a password alone': { metadata: { authorization_endpoint: 'https://:b@evil.example/' } },
};
describe('no sign-in is begun with', () => {
  test.each(Object.entries(refusedAtLogin))('%s', async (_, given) => {
    misdeed = given;
    const app = freshApp(impatient);
    const answer = await signIn(app);
    expect(await problemOf(answer)).toMatchObject({ status: 503, title: 'Signing in is not possible right now' });
    expect(asked).not.toContain('/elsewhere');
    const left = await app.request(`${origin}/auth/logout`, { method: 'POST' });
    expect(await left.json()).toEqual({ location: `${origin}/signed-out` });
    // Nothing bad is remembered: as soon as the provider works again, people can sign in.
    misdeed = {};
    expect((await signIn(app)).status).toBe(303);
  });
});

test('a provider that gave itself another name for a while signs people in again once it is right, without a restart', async () => {
  const app = freshApp({ keptMs: 0 });
  misdeed = { metadata: { issuer: `${issuer}/` } };
  expect((await signIn(app)).status).toBe(400);
  misdeed = {};
  expect((await signIn(app)).status).toBe(303);
});

test('while its metadata cannot be read again, a provider signs people in by the last ones', async () => {
  const app = freshApp({ keptMs: 0 });
  expect((await signIn(app)).status).toBe(303);
  misdeed = { answers: { '/.well-known/openid-configuration': page } };
  expect((await signIn(app)).status).toBe(303);
  expect(asked.filter((path) => path === '/.well-known/openid-configuration')).toHaveLength(4);
});

test('metadata are not read for each sign-in', async () => {
  const app = freshApp();
  for (const _ of [1, 2]) expect((await signIn(app)).status).toBe(303);
  expect(asked.filter((path) => path === '/.well-known/openid-configuration')).toHaveLength(1);
});

test('nor are they by a portal that has run for a day', async () => {
  const now = performance.now.bind(performance);
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + 24 * 3_600_000);
  onTestFinished(() => clock.mockRestore());
  const provider = createProvider(world.settings);
  for (const _ of [1, 2]) expect(await provider.reach()).toBe(issuer);
  expect(asked).toHaveLength(1);
});

test('a provider with https that names an address of this machine without it is not used', async () => {
  const metadata = {
    issuer: 'https://login.example',
    authorization_endpoint: 'https://login.example/authorize',
    token_endpoint: 'http://localhost/token',
    jwks_uri: 'https://login.example/keys',
  };
  vi.stubGlobal('fetch', async () => Response.json(metadata));
  onTestFinished(() => void vi.unstubAllGlobals());
  const provider = createProvider({ ...world.settings, OIDC_ISSUER: 'https://login.example' });
  await expect(provider.begin('a-state', 'a-nonce')).rejects.toThrow('token_endpoint is no safe address');
});

test('the code of a callback is exchanged only where the state is the one that was sent', async () => {
  const provider = createProvider(world.settings);
  const checks = { state: 'the-state', nonce: 'the-nonce', codeVerifier: 'v'.repeat(43) };
  nonce = checks.nonce;
  const back = (state: string) => `?${new URLSearchParams({ code: 'a-code', state, iss: issuer })}`;
  await expect(provider.complete(back('another'), checks, world.log)).rejects.toThrow();
  expect(asked).not.toContain('/token');
  expect(await provider.complete(back('the-state'), checks, world.log)).toMatchObject({
    person: { name: 'Mel Roberts' },
  });
});

/** The provider publishes other keys, at another address. */
const moved: Misdeed = {
  answers: {
    '/moved': async (response) =>
      json(response, { keys: [{ ...(await exportJWK(otherKeys.publicKey)), kid: 'the-next', alg: 'RS256' }] }),
  },
};
test('once a provider has its keys elsewhere, nobody is signed in by the ones before', async () => {
  const app = freshApp({ keptMs: 0 });
  expect((await signIn(app)).status).toBe(303);
  misdeed = { ...moved, metadata: { jwks_uri: `${issuer}/moved` } };
  expect((await problemOf(await signIn(app))).status).toBe(400);
  misdeed = { ...misdeed, header: { kid: 'the-next' }, idToken: (right) => sign(right, otherKeys.privateKey) };
  expect((await signIn(app)).status).toBe(303);
});

describe('logout tokens', () => {
  const token = (name: string, key = keys.privateKey) =>
    new SignJWT({ sid: 'a-session', events: { 'http://schemas.openid.net/event/backchannel-logout': {} } })
      .setProtectedHeader({ alg: 'RS256', typ: 'logout+jwt', kid: name })
      .setIssuer(issuer)
      .setAudience(clientID)
      .setIssuedAt()
      .setJti('a-token')
      .sign(key);
  const read = { providerSid: 'a-session', tokenID: 'a-token' };

  test('are read by the keys where the provider has them now', async () => {
    const provider = createProvider(world.settings, { keptMs: 0 });
    expect(await provider.readLogoutToken(await token(kid))).toEqual(read);
    misdeed = { ...moved, metadata: { jwks_uri: `${issuer}/moved` } };
    await expect(provider.readLogoutToken(await token(kid))).rejects.toThrow();
    expect(await provider.readLogoutToken(await token('the-next', otherKeys.privateKey))).toEqual(read);
  });

  test('are not read where the keys are a megabyte, nor are those counted', async () => {
    misdeed = { swollen: { at: '/keys' } };
    const provider = createProvider(world.settings);
    await expect(provider.readLogoutToken(await token(kid))).rejects.toThrow('more than half a megabyte');
    await expect(provider.countKeys()).rejects.toThrow('more than half a megabyte');
    misdeed = {};
    expect(await provider.countKeys()).toBe(1);
    expect(await provider.readLogoutToken(await token(kid))).toEqual(read);
  });
});

test('signing out at the provider brings a person back, and gives no token away', async () => {
  const address = new URL((await createProvider(world.settings).endSession()) ?? '');
  expect(address.origin + address.pathname).toBe(`${issuer}/leave`);
  expect(Object.fromEntries(address.searchParams)).toEqual({
    client_id: clientID,
    post_logout_redirect_uri: `${world.settings.PUBLIC_ORIGIN}/signed-out`,
  });
});

const keyFetches = () => asked.filter((path) => path === '/keys').length;
test('a person signs in right after the provider has begun to sign with a new key, and the keys are kept', async () => {
  const app = freshApp();
  expect((await signIn(app)).status).toBe(303);
  expect((await signIn(app)).status).toBe(303);
  expect(keyFetches()).toBe(1);
  misdeed = {
    header: { kid: 'the-next' },
    idToken: (right) => sign(right, otherKeys.privateKey),
    answers: {
      '/keys': async (response) =>
        json(response, { keys: [{ ...(await exportJWK(otherKeys.publicKey)), kid: 'the-next', alg: 'RS256' }] }),
    },
  };
  expect((await signIn(app)).status).toBe(303);
  expect((await signIn(app)).status).toBe(303);
  expect(keyFetches()).toBe(2);
});

test('a provider that signs with keys that it does not publish has them looked for once a sign-in', async () => {
  const app = freshApp();
  expect((await signIn(app)).status).toBe(303);
  misdeed = { header: { kid: 'another' }, idToken: (right) => sign(right, otherKeys.privateKey) };
  for (const fetches of [2, 3]) {
    expect((await problemOf(await signIn(app))).status).toBe(400);
    expect(keyFetches()).toBe(fetches);
  }
  misdeed = {};
  expect((await signIn(app)).status).toBe(303);
  expect(keyFetches()).toBe(3);
});

const sessionRow = z.object({ name: z.string(), role: z.nullable(z.string()), account_id: z.nullable(z.string()) });
/** Signs in. @returns what is kept of the person */
async function whoSignsIn(app = freshApp()) {
  await world.rows(sql`delete from sessions returning 1`);
  expect((await signIn(app)).status).toBe(303);
  const [row] = await world.rows(sql`select name, role, account_id from sessions`);
  return sessionRow.parse(row);
}
const somebody = { sub: 'mel', email: 'mel@wholebody.example' };
const nobody: Record<string, Misdeed> = {
  'an account id that is no UUID': {
    userinfo: { ...somebody, moov_role: 'merchant', moov_account_id: '../accounts' },
  },
  'several accounts': {
    userinfo: { ...somebody, moov_role: 'merchant', moov_account_id: [accounts.own, accounts.other] },
  },
  'an account without a role': { userinfo: { ...somebody, moov_account_id: accounts.own } },
  'a role in capitals': { userinfo: { ...somebody, moov_role: 'PARTNER' } },
  'a role that is a list of lists': { userinfo: { ...somebody, moov_role: [['partner']] } },
  'rights that are a prototype’s': {
    answers: {
      '/me': (response) =>
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end('{"sub":"mel","__proto__":{"moov_role":"partner"},"constructor":{"prototype":{"moov_role":"partner"}}}'),
    },
  },
};
describe('somebody is signed in but may act for nobody with', () => {
  test.each(Object.entries(nobody))('%s', async (_, given) => {
    misdeed = given;
    expect(await whoSignsIn()).toEqual({ name: 'Mel Roberts', role: null, account_id: null });
    expect(Reflect.get({}, 'moov_role')).toBeUndefined();
  });
});

const told = { ...somebody, moov_role: 'merchant', moov_account_id: accounts.own };
const mel = { name: 'Mel Roberts', role: 'merchant', account_id: accounts.own };

describe('an id_token that says who may act signs a person in, and a line of the log tells the operator, though user-info', () => {
  const failures: Record<string, Misdeed> = {
    'answers with an error': { answers: { '/me': (response) => response.writeHead(500).end() } },
    'is a page': { answers: { '/me': page } },
    'never ends': { answers: { '/me': endless } },
    'is about somebody else': { userinfo: { ...told, sub: 'ines', email: 'ines@example.com' } },
  };
  test.each(Object.entries(failures))('%s', async (_, given) => {
    misdeed = { ...given, claims: (right) => ({ ...right, moov_role: 'merchant', moov_account_id: accounts.own }) };
    const before = world.logged.length;
    // Long enough for all the others, which do answer, on a slow machine too.
    expect(await whoSignsIn(freshApp({ timeoutMs: 5_000 }))).toEqual(mel);
    expect(asked).toContain('/me');
    expect(world.logged.slice(before).join('')).toContain('without the name or email');
  });
});

test.each<[string, JWTPayload]>([
  ['a role alone', { moov_role: 'merchant', email: 'mel@wholebody.example' }],
  ['an account alone', { moov_account_id: accounts.own, email: 'mel@wholebody.example' }],
])('nobody is signed in by %s while user-info, which has the rest, fails', async (_, given) => {
  misdeed = {
    claims: (right) => ({ ...right, ...given }),
    answers: { '/me': (response) => response.writeHead(500).end() },
  };
  expect((await problemOf(await signIn())).status).toBe(503);
});

test('staff whose roles come as a list sign in though user-info fails', async () => {
  misdeed = {
    claims: (right) => ({ ...right, moov_role: ['other', 'partner'] }),
    answers: { '/me': (response) => response.writeHead(500).end() },
  };
  expect(await whoSignsIn()).toEqual({ name: 'Mel Roberts', role: 'partner', account_id: null });
});

/** A user-info answer that is a JWT. */
const infoToken = (make: (claims: JWTPayload) => string | Promise<string>): Misdeed => ({
  answers: {
    '/me': async (response) =>
      response
        .writeHead(200, { 'content-type': 'application/jwt' })
        .end(await make({ iss: issuer, aud: clientID, ...told })),
  },
});
const listings: Record<string, unknown>[] = [{}, { userinfo_signing_alg_values_supported: ['RS256', 'HS256', 'none'] }];
describe.each(listings)('with the metadata %j', (metadata) => {
  test('a person signs in by a user-info answer that is signed', async () => {
    misdeed = { metadata, ...infoToken(sign) };
    expect(await whoSignsIn()).toEqual(mel);
  });
  test.each<[string, Misdeed]>([
    ['is not signed', infoToken((right) => new UnsecuredJWT(right).encode())],
    ['is signed with another key', infoToken((right) => sign(right, otherKeys.privateKey))],
    ['is signed with the client secret', infoToken((right) => hmac(right, clientSecret))],
    ['is for another application', infoToken((right) => sign({ ...right, aud: 'another' }))],
    ['is of another issuer', infoToken((right) => sign({ ...right, iss: 'https://evil.example' }))],
    ['is about somebody else', infoToken((right) => sign({ ...right, sub: 'ines' }))],
    ['is an encrypted one that nobody here can read', infoToken(() => 'a.b.c.d.e')],
  ])('nobody is signed in by a user-info JWT that %s', async (_, given) => {
    misdeed = { metadata, ...given };
    expect((await problemOf(await signIn())).status).toBe(400);
  });
});

test('what the id_token says counts for more than what user-info says', async () => {
  misdeed = {
    claims: (right) => ({ ...right, moov_role: 'merchant', moov_account_id: accounts.own }),
    userinfo: { ...told, name: 'Somebody Else', moov_role: 'partner', moov_account_id: accounts.other },
  };
  expect(await whoSignsIn()).toEqual(mel);
});

test('a provider without user-info is not asked for it', async () => {
  const before = world.logged.length;
  misdeed = {
    metadata: { userinfo_endpoint: undefined },
    claims: (right) => ({ ...right, moov_role: 'merchant', moov_account_id: accounts.own }),
  };
  expect(await whoSignsIn()).toEqual(mel);
  expect(asked).not.toContain('/me');
  expect(world.logged.slice(before).join('')).not.toContain('without the name or email');
});

test('what is null in the id_token is taken from user-info', async () => {
  misdeed = {
    claims: (right) => ({ ...right, name: null, email: null, moov_role: null, moov_account_id: null }),
    userinfo: { ...told, name: 'Mel Roberts' },
  };
  expect(await whoSignsIn()).toEqual(mel);
});

test('names of any shape and length become a name that can be stored and shown', async () => {
  for (const name of [
    '\0',
    '\ud800',
    'x'.repeat(100_000),
    { toString: 'x' },
    ['a'],
    7,
    null,
    '<script>alert(1)</script>',
  ]) {
    misdeed = claims((right) => ({ ...right, name, given_name: 'Mel' }));
    expect((await signIn()).status).toBe(303);
  }
  const rows = await world.rows(sql`select name from sessions`);
  for (const { name } of rows) expect(String(name).length).toBeLessThanOrEqual(200);
});

test.each<[string, Answer | undefined, string | undefined]>([
  ['gives tokens for any code', undefined, undefined],
  ['fails', (response) => response.writeHead(500).end('<p>Sorry</p>'), undefined],
  [
    'says another word',
    (response) => response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_request"}'),
    'invalid_request',
  ],
])(
  'a provider that %s when it is tried with a code that is none has not refused the client',
  async (_, answer, word) => {
    misdeed = answer === undefined ? {} : { answers: { '/token': answer } };
    const provider = createProvider({ ...world.settings, OIDC_ISSUER: issuer });
    expect(await provider.tryClient()).toBe(word);
  },
);
