import { createHmac, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect, test } from '@playwright/test';
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { startSandbox } from '../src/sandbox/start.ts';
import { ownDatabase } from './support/database.ts';
import { bodyOf, listen } from './support/listen.ts';
import { startPortal } from './support/portal.ts';
import { freePort } from './support/postgres.ts';
import { memoryOf } from './support/strain.ts';
import { wholeBodyFitness } from './support/without-pages.ts';

/** The program as it is built, in front of an identity provider that lies. What each lie meets in detail: `hostile-provider.spec.ts` of the BFF. */
const keys = await generateKeyPair('RS256', { extractable: true });
const otherKeys = await generateKeyPair('RS256');
const kid = 'the-key';
const clientSecret = 'a-secret-of-the-client';
const seconds = () => Math.floor(Date.now() / 1000);

type Answer = (response: ServerResponse) => unknown;
/** One sign-in, as the provider will answer it; right where nothing is said. */
type Lie = {
  idToken?: (right: JWTPayload) => Promise<string> | string;
  /** what is answered instead at the token or the user-info endpoint */
  token?: Answer;
  person?: Answer;
  /** what the browser brings back */
  callback?: Record<string, string>;
};

const json = (response: ServerResponse, value: unknown) =>
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
const elsewhere: Answer = (response) => response.writeHead(307, { location: `${issuer()}/elsewhere` }).end();
const silent: Answer = () => undefined;
const dripping: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  const drip = setInterval(() => response.write(' '), 100);
  response.on('close', () => clearInterval(drip));
};
/** As much as the other side takes. */
const giant: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  const piece = Buffer.alloc(1024 * 1024, ' ');
  const pour = () => {
    while (!response.destroyed && response.write(piece));
  };
  response.on('drain', pour);
  pour();
};

const endless: (Answer | undefined)[] = [silent, dripping, giant];

const lies = new Map<string, Lie>();
const nonces = new Map<string, string>();
const asked: string[] = [];
let metadata: Record<string, string> | Answer = {};
let server: Awaited<ReturnType<typeof listen>>;
const issuer = () => server.origin;

const sign = (claims: JWTPayload, header: Record<string, unknown> = {}, key = keys.privateKey) =>
  new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid, ...header }).sign(key);
