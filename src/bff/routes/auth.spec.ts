import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import * as z from 'zod/mini';
import { sessionSchema, signOutSchema } from '../../contract/session.ts';
import { startIssuer } from '../../sandbox/issuer/issuer.ts';
import { sandboxKeys } from '../../sandbox/keys.ts';
import { people } from '../../sandbox/people.ts';
import { listen } from '../testing/listen.ts';
import { accounts, openWorld, origin, problemOf, until, type World } from '../testing/world.ts';

let world: World;
let issuer: Awaited<ReturnType<typeof startIssuer>>;
/** All answers of the portal, to search them for secrets. */
const answered: string[] = [];
/** Passes the provider's back-channel calls on to the portal, which does not listen on a port here. */
const relay = createServer((request, response) => {
  let text = '';
  request.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  request.on('end', async () => {
    const answer = await world.portal.app.request(`${origin}/auth/backchannel-logout`, {
      method: 'POST',
      headers: { 'content-type': request.headers['content-type'] ?? '' },
      body: text,
    });
    response.writeHead(answer.status).end();
  });
});

beforeAll(async () => {
  const port = await listen(relay);
  issuer = await startIssuer({
    port: 0,
    people,
    clients: [
      {
        clientID: sandboxKeys.clientID,
        clientSecret: sandboxKeys.clientSecret,
        redirectURIs: [`${origin}/auth/callback`],
        postLogoutRedirectURIs: [`${origin}/signed-out`],
        backchannelLogoutURI: `http://127.0.0.1:${port}/auth/backchannel-logout`,
      },
    ],
  });
  world = await openWorld({ OIDC_ISSUER: issuer.url });
});
afterAll(async () => {
  await world.close();
  await issuer.stop();
  relay.close();
});

const sessionName = '__Host-Http-session';
const loginName = '__Host-Http-login';

/** As much of a browser as signing in needs: cookies for each site and path. It does not follow redirects by itself. */
function openBrowser() {
  const jars = new Map<string, Map<string, { value: string; path: string }>>();
  const jarOf = (site: string) => {
    const jar = jars.get(site) ?? new Map<string, { value: string; path: string }>();
    jars.set(site, jar);
    return jar;
  };
  const keep = (site: string, name: string, value: string, path = '/') =>
    jarOf(site).set(`${name};${path}`, { value: `${name}=${value}`, path });
  return {
    /** A cookie of the portal, or undefined. */
    cookie: (name: string) =>
      jarOf(origin)
        .get(`${name};/`)
        ?.value.slice(name.length + 1),
    plant: (name: string, value: string) => keep(origin, name, value),
    async visit(url: string, init: { method?: string; headers?: Record<string, string>; body?: string } = {}) {
      const { origin: site, pathname } = new URL(url);
      const cookie = [...jarOf(site).values()]
        .filter(({ path }) => pathname.startsWith(path))
        .map(({ value }) => value)
        .join('; ');
      const whole = { ...init, headers: { ...init.headers, ...(cookie !== '' && { cookie }) } };
      const answer =
        site === origin
          ? await world.portal.app.request(url, whole)
          : await fetch(url, { ...whole, redirect: 'manual' });
      if (site === origin) answered.push(JSON.stringify([...answer.headers]), await answer.clone().text());
      for (const line of answer.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        const [, path = '/'] = /; *path=([^;]+)/i.exec(line) ?? [];
        if (value === '' || /; *(max-age=0|expires=thu, 01 jan 1970)/i.test(line))
          jarOf(site).delete(`${name};${path}`);
        else keep(site, name, value, path);
      }
      return answer;
    },
  };
}
type Browser = ReturnType<typeof openBrowser>;
const locationOf = (answer: Response, base: string = origin) =>
  new URL(answer.headers.get('location') ?? 'about:none', base).href;

