import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startPortal } from '../start.ts';
import { accounts, type Caller, merchant, openWorld, origin, problemOf, staff, type World } from '../testing/world.ts';

const createPerMinute = 3;
let world: World;
/** Two instances on one PostgreSQL; with the embedded engine only one, since it serves one process only. */
let instances: Awaited<ReturnType<typeof startPortal>>[];
beforeAll(async () => {
  world = await openWorld({
    UPSTREAM_TIMEOUT_MS: '20000',
    ANSWER_WITHIN_MS: '19000',
    CREATE_LIMIT_PER_MINUTE: String(createPerMinute),
  });
  instances = [world.portal];
  if (world.settings.DATABASE_URL !== undefined) instances.push(await startPortal(world.settings, world.log));
});
afterAll(async () => {
  for (const second of instances.slice(1)) await second.stop();
  await world.close();
});

type Who = { cookie: string; address: string };
const someone = async (address: string, caller: Caller = merchant): Promise<Who> => ({
  cookie: await world.session(caller),
  address,
});
const send = async (
  instance: number,
  who: Who,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
) => {
  const portal = instances[instance % instances.length];
  const answer = await portal?.app.request(
    origin + path,
    {
      method,
      headers: {
        cookie: who.cookie,
        origin,
        'idempotency-key': randomUUID(),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    },
    { incoming: { socket: { remoteAddress: who.address } } },
  );
  if (answer === undefined) throw new Error('there is no instance');
  return answer;
};
/** A cookie that has the form of a session's, but there is no such session. */
const guessed = () => `__Host-Http-session=${randomBytes(32).toString('base64url')}`;
const ticket = { title: 'Counted', body: '<p>x</p>', contact: { email: 'a@example.com' } };
const fileFor = (accountID: string) => (instance: number, who: Who) =>
  send(instance, who, 'POST', `/api/accounts/${accountID}/tickets`, ticket);

const refusedChanges: [[string, string, unknown?], ...[string, string, unknown?][]] = [
  ['POST', 'tickets', { title: [[]] }],
  ['PATCH', `tickets/${randomUUID()}`, { status: 'new' }],
  ['DELETE', `submissions/${randomUUID()}`],
];
let changes = 0;

type Attempt = (instance: number, who: Who) => Promise<Response>;
/** What each limit counts, by the name of the limit in the headers. */
const doings: Record<string, { most: number; seconds: number; exact: boolean; attempt: Attempt; by(): Promise<Who> }> =
  {
    signIn: {
      most: 600,
      seconds: 300,
      exact: true,
      attempt: (instance, who) => send(instance, who, 'GET', '/auth/callback'),
      by: async () => ({ cookie: '', address: '203.0.113.1' }),
    },
    create: {
      most: createPerMinute,
      seconds: 60,
      exact: true,
      attempt: fileFor(accounts.other),
      by: async () => ({ cookie: pat, address: '203.0.113.2' }),
    },
    createForAccount: {
      most: 10 * createPerMinute,
      seconds: 60,
      exact: false,
      attempt: fileFor(accounts.own),
      by: () => someone('203.0.113.3'),
    },
    change: {
      most: 600,
      seconds: 60,
      exact: false,
      // Each of these changes is refused for another reason, so it counts as a change but not as a ticket.
      attempt(instance, who) {
        const [method, path, body] = refusedChanges[changes % refusedChanges.length] ?? refusedChanges[0];
        changes += 1;
        return send(instance, who, method, `/api/accounts/${accounts.own}/${path}`, body);
      },
      by: async () => ({ cookie: ines, address: '203.0.113.8' }),
    },
    list: {
      most: 600,
      seconds: 60,
      exact: false,
      attempt: (instance, who) => send(instance, who, 'GET', '/api/accounts'),
      by: async () => ({ cookie: mel, address: '203.0.113.4' }),
    },
    events: {
      most: 120,
      seconds: 60,
      exact: false,
      attempt: async (instance, who) => {
        const answer = await send(instance, who, 'GET', '/api/events');
        if (answer.ok) await answer.body?.cancel();
        return answer;
      },
      by: async () => ({ cookie: mel, address: '203.0.113.5' }),
    },
    webhooks: {
      most: 3000,
      seconds: 60,
      exact: false,
      attempt: (instance, who) => send(instance, who, 'POST', '/webhooks/moov', {}),
      by: async () => ({ cookie: '', address: '203.0.113.6' }),
    },
    strangers: {
      most: 3000,
      seconds: 60,
      exact: false,
      attempt: (instance, who) => send(instance, who, 'GET', '/api/session'),
      by: async () => ({ cookie: guessed(), address: '203.0.113.9' }),
    },
    reports: {
      most: 60,
      seconds: 60,
      exact: false,
      attempt: (instance, who) => send(instance, who, 'POST', '/api/csp-reports', {}),
      by: async () => ({ cookie: '', address: '203.0.113.7' }),
    },
  };
let pat: string;
let mel: string;
let ines: string;
beforeAll(async () => {
  pat = await world.session(staff);
  mel = await world.session(merchant);
  ines = await world.session(merchant);
});

describe.each(Object.entries(doings))('the limit “%s”', (name, { most, seconds, exact, attempt, by }) => {
  test('is the same for one person or address however many instances there are, and stops nobody else', async () => {
    let allowed = 0;
    let refused: Response | undefined;
    // An instance may not have heard of the others' attempts yet, so the flood goes on until all of them refuse. The short pauses leave
    // time for the database, as a network would.
    for (let round = 0; refused === undefined && allowed <= 2 * most; round += 1) {
      const who = await by();
      if (!exact && round % Math.ceil(most / 60) === 0) await pause(5);
      const answers = await Promise.all(instances.map((_, instance) => attempt(instance, who)));
      allowed += answers.filter(({ status }) => status !== 429).length;
      if (round === 0)
        for (const answer of answers) {
          expect(answer.headers.get('ratelimit-policy')).toContain(`"${name}";q=${most};w=${seconds}`);
          expect(answer.headers.get('ratelimit')).toMatch(new RegExp(`"${name}";r=\\d+;t=\\d+`));
        }
      if (answers.every(({ status }) => status === 429)) refused = answers[0];
    }
    if (refused === undefined) throw new Error(`${allowed} attempts and no end`);
    expect(allowed).toBeGreaterThanOrEqual(most);
    expect(allowed).toBeLessThanOrEqual(exact || instances.length === 1 ? most : most + Math.max(8, most / 4));

    expect(refused.headers.get('ratelimit')).toMatch(new RegExp(`"${name}";r=0;t=\\d+`));
    expect(refused.headers.get('ratelimit-policy')).toContain(`"${name}";q=${most};w=${seconds}`);
    const wait = Number(refused.headers.get('retry-after'));
    expect(wait).toBeGreaterThanOrEqual(1);
    expect(wait).toBeLessThanOrEqual(seconds);
    expect(await problemOf(refused)).toMatchObject({ type: '/problems/too-many-requests', retryAfter: wait });
    expect(await world.portal.metrics.registry.getSingleMetricAsString('portal_limited_total')).toMatch(
      new RegExp(`\\{limit="${name}"\\} [1-9]`),
    );

    const other = name === 'createForAccount' ? fileFor(accounts.connected) : attempt;
    const answer = await other(0, await someone('198.51.100.1', staff));
    expect(answer.status).not.toBe(429);
  });
});

test('sending the same ticket again costs none of the tickets a person may file; sending another content with its key does', async () => {
  const who = await someone('203.0.113.20', staff);
  const key = randomUUID();
  const fileAs = (title: string) =>
    send(
      0,
      who,
      'POST',
      `/api/accounts/${accounts.connected}/tickets`,
      { ...ticket, title },
      { 'idempotency-key': key },
    );
  const statuses: number[] = [];
  for (let times = 0; times < createPerMinute + 2; times += 1) statuses.push((await fileAs('The same')).status);
  expect(statuses).toEqual(statuses.map(() => 201));
  for (let times = 1; times < createPerMinute; times += 1) expect((await fileAs(`Another ${times}`)).status).toBe(422);
  expect((await fileAs('One too many')).status).toBe(429);
});

test('a ticket that is one too many is refused however often it is sent with its key, one after the other or at once', async () => {
  const who = await someone('203.0.113.21', staff);
  const fileAs = async (title: string, key: string) =>
    (
      await send(
        0,
        who,
        'POST',
        `/api/accounts/${accounts.connected}/tickets`,
        { ...ticket, title },
        { 'idempotency-key': key },
      )
    ).status;
  for (let times = 0; times < createPerMinute; times += 1)
    expect(await fileAs(`Allowed ${times}`, randomUUID())).toBe(201);
  const key = randomUUID();
  for (let times = 0; times < 3; times += 1) expect(await fileAs('One too many', key)).toBe(429);
  const other = randomUUID();
  expect(await Promise.all([1, 2, 3].map(() => fileAs('Another', other)))).toEqual([429, 429, 429]);
});

test('an address that guesses sessions is refused before the database is asked, on every call, whatever it says it was forwarded for; who brings none is not', async () => {
  const address = '203.0.113.10';
  let calls = 0;
  const call = (path: string, cookie: string) => {
    calls += 1;
    const claimed = `10.${calls >> 16}.${(calls >> 8) & 255}.${calls & 255}`;
    const headers = { 'x-forwarded-for': claimed, 'x-real-ip': claimed, forwarded: `for=${claimed}` };
    return send(0, { cookie, address }, 'GET', path, undefined, headers);
  };
  // Fifty at a time: one after the other, three thousand calls might take a busy machine longer than a test may.
  for (let guesses = 0; guesses < 3000; guesses += 50) {
    const answers = await Promise.all(Array.from({ length: 50 }, () => call('/api/session', guessed())));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
  }
  const find = vi.spyOn(world.portal.sessions, 'find');
  try {
    for (const path of ['/api/session', '/api/accounts', '/api/events', `/api/accounts/${accounts.own}/tickets`])
      expect((await problemOf(await call(path, guessed()))).type).toBe('/problems/too-many-requests');
    for (const cookie of ['', 'a=b', '__Host-Http-session=short', `__Host-Http-session=${'x'.repeat(5_000)}`])
      expect((await call('/api/session', cookie)).status).toBe(401);
    expect(find).not.toHaveBeenCalled();
    expect((await send(0, { cookie: guessed(), address: '198.51.100.2' }, 'GET', '/api/session')).status).toBe(401);
    expect(find).toHaveBeenCalledOnce();
  } finally {
    find.mockRestore();
  }
});

test('however often anybody asks whether the portal is ready, the database is asked once a second', async () => {
  const ping = vi.spyOn(world.portal.store, 'ping');
  try {
    const begun = performance.now();
    const answers = await Promise.all(Array.from({ length: 200 }, () => world.call('GET', '/readyz')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(ping.mock.calls.length).toBeLessThanOrEqual(1 + Math.floor((performance.now() - begun) / 1000));
  } finally {
    ping.mockRestore();
  }
});

test('a ticket that was one too many can be filed with its key once the minute is over', async () => {
  const who = await someone('203.0.113.22', staff);
  const fileAs = async (key: string) => {
    const path = `/api/accounts/${accounts.connected}/tickets`;
    return (await send(0, who, 'POST', path, ticket, { 'idempotency-key': key })).status;
  };
  // 202 as well: a connection may break at any time, and the ticket is then kept.
  const accepted = expect.toBeOneOf([201, 202]);
  for (let times = 0; times < createPerMinute; times += 1) expect(await fileAs(randomUUID())).toEqual(accepted);
  const key = randomUUID();
  expect(await fileAs(key)).toBe(429);
  await world.rows(sql`update limits set expire = 0 returning key`);
  const now = performance.now.bind(performance);
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + 61_000);
  try {
    expect(await fileAs(key)).toEqual(accepted);
  } finally {
    clock.mockRestore();
  }
});