const hmac = (claims: JWTPayload, secret: string) => {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const input = `${part({ alg: 'HS256', kid })}.${part(claims)}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
};

async function answer(request: IncomingMessage, response: ServerResponse) {
  const path = request.url?.split('?', 1)[0] ?? '/';
  asked.push(path);
  if (path === '/.well-known/openid-configuration') {
    if (typeof metadata === 'function') return metadata(response);
    return json(response, {
      issuer: issuer(),
      authorization_endpoint: `${issuer()}/authorize`,
      token_endpoint: `${issuer()}/token`,
      userinfo_endpoint: `${issuer()}/me`,
      jwks_uri: `${issuer()}/keys`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256', 'HS256', 'none'],
      authorization_response_iss_parameter_supported: true,
      ...metadata,
    });
  }
  if (path === '/keys')
    return json(response, { keys: [{ ...(await exportJWK(keys.publicKey)), kid, alg: 'RS256', use: 'sig' }] });
  if (path === '/token') {
    const code = new URLSearchParams(await bodyOf(request)).get('code') ?? '';
    const lie = lies.get(code) ?? {};
    if (lie.token !== undefined) return lie.token(response);
    const right: JWTPayload = {
      ...{ iss: issuer(), aud: 'portal', sub: 'mel', sid: `sid-${code}`, nonce: nonces.get(code) },
      ...{ iat: seconds(), exp: seconds() + 300 },
    };
    const idToken = await (lie.idToken ?? sign)(right);
    return json(response, { access_token: code, token_type: 'Bearer', expires_in: 300, id_token: idToken });
  }
  if (path === '/me') {
    const code = (request.headers.authorization ?? '').slice('Bearer '.length);
    const person = lies.get(code)?.person;
    if (person !== undefined) return person(response);
    return json(response, { sub: 'mel', name: 'Mel', moov_role: 'merchant', moov_account_id: wholeBodyFitness });
  }
  return response.writeHead(404).end();
}

const without = (claims: JWTPayload, name: string): JWTPayload =>
  Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name));
const claims = (change: JWTPayload): Lie => ({ idToken: (right) => sign({ ...right, ...change }) });
const refused: Record<string, Lie> = {
  'an unsigned id_token': { idToken: (right) => new UnsecuredJWT(right).encode() },
  'an id_token signed with the client’s secret': { idToken: (right) => hmac(right, clientSecret) },
  'an id_token signed with the public key as a secret': {
    idToken: async (right) => hmac(right, await exportSPKI(keys.publicKey)),
  },
  'an id_token signed with another key under our key’s name': {
    idToken: (right) => sign(right, {}, otherKeys.privateKey),
  },
  'an id_token signed with a key that is not published': {
    idToken: (right) => sign(right, { kid: 'unknown' }, otherKeys.privateKey),
  },
  'an id_token that brings its key': {
    idToken: async (right) => sign(right, { jwk: await exportJWK(otherKeys.publicKey) }, otherKeys.privateKey),
  },
  'another issuer': claims({ iss: 'https://evil.example' }),
  'another audience': claims({ aud: 'another' }),
  'two audiences, issued to another': claims({ aud: ['portal', 'another'], azp: 'another' }),
  'our audience, issued to another': claims({ azp: 'another' }),
  'another nonce': claims({ nonce: 'n'.repeat(43) }),
  'an id_token that has expired': claims({ iat: seconds() - 900, exp: seconds() - 600 }),
  'an id_token of an hour ahead': claims({ iat: seconds() + 3600, exp: seconds() + 7200 }),
  'user-info about somebody else': {
    person: (response) => json(response, { sub: 'ines', moov_role: 'partner' }),
  },
  'a token answer from elsewhere': { token: elsewhere },
  'user-info from elsewhere': { person: elsewhere },
  'a token answer without end': { token: giant },
  'user-info without end': { person: giant },
  'a token answer that never comes': { token: silent },
  'a token answer that drips': { token: dripping },
  'user-info that drips': { person: dripping },
  'an answer of another issuer': { callback: { iss: 'https://evil.example' } },
  'an answer without an issuer': { callback: { iss: '' } },
  'an error beside a code': { callback: { error: 'access_denied', error_description: '<script>alert(1)</script>' } },
};
const refusedMetadata: Record<string, Record<string, string> | Answer> = {
  'a script as its sign-in page': { authorization_endpoint: 'javascript:alert(1)//' },
  'a sign-in page without TLS': { authorization_endpoint: 'http://idp.example/authorize' },
  'a token endpoint without TLS': { token_endpoint: 'http://169.254.169.254/latest' },
  'keys from a file': { jwks_uri: 'file:///etc/passwd' },
  'a sign-out page with a password': { end_session_endpoint: 'https://:b@evil.example/' },
  'another issuer': { issuer: 'https://evil.example' },
  'metadata from elsewhere': elsewhere,
  'metadata without end': giant,
  'metadata that are a page': (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
};

test('an identity provider that lies signs nobody in and ends nobody’s session, and the portal stays well', async () => {
  server = await listen((request, response) => void answer(request, response));
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const [sandbox, database] = [await startSandbox({ portalOrigin: origin }), await ownDatabase()];
  const portal = await startPortal({
    ...sandbox.settings,
    ...database.settings,
    ...{ HOST: '127.0.0.1', PORT: String(port), PUBLIC_ORIGIN: origin },
    ...{ OIDC_ISSUER: issuer(), OIDC_CLIENT_ID: 'portal', OIDC_CLIENT_SECRET: clientSecret },
  });
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(origin + path, { headers, redirect: 'manual' });
  const cookieIn = (reply: Response) => reply.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';
  const signIn = async (lie: Lie = {}, headers: Record<string, string> = {}) => {
    const login = await get('/auth/login');
    const search = new URL(login.headers.get('location') ?? '').searchParams;
    const code = randomUUID();
    lies.set(code, lie);
    nonces.set(code, search.get('nonce') ?? '');
    const back = { code, state: search.get('state') ?? '', iss: issuer(), ...lie.callback };
    const reply = await get(`/auth/callback?${new URLSearchParams(back)}`, { cookie: cookieIn(login), ...headers });
    return { reply, sid: `sid-${code}`, cookie: cookieIn(reply) };
  };
  const lives = async (cookie: string) => (await get('/api/session', { cookie })).status === 200;
  try {
    for (const [what, given] of Object.entries(refusedMetadata)) {
      metadata = given;
      const [asProgram, asPerson] = [await get('/auth/login'), await get('/auth/login', { accept: 'text/html' })];
      expect([asProgram.status, asPerson.status], what).toEqual([503, 303]);
      expect(asPerson.headers.get('location'), what).toMatch(/^\/sign-in-failed\?kind=upstream-unavailable&/);
    }
    metadata = {};
    const memory = await memoryOf(portal.pid);
    const right = await signIn();
    expect(await lives(right.cookie), 'a provider that tells the truth').toBe(true);

    // All at once: those that never end are given up after ten seconds.
    await Promise.all(
      Object.entries(refused).map(async ([what, lie]) => {
        const { reply, cookie } = await signIn(lie);
        const told = lie.token ?? lie.person;
        // One that is too long is refused; one that does not come in time is of a provider that is away.
        const isAway = told === silent || told === dripping;
        expect([reply.status, cookie], what).toEqual([isAway ? 503 : 400, '']);
        // One wait is enough for each answer that does not come to its end.
        if (!endless.includes(told)) {
          const asPerson = (await signIn(lie, { accept: 'text/html,*/*' })).reply;
          const to = new URL(asPerson.headers.get('location') ?? '', origin);
          expect([asPerson.status, to.origin, to.pathname, cookieIn(asPerson)], what).toEqual([
            ...[303, origin, '/sign-in-failed', ''],
          ]);
          expect(to.search, what).not.toMatch(/script|evil/);
        }
      }),
    );
    expect(asked).not.toContain('/elsewhere');

    const event = { 'http://schemas.openid.net/event/backchannel-logout': {} };
    const about = (more: JWTPayload = {}): JWTPayload => ({
      ...{ iss: issuer(), aud: 'portal', iat: seconds(), exp: seconds() + 120, jti: randomUUID(), events: event },
      ...{ sub: 'mel', sid: right.sid },
      ...more,
    });
    const logout = (payload: JWTPayload, header: Record<string, unknown> = {}, key = keys.privateKey) =>
      sign(payload, { typ: 'logout+jwt', ...header }, key);
    const tell = async (token: string) =>
      (
        await fetch(`${origin}/auth/backchannel-logout`, {
          method: 'POST',
          body: new URLSearchParams({ logout_token: token }),
        })
      ).status;
    const forged: Record<string, string> = {
      unsigned: new UnsecuredJWT(about()).encode(),
      'signed with the client’s secret': hmac(about(), clientSecret),
      'signed with another key': await logout(about(), {}, otherKeys.privateKey),
      'without events': await logout(without(about(), 'events')),
      'with a nonce': await logout(about({ nonce: 'n' })),
      'of the type of an id_token': await sign(about()),
      'for another application': await logout(about({ aud: 'another' })),
      'of another issuer': await logout(about({ iss: 'https://evil.example' })),
      'without an id': await logout(without(about(), 'jti')),
      'ten minutes old': await logout(about({ iat: seconds() - 600 })),
    };
    for (const [what, token] of Object.entries(forged)) expect(await tell(token), what).toBe(400);
    expect(await lives(right.cookie), 'after forged logout tokens').toBe(true);
    const genuine = await logout(without(about(), 'sid'));
    expect(await tell(genuine)).toBe(200);
    expect(await lives(right.cookie), 'after a genuine one').toBe(false);
    const since = await signIn();
    expect(await tell(genuine), 'told again').toBe(200);
    expect(await lives(since.cookie), 'what was begun since').toBe(true);

    expect((await memoryOf(portal.pid)) - memory).toBeLessThan(150 * 1024 * 1024);
    expect(portal.output()).not.toMatch(/eyJ|a-secret-of-the-client|"an unexpected error"|"level":"fatal"/);
  } finally {
    await portal.stop();
    await sandbox.stop();
    await database.remove();
    await server.stop();
  }
});