/** Follows redirects at the identity provider, up to a page or to an address of the portal. */
async function follow(browser: Browser, begun: Response, base: string) {
  let answer = begun;
  let at = base;
  while (answer.status >= 300 && answer.status < 400) {
    at = locationOf(answer, at);
    if (at.startsWith(origin)) break;
    answer = await browser.visit(at);
  }
  return { at, answer };
}
/** Goes to the provider's page. */
async function begin(browser: Browser, returnTo?: string) {
  const login = await browser.visit(
    `${origin}/auth/login${returnTo === undefined ? '' : `?${new URLSearchParams({ returnTo })}`}`,
  );
  expect(login.status).toBe(303);
  const { at, answer } = await follow(browser, login, origin);
  return { authorize: new URL(locationOf(login)), at, html: await answer.text() };
}
/** Chooses a person at the provider, or cancels. @returns the address that leads back to the portal, not requested yet */
async function press(browser: Browser, { at, html }: { at: string; html: string }, person: string | undefined) {
  const [, action = ''] = /<form method="post" action="([^"]+)"/.exec(html) ?? [];
  if (person !== undefined) expect(html).toContain(`<button name="person" value="${person}">`);
  const chosen = await browser.visit(new URL(action, at).href, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: person === undefined ? 'cancel=yes' : `person=${person}`,
  });
  const back = await follow(browser, chosen, at);
  expect(back.at.startsWith(`${origin}/auth/callback?`)).toBe(true);
  return back.at;
}
async function choose(browser: Browser, person: string | undefined, returnTo?: string) {
  const begun = await begin(browser, returnTo);
  return { authorize: begun.authorize, callback: await press(browser, begun, person) };
}
async function signIn(browser: Browser, person: string, returnTo?: string) {
  const { callback } = await choose(browser, person, returnTo);
  const answer = await browser.visit(callback);
  expect(answer.status).toBe(303);
  return answer;
}
const whoIs = async (browser: Browser) => {
  const answer = await browser.visit(`${origin}/api/session`);
  return answer.status === 200 ? sessionSchema.parse(await answer.json()) : answer.status;
};
const statusFor = async (cookie: string) => (await world.call('GET', '/api/session', cookie)).status;
const cookieOf = (browser: Browser) => `${sessionName}=${browser.cookie(sessionName)}`;
const signOut = (browser: Browser, headers: Record<string, string> = { origin }) =>
  browser.visit(`${origin}/auth/logout`, { method: 'POST', headers });

