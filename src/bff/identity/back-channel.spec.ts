import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { sandboxKeys } from '../../sandbox/keys.ts';
import { listen } from '../testing/listen.ts';
import { openWorld, origin, problemOf, type World } from '../testing/world.ts';
import { personIDOf } from './claims.ts';

/** An identity provider of this test, with keys of its own, so that it can sign any token, right or wrong. */
const keys = await generateKeyPair('RS256');
const otherKeys = await generateKeyPair('RS256');
const kid = 'the-key';
/** The keys that it publishes, and how often they were fetched. */
let published: Record<string, CryptoKey> = { [kid]: keys.publicKey };
let fetches = 0;
const server = createServer(async (request, response) => {
  const isKeys = request.url?.startsWith('/keys') === true;
  if (isKeys) fetches++;
  const json = isKeys
    ? {
        keys: await Promise.all(
          Object.entries(published).map(async ([name, key]) => ({
            ...(await exportJWK(key)),
            kid: name,
            alg: 'RS256',
            use: 'sig',
          })),
        ),
      }
    : {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/keys`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
      };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(json));
});
let issuer = '';
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

/** A session as signing in at this provider makes it. @param named false: its id_token did not name the session at the provider */
async function begin(subject: string, named = true) {
  const id = randomBytes(32).toString('base64url');
  const sid = randomUUID();
  await world.portal.sessions.begin({
    idHash: createHash('sha256').update(id).digest('base64url'),
    person: { personID: personIDOf(issuer, subject), issuer, subject, name: 'Mel' },
    role: 'partner',
    providerSid: named ? sid : undefined,
    idleMinutes: 60,
    maxHours: 12,
  });
  return {
    sid,
    lives: async () => (await world.call('GET', '/api/session', `__Host-Http-session=${id}`)).status === 200,
  };
}

const event = 'http://schemas.openid.net/event/backchannel-logout';
const seconds = () => Math.floor(Date.now() / 1000);
const claims = (more: JWTPayload): JWTPayload => ({
  iss: issuer,
  aud: sandboxKeys.clientID,
  iat: seconds(),
  exp: seconds() + 120,
  jti: randomUUID(),
  events: { [event]: {} },
  ...more,
});
const without = (name: string, more: JWTPayload): JWTPayload =>
  Object.fromEntries(Object.entries(claims(more)).filter(([key]) => key !== name));
const sign = (payload: JWTPayload, header: Record<string, unknown> = {}, key = keys.privateKey) =>
  new SignJWT(payload).setProtectedHeader({ alg: 'RS256', typ: 'logout+jwt', kid, ...header }).sign(key);
const post = (body: string | Uint8Array<ArrayBuffer>) =>
  Promise.resolve(
    world.portal.app.request(`${origin}/auth/backchannel-logout`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body,
    }),
  );
const tell = (token: string) => post(new URLSearchParams({ logout_token: token }).toString());

test('a logout token for one session ends that session alone', async () => {
  const subject = randomUUID();
  const [one, two, other] = [await begin(subject), await begin(subject), await begin(randomUUID())];
  const answer = await tell(await sign(claims({ sub: subject, sid: one.sid })));
  expect(answer.status).toBe(200);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect([await one.lives(), await two.lives(), await other.lives()]).toEqual([false, true, true]);
});

test('a logout token for one session of a person also ends those of theirs that the provider has not named', async () => {
  const subject = randomUUID();
  const [unnamed, named, other] = [await begin(subject, false), await begin(subject), await begin(randomUUID(), false)];
  expect((await tell(await sign(claims({ sub: subject, sid: unnamed.sid })))).status).toBe(200);
  expect([await unnamed.lives(), await named.lives(), await other.lives()]).toEqual([false, true, true]);
});

test('a logout token for a person ends all of their sessions, and nobody else’s', async () => {
  const subject = randomUUID();
  const [one, two, other] = [await begin(subject), await begin(subject), await begin(randomUUID())];
  expect((await tell(await sign(claims({ sub: subject })))).status).toBe(200);
  expect([await one.lives(), await two.lives(), await other.lives()]).toEqual([false, false, true]);
});

test('a logout token serves once: who sends it again does not sign out a person who is back, even after a restart', async () => {
  const subject = randomUUID();
  const token = await sign(claims({ sub: subject }));
  const before = await begin(subject);
  expect((await tell(token)).status).toBe(200);
  expect(await before.lives()).toBe(false);
  const after = await begin(subject);
  expect((await tell(token)).status).toBe(200);
  expect(await after.lives()).toBe(true);
  await world.restart();
  expect((await tell(token)).status).toBe(200);
  expect(await after.lives()).toBe(true);
  expect((await tell(await sign(claims({ sub: subject })))).status).toBe(200);
  expect(await after.lives()).toBe(false);
});

test('a logout token for somebody who is not signed in here is taken, and ends nothing', async () => {
  const session = await begin(randomUUID());
  expect((await tell(await sign(claims({ sub: 'nobody' })))).status).toBe(200);
  expect(await session.lives()).toBe(true);
});

test('a logout token signed with a key that is a second new ends the session, and keys that do not exist are not looked for without end', async () => {
  const session = await begin(randomUUID());
  expect((await tell(await sign(claims({ sid: 'nobody' })))).status).toBe(200);
  published = { ...published, 'the-next': otherKeys.publicKey };
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2_000 });
  try {
    const before = fetches;
    expect(
      (await tell(await sign(claims({ sid: session.sid }), { kid: 'the-next' }, otherKeys.privateKey))).status,
    ).toBe(200);
    expect(await session.lives()).toBe(false);
    for (const name of ['one', 'two', 'three'])
      expect((await tell(await sign(claims({ sid: session.sid }), { kid: name }))).status).toBe(400);
    expect(fetches).toBe(before + 1);
  } finally {
    vi.useRealTimers();
    published = { [kid]: keys.publicKey };
  }
});

test.each<[string, () => JWTPayload]>([
  ['ahead', () => ({ iat: seconds() + 240, nbf: seconds() + 240, exp: seconds() + 360 })],
  ['behind', () => ({ iat: seconds() - 240, exp: seconds() - 120 })],
])('a logout token ends the session though the provider’s clock is four minutes %s', async (_, times) => {
  const session = await begin(randomUUID());
  expect((await tell(await sign(claims({ sid: session.sid, ...times() })))).status).toBe(200);
  expect(await session.lives()).toBe(false);
});

describe('a session lives on after a logout token', () => {
  type Forge = (about: JWTPayload) => Promise<string>;
  const cases: Record<string, Forge> = {
    'signed with another key': (about) => sign(claims(about), {}, otherKeys.privateKey),
    'signed with another key that names itself': (about) =>
      sign(claims(about), { kid: 'unknown' }, otherKeys.privateKey),
    'that brings its own key': async (about) =>
      sign(claims(about), { jwk: await exportJWK(otherKeys.publicKey) }, otherKeys.privateKey),
    'that is not signed': async (about) => new UnsecuredJWT(claims(about)).encode(),
    'signed with the public key as if it were a secret': async (about) =>
      new SignJWT(claims(about))
        .setProtectedHeader({ alg: 'HS256', typ: 'logout+jwt', kid })
        .sign(new TextEncoder().encode(await exportSPKI(keys.publicKey))),
    'for another application': (about) => sign(claims({ ...about, aud: 'another' })),
    'for nobody in particular': (about) => sign(without('aud', about)),
    'of another issuer': (about) => sign(claims({ ...about, iss: 'https://evil.example' })),
    'that is an id_token (it has a nonce)': (about) => sign(claims({ ...about, nonce: 'n' })),
    'without events': (about) => sign(without('events', about)),
    'with another event': (about) => sign(claims({ ...about, events: { 'https://example.com/other': {} } })),
    'with an event that is no object': (about) => sign(claims({ ...about, events: { [event]: true } })),
    'that is ten minutes old': (about) => sign(claims({ ...about, iat: seconds() - 600 })),
    'without a time': (about) => sign(without('iat', about)),
    'from the future': (about) => sign(claims({ ...about, iat: seconds() + 600 })),
    'that has expired': (about) => sign(claims({ ...about, exp: seconds() - 600 })),
    'without an id of its own': (about) => sign(without('jti', about)),
    'of the type of an id_token': (about) => sign(claims(about), { typ: 'JWT' }),
    'of the type of an access token': (about) => sign(claims(about), { typ: 'at+jwt' }),
    'without a type': (about) => sign(claims(about), { typ: undefined }),
    'that names neither a person nor a session': () => sign(claims({})),
    'that names a session with a nul, which the database does not hold': () => sign(claims({ sid: 'a\0b' })),
    'that names a person of endless length': () => sign(claims({ sub: 's'.repeat(10_000) })),
    'that was changed on the way': async (about) => {
      const [head, , signature] = (await sign(claims({ sub: 'somebody else' }))).split('.');
      return `${head}.${Buffer.from(JSON.stringify(claims(about))).toString('base64url')}.${signature}`;
    },
    'that is none': async () => 'a.b.c',
    'that is empty': async () => '',
  };
  test.each(Object.entries(cases))('%s', async (_, forge) => {
    const subject = randomUUID();
    const session = await begin(subject);
    for (const about of [{ sub: subject }, { sid: session.sid }, { sub: subject, sid: session.sid }])
      expect((await problemOf(await tell(await forge(about)))).status).toBe(400);
    expect(await session.lives()).toBe(true);
  });
});

test.each(['', 'logout_token', 'token=x', '{"logout_token":"x"}', '\0', '%'])(
  'a call that holds no token, %j, is refused',
  async (body) => {
    expect((await problemOf(await post(body))).status).toBe(400);
  },
);

test('logout tokens count against the limit of webhooks', async () => {
  expect((await tell('x')).headers.get('ratelimit-policy')).toBe('"webhooks";q=3000;w=60');
});

test('a call that is no text is refused, and is no failure of the portal', async () => {
  expect((await problemOf(await post(Uint8Array.of(0xff, 0xfe)))).status).toBe(400);
  expect(world.logged.join('')).not.toContain('an unexpected error');
});

test('a call that is too large is refused by 413', async () => {
  expect((await problemOf(await tell('x'.repeat(70_000)))).status).toBe(413);
});

test('the provider alone can end sessions: a browser with a cookie gains nothing by calling', async () => {
  const subject = randomUUID();
  const session = await begin(subject);
  const answer = await world.call('POST', '/auth/backchannel-logout', undefined, { sub: subject });
  expect((await problemOf(answer)).status).toBe(400);
  expect(await session.lives()).toBe(true);
});