test('signing in gives a session in a cookie that no script, other site or other host can read or set', async () => {
  const browser = openBrowser();
  const answer = await signIn(browser, 'mel-roberts');
  const cookies = answer.headers.getSetCookie();
  expect(cookies).toHaveLength(1);
  expect(cookies[0]).toMatch(/^__Host-Http-session=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(await whoIs(browser)).toMatchObject({
    user: { name: 'Mel Roberts', email: 'melany.roberts@yahoo.com', role: 'merchant' },
    account: { accountID: accounts.own, displayName: 'Whole Body Fitness' },
  });
  const id = browser.cookie(sessionName) ?? '';
  expect(await world.rows(sql`select * from sessions where sessions::text like ${`%${id}%`}`)).toEqual([]);
});

test('partner staff sign in as such', async () => {
  const browser = openBrowser();
  await signIn(browser, 'pat-nguyen');
  expect(await whoIs(browser)).toMatchObject({ user: { role: 'partner' }, partnerAccountID: accounts.partner });
});

test('the request to the provider is a code flow with PKCE S256, a state and a nonce, new each time', async () => {
  const browser = openBrowser();
  const begun = [await browser.visit(`${origin}/auth/login`), await browser.visit(`${origin}/auth/login`)];
  const asked = begun.map((answer) => new URL(locationOf(answer)).searchParams);
  for (const search of asked) {
    expect(Object.fromEntries(search)).toEqual({
      client_id: sandboxKeys.clientID,
      redirect_uri: `${origin}/auth/callback`,
      response_type: 'code',
      scope: 'openid profile email',
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(new Set([search.get('state'), search.get('nonce'), search.get('code_challenge')]).size).toBe(3);
  }
  for (const name of ['state', 'nonce', 'code_challenge']) expect(asked[0]?.get(name)).not.toBe(asked[1]?.get(name));
  expect(begun[0]?.headers.getSetCookie()).toEqual([
    expect.stringMatching(/^__Host-Http-login=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax; Max-Age=900$/),
  ]);
});

test('each sign-in gives a new id and ends the session before it', async () => {
  const browser = openBrowser();
  await signIn(browser, 'mel-roberts');
  const first = cookieOf(browser);
  await signIn(browser, 'mel-roberts');
  const second = cookieOf(browser);
  expect(second).not.toBe(first);
  expect([await statusFor(first), await statusFor(second)]).toEqual([401, 200]);
});

test('… though the way back from a provider on another site brings no SameSite=Strict cookie', async () => {
  const browser = openBrowser();
  await signIn(browser, 'mel-roberts');
  const before = cookieOf(browser);
  const { callback } = await choose(browser, 'mel-roberts');
  expect(await statusFor(before)).toBe(200);
  const answer = await world.portal.app.request(callback, {
    headers: { cookie: `${loginName}=${browser.cookie(loginName)}` },
  });
  expect(answer.status).toBe(303);
  expect(await statusFor(before)).toBe(401);
});

test('… and a session that another tab has begun since ends as well', async () => {
  const browser = openBrowser();
  const [one, two] = [await begin(browser), await begin(browser)];
  await browser.visit(await press(browser, two, 'mel-roberts'));
  const since = cookieOf(browser);
  await browser.visit(await press(browser, one, 'mel-roberts'));
  expect([await statusFor(since), await statusFor(cookieOf(browser))]).toEqual([401, 200]);
});

test('two tabs of one browser can sign in at the same time', async () => {
  const browser = openBrowser();
  const [one, two] = [await begin(browser, '/accounts/one'), await begin(browser, '/accounts/two')];
  for (const [tab, returnTo] of [
    [two, '/accounts/two'],
    [one, '/accounts/one'],
  ] as const) {
    const answer = await browser.visit(await press(browser, tab, 'mel-roberts'));
    expect(answer.headers.get('location')).toBe(returnTo);
  }
});

describe('a sign-in is refused, and nobody is signed in,', () => {
  const cases: Record<string, (browser: Browser) => Promise<string>> = {
    'when nothing comes back': async () => `${origin}/auth/callback`,
    'with a state that nobody began': async (browser) =>
      (await choose(browser, 'mel-roberts')).callback.replace(/state=[^&]+/, `state=${'a'.repeat(43)}`),
    'without a state': async (browser) => (await choose(browser, 'mel-roberts')).callback.replace(/state=[^&]+/, ''),
    'that another browser began': async () => (await choose(openBrowser(), 'mel-roberts')).callback,
    'that another browser began while this one signs in too': async (browser) => {
      await browser.visit(`${origin}/auth/login`);
      return (await choose(openBrowser(), 'mel-roberts')).callback;
    },
    'with a wrong code': async (browser) =>
      (await choose(browser, 'mel-roberts')).callback.replace(/code=[^&]+/, 'code=wrong'),
    "with another sign-in's code": async (browser) => {
      const other = new URL((await choose(openBrowser(), 'ines-okafor')).callback).searchParams.get('code');
      return (await choose(browser, 'mel-roberts')).callback.replace(/code=[^&]+/, `code=${other}`);
    },
    'without a code': async (browser) => (await choose(browser, 'mel-roberts')).callback.replace(/code=[^&]+/, ''),
    'from another issuer': async (browser) =>
      (await choose(browser, 'mel-roberts')).callback.replace(/iss=[^&]+/, 'iss=https%3A%2F%2Fevil.example'),
    'without an issuer': async (browser) => (await choose(browser, 'mel-roberts')).callback.replace(/&iss=[^&]+/, ''),
    'with a nonce that is not ours': async (browser) => {
      const { callback, authorize } = await choose(browser, 'mel-roberts');
      await world.rows(
        sql`update logins set nonce = 'another' where nonce = ${authorize.searchParams.get('nonce')} returning 1`,
      );
      return callback;
    },
    'with a code verifier that is not ours': async (browser) => {
      const { callback, authorize } = await choose(browser, 'mel-roberts');
      await world.rows(
        sql`update logins set code_verifier = ${'v'.repeat(43)} where nonce = ${authorize.searchParams.get('nonce')} returning 1`,
      );
      return callback;
    },
    'that took too long': async (browser) => {
      const { callback, authorize } = await choose(browser, 'mel-roberts');
      await world.rows(
        sql`update logins set expires_at = now() - interval '1 second' where nonce = ${authorize.searchParams.get('nonce')} returning 1`,
      );
      return callback;
    },
    'when the person cancels at the provider': async (browser) => {
      const { callback } = await choose(browser, undefined);
      expect(callback).toContain('error=access_denied');
      return callback;
    },
    'that is over already (replay)': async (browser) => {
      const { callback } = await choose(browser, 'mel-roberts');
      expect((await browser.visit(callback)).status).toBe(303);
      await signOut(browser);
      return callback;
    },
  };
  test.each(Object.entries(cases))('%s', async (_, prepare) => {
    const browser = openBrowser();
    const callback = await prepare(browser);
    for (const answer of [await browser.visit(callback), await browser.visit(callback)]) {
      const problem = await problemOf(answer);
      expect(problem.status).toBe(400);
      expect(answer.headers.getSetCookie().filter((cookie) => cookie.startsWith(sessionName))).toEqual([]);
    }
    expect(await whoIs(browser)).toBe(401);
  });
});

test('an operator sees how sign-ins end, and in the log the provider’s own word for one that failed', async () => {
  const counted = async () => {
    const text = await world.portal.metrics.registry.metrics();
    return Object.fromEntries(
      [...text.matchAll(/^portal_sign_ins_total\{outcome="(\w+)"\} (\d+)$/gm)].map(([, name, n]) => [name, Number(n)]),
    );
  };
  const { ok = 0, refused = 0, outdated = 0, unavailable = 0 } = await counted();
  await signIn(openBrowser(), 'mel-roberts');
  const browser = openBrowser();
  const { callback } = await choose(browser, undefined);
  const lines = world.logged.length;
  for (let times = 0; times < 2; times += 1) await browser.visit(callback);
  expect(await counted()).toEqual({ ok: ok + 1, refused: refused + 1, outdated: outdated + 1, unavailable });
  const told = world.logged.slice(lines).find((line) => line.includes('a sign-in was not completed'));
  expect(JSON.parse(told ?? '')).toMatchObject({ err: { error: 'access_denied' } });
});

test('a person whose sign-in is refused is led to a page about it, which knows the reference and where they were going', async () => {
  const browser = openBrowser();
  const asPage = { headers: { accept: 'text/html,*/*;q=0.8' } };
  const wanted = `/accounts/${accounts.own}/tickets/new`;
  const { callback } = await choose(browser, undefined, wanted);
  for (const [kind, returnTo] of [
    ['sign-in-not-confirmed', wanted],
    ['sign-in-outdated', null],
  ]) {
    const answer = await browser.visit(callback, asPage);
    expect(answer.status).toBe(303);
    const led = new URL(locationOf(answer));
    expect(led.origin + led.pathname).toBe(`${origin}/sign-in-failed`);
    expect(Object.fromEntries(led.searchParams)).toEqual({
      kind,
      reference: answer.headers.get('x-request-id'),
      ...(returnTo !== null && { returnTo }),
    });
    expect(answer.headers.getSetCookie().filter((cookie) => cookie.startsWith(sessionName))).toEqual([]);
  }
});

test.each([
  [
    `/accounts/${accounts.own}/tickets/new?title=A%20b&foreignID=r%261`,
    `/accounts/${accounts.own}/tickets/new?title=A%20b&foreignID=r%261`,
  ],
  ['/', '/'],
  ['https://evil.example/', '/'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['/%09/evil.example', '/%09/evil.example'],
  ['/\t/evil.example', '/'],
  ['/x\r\nset-cookie: a=b', '/'],
  ['javascript:alert(1)', '/'],
  [`${origin}.evil.example/`, '/'],
  ['/auth/logout', '/'],
])('after signing in, %j leads to %j, within the portal', async (returnTo, expected) => {
  const answer = await signIn(openBrowser(), 'mel-roberts', returnTo);
  expect(answer.headers.get('location')).toBe(expected);
  expect(new URL(answer.headers.get('location') ?? '', origin).origin).toBe(origin);
});

test('a cookie planted before the sign-in is not taken over', async () => {
  const browser = openBrowser();
  const planted = randomBytes(32).toString('base64url');
  browser.plant(sessionName, planted);
  await signIn(browser, 'mel-roberts');
  expect(browser.cookie(sessionName)).not.toBe(planted);
  expect(await statusFor(`${sessionName}=${planted}`)).toBe(401);
});

describe('signing out', () => {
  test('ends the session in the database, clears the cookie and leads to the provider, without an id_token', async () => {
    const browser = openBrowser();
    await signIn(browser, 'mel-roberts');
    const cookie = cookieOf(browser);
    expect(await statusFor(cookie)).toBe(200);
    const answer = await signOut(browser);
    expect(answer.status).toBe(200);
    expect(answer.headers.getSetCookie()).toEqual([
      `${sessionName}=; Path=/; HttpOnly; Secure; SameSite=Strict; Max-Age=0`,
    ]);
    expect(answer.headers.get('clear-site-data')).toBe('"cache"');
    const location = new URL(signOutSchema.parse(await answer.json()).location);
    expect(location.origin).toBe(issuer.url);
    expect(location.searchParams.get('post_logout_redirect_uri')).toBe(`${origin}/signed-out`);
    expect(location.searchParams.has('id_token_hint')).toBe(false);
    expect((await browser.visit(location.href)).status).toBe(200);
    expect(await statusFor(cookie)).toBe(401);
    expect((await world.call('GET', `/api/accounts/${accounts.own}`, cookie)).status).toBe(401);
  });
  test.each([
    ['another origin', { origin: 'https://evil.example' }],
    ['another port', { origin: 'http://localhost:3001' }],
    ['a form without an origin', { 'sec-fetch-site': 'cross-site' }],
    ['nowhere', {}],
  ])('cannot be forged from %s', async (_, headers) => {
    const browser = openBrowser();
    await signIn(browser, 'mel-roberts');
    expect((await problemOf(await signOut(browser, headers))).status).toBe(403);
    expect(await whoIs(browser)).toMatchObject({ user: { name: 'Mel Roberts' } });
  });
  test('is no matter of a link or an image', async () => {
    const browser = openBrowser();
    await signIn(browser, 'mel-roberts');
    expect((await browser.visit(`${origin}/auth/logout`)).status).toBe(404);
    expect(await whoIs(browser)).toMatchObject({ user: { name: 'Mel Roberts' } });
  });
});

describe('a session', () => {
  const hashed = async (browser: Browser) => {
    const { createHash } = await import('node:crypto');
    return createHash('sha256')
      .update(browser.cookie(sessionName) ?? '')
      .digest('base64url');
  };
  const instants = z.object({ seen_at: z.coerce.date(), idle_ends_at: z.coerce.date(), ends_at: z.coerce.date() });
  const read = async (browser: Browser) => {
    const [row] = await world.rows(
      sql`select seen_at, idle_ends_at, ends_at from sessions where id_hash = ${await hashed(browser)}`,
    );
    return instants.parse(row);
  };
  /** Lets time pass for a session, by moving all its times into the past. */
  const pass = async (browser: Browser, minutes: number) => {
    const hash = await hashed(browser);
    const seenAt = async () => (await world.portal.sessions.find(hash))?.seenAt.getTime();
    const before = await seenAt();
    await world.rows(sql`
      update sessions set seen_at = seen_at - make_interval(mins => ${minutes}), idle_ends_at = idle_ends_at - make_interval(mins => ${minutes}),
        ends_at = ends_at - make_interval(mins => ${minutes}) where id_hash = ${hash} returning 1`);
    // The notice of the database reaches the portal a moment after the commit.
    await until(seenAt, (at) => at !== before);
  };

  test('ends after an hour of doing nothing', async () => {
    const browser = openBrowser();
    await signIn(browser, 'mel-roberts');
    await pass(browser, 59);
    expect(await whoIs(browser)).toMatchObject({ user: { role: 'merchant' } });
    await pass(browser, 2);
    expect(await whoIs(browser)).toBe(401);
    expect((await browser.visit(`${origin}/api/accounts/${accounts.own}`)).status).toBe(401);
  });
  test('is prolonged by what a person does, but neither by asking who is signed in nor by what a page does by itself', async () => {
    const browser = openBrowser();
    await signIn(browser, 'mel-roberts');
    await pass(browser, 50);
    const before = await read(browser);
    await whoIs(browser);
    await browser.visit(`${origin}/api/status`);
    await browser.visit(`${origin}/api/accounts/${accounts.own}`, { headers: { 'x-background': '1' } });
    await browser.visit(`${origin}/api/accounts/${accounts.own}/tickets`, { headers: { 'x-background': '1' } });
    expect(await read(browser)).toEqual(before);
    expect((await browser.visit(`${origin}/api/accounts/${accounts.own}`)).status).toBe(200);
    const after = await read(browser);
    expect(after.idle_ends_at.getTime() - before.idle_ends_at.getTime()).toBeGreaterThan(45 * 60_000);
    expect(after.ends_at).toEqual(before.ends_at);
  });
  test('is prolonged once a minute at most, however much a person does', async () => {
    const browser = openBrowser();
    await signIn(browser, 'mel-roberts');
    await pass(browser, 2);
    const before = await read(browser);
    await browser.visit(`${origin}/api/accounts/${accounts.own}`);
    const after = await read(browser);
    expect(after.idle_ends_at.getTime() - before.idle_ends_at.getTime()).toBeGreaterThan(60_000);
    for (let times = 0; times < 3; times += 1) await browser.visit(`${origin}/api/accounts/${accounts.own}`);
    expect(await read(browser)).toEqual(after);
  });
  test('does nothing for a page that is open for somebody else', async () => {
    const browser = openBrowser();
    await signIn(browser, 'mel-roberts');
    const ask = async (person: string) =>
      (await browser.visit(`${origin}/api/accounts/${accounts.own}`, { headers: { 'x-person': person } })).status;
    const { user } = sessionSchema.parse(await whoIs(browser));
    expect(await ask(encodeURIComponent(user.id))).toBe(200);
    expect(await ask(encodeURIComponent(`${user.id}2`))).toBe(401);
    expect(await ask('')).toBe(401);
    const refused = await browser.visit(`${origin}/api/accounts/${accounts.own}`, { headers: { 'x-person': 'else' } });
    expect(await refused.json()).toMatchObject({ type: '/problems/somebody-else-signed-in' });
    expect(await whoIs(browser), 'the session goes on').toMatchObject({ user: { role: 'merchant' } });
  });
  test('ends after twelve hours, whatever a person does', async () => {
    const browser = openBrowser();
    await signIn(browser, 'mel-roberts');
    for (let minutes = 0; minutes < 12 * 60 - 40; minutes += 40) {
      await pass(browser, 40);
      expect((await browser.visit(`${origin}/api/accounts/${accounts.own}`)).status).toBe(200);
      const { idle_ends_at, ends_at } = await read(browser);
      expect(idle_ends_at.getTime()).toBeLessThanOrEqual(ends_at.getTime());
    }
    await pass(browser, 41);
    expect(await whoIs(browser)).toBe(401);
  });
});

test('a session lasts as long as the operator has set', async () => {
  const usual = world;
  world = await openWorld({ OIDC_ISSUER: issuer.url, SESSION_IDLE_MINUTES: '10', SESSION_MAX_HOURS: '2' });
  try {
    const browser = openBrowser();
    const begun = Date.now();
    await signIn(browser, 'mel-roberts');
    const session = sessionSchema.parse(await whoIs(browser));
    const tolerated = Date.now() - begun + 1_000;
    expect(Math.abs(Date.parse(session.idleEndsOn) - begun - 10 * 60_000)).toBeLessThan(tolerated);
    expect(Math.abs(Date.parse(session.endsOn) - begun - 2 * 3_600_000)).toBeLessThan(tolerated);
  } finally {
    await world.close();
    world = usual;
  }
});

test('somebody without claims is signed in, sees that they have no role, and reaches no account', async () => {
  const browser = openBrowser();
  await signIn(browser, 'robin-vale');
  const session = await whoIs(browser);
  expect(session).toMatchObject({ user: { name: 'Robin Vale', role: null } });
  expect(session).not.toHaveProperty('account');
  expect(session).not.toHaveProperty('partnerAccountID');
  for (const accountID of [accounts.own, accounts.partner, accounts.connected, accounts.unknown])
    for (const path of ['', '/tickets', '/submissions'])
      expect((await browser.visit(`${origin}/api/accounts/${accountID}${path}`)).status).toBe(404);
  expect(await (await browser.visit(`${origin}/api/accounts`)).json()).toEqual({ items: [] });
});

test('signing out at the provider ends the session here, and nobody else’s', async () => {
  const [browser, elsewhere, other] = [openBrowser(), openBrowser(), openBrowser()];
  await signIn(browser, 'mel-roberts');
  await signIn(elsewhere, 'mel-roberts');
  await signIn(other, 'ines-okafor');
  const page = await browser.visit(`${issuer.url}/session/end`);
  const html = await page.text();
  const [, action = ''] = /action="([^"]+)"/.exec(html) ?? [];
  const [, xsrf = ''] = /name="xsrf" value="([^"]+)"/.exec(html) ?? [];
  await browser.visit(new URL(action, issuer.url).href, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ xsrf, logout: 'yes' }).toString(),
  });
  expect(
    await until(
      () => whoIs(browser),
      (who) => who === 401,
    ),
  ).toBe(401);
  expect(await whoIs(elsewhere)).toMatchObject({ user: { name: 'Mel Roberts' } });
  expect(await whoIs(other)).toMatchObject({ user: { name: 'Ines Okafor' } });
});

test('an operator sees that people cannot sign in because of the database: they are led to a page, which no count of failures shows', async () => {
  const { sessions, metrics } = world.portal;
  const away = Object.assign(new Error('no room on its disk'), { code: '53100' });
  for (const step of ['beginLogin', 'takeLogin', 'begin'] as const) {
    const count = async () =>
      /^portal_sign_ins_total\{outcome="unavailable"\} (\d+)$/m.exec(await metrics.registry.metrics())?.[1];
    const before = Number(await count());
    const broken = vi.spyOn(sessions, step).mockRejectedValueOnce(away);
    onTestFinished(() => broken.mockRestore());
    await signIn(openBrowser(), 'mel-roberts').catch(() => undefined);
    expect(broken).toHaveBeenCalledOnce();
    expect(await count(), step).toBe(String(before + 1));
  }
});

test('while the provider cannot be reached, signing in says so and signing out still ends the session here', async () => {
  const lonely = await openWorld({ OIDC_ISSUER: 'http://localhost:9' });
  try {
    const problem = await problemOf(await lonely.call('GET', '/auth/login'));
    expect(problem).toMatchObject({ status: 503, retryAfter: 60 });
    expect(await lonely.portal.metrics.registry.metrics()).toContain('portal_sign_ins_total{outcome="unavailable"} 1');
    const page = await lonely.portal.app.request(`${origin}/auth/login?returnTo=/accounts/one`, {
      headers: { accept: 'text/html,*/*;q=0.8' },
    });
    expect(new URL(locationOf(page)).searchParams.get('returnTo')).toBe('/accounts/one');
    const cookie = await lonely.session({ role: 'partner' });
    const answer = await lonely.call('POST', '/auth/logout', cookie);
    expect(signOutSchema.parse(await answer.json()).location).toBe(`${origin}/signed-out`);
    expect((await lonely.call('GET', '/api/session', cookie)).status).toBe(401);
  } finally {
    await lonely.close();
  }
});

test('no token, secret or session id is in what the portal answered or logged above', async () => {
  const browser = openBrowser();
  await signIn(browser, 'mel-roberts');
  const all = [...answered, ...world.logged].join('\n');
  expect(all).not.toMatch(/eyJ[\w-]+\./);
  expect(all).not.toMatch(/id_token|access_token|refresh_token/);
  expect(all).not.toContain(sandboxKeys.clientSecret);
  expect(all).not.toContain(sandboxKeys.secretKey);
  expect(world.logged.join('\n')).not.toMatch(/__Host-Http-/);
  expect(world.logged.join('\n')).not.toContain(browser.cookie(sessionName));
  expect(world.logged.join('\n')).not.toContain(browser.cookie(loginName));
});
