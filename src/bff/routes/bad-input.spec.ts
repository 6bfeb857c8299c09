import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { serve } from '@hono/node-server';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import * as z from 'zod/mini';
import { submissionSchema } from '../../contract/submission.ts';
import { ticketSchema } from '../../contract/ticket.ts';
import { accounts, merchant, openWorld, origin, problemOf, until, type World } from '../testing/world.ts';

let world: World;
beforeAll(async () => {
  // Long times, so that a slow machine does not change the answers.
  world = await openWorld({ UPSTREAM_TIMEOUT_MS: '20000', ANSWER_WITHIN_MS: '19000' });
});
afterAll(async () => {
  expect((await world.call('GET', '/healthz')).status).toBe(200);
  expect((await world.call('GET', '/readyz')).status).toBe(200);
  await world.close();
});

const ticketsPath = `/api/accounts/${accounts.own}/tickets`;
const proper = { title: 'Proper', body: '<p>x</p>', contact: { email: 'a@example.com' } };
const key = () => ({ 'idempotency-key': randomUUID() });

/** Checks an answer to bad input: no 5xx, and if it is an error, a complete problem with a request id. */
async function mustBeCalm(answer: Response) {
  expect(answer.status).toBeLessThan(500);
  expect(answer.headers.get('x-request-id')).toMatch(/^[\w-]{8,64}$/);
  if (answer.status >= 400) await problemOf(answer);
  else await answer.body?.cancel();
}

const nasty = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  'x\udfff y',
  '\u202eevil',
  '\ufeff',
  '\r\n\r\nset-cookie: a=b',
  '<script>alert(1)</script>',
  "'; drop table submissions; --",
  '{{7*7}}',
  '../../etc/passwd',
  '%00',
  '%',
  '__proto__',
  'constructor',
  '9'.repeat(400),
  '😀'.repeat(300),
  'a@b\0',
  'é\u0301'.repeat(50),
];
const strings = fc.oneof(
  fc.constantFrom(...nasty),
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.string({ unit: 'grapheme', maxLength: 80 }),
  fc.string({ maxLength: 2_000 }),
);
const anything = fc.oneof(
  strings,
  fc.anything({ withNullPrototype: false }),
  fc.constantFrom(null, true, 1e308, -0, Number.MAX_SAFE_INTEGER, 5e-324),
  fc.jsonValue({ maxDepth: 6 }),
);
const asJSON = (value: unknown) => {
  const written = JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner));
  return written ?? 'null';
};
/** Long enough for many calls on a busy machine. */
const manyCalls = { timeout: 180_000 };
/** Well-shaped, with one bad thing in it or several. */
const almostTickets = fc.record(
  {
    title: fc.oneof(strings, anything),
    body: fc.oneof(fc.constant('<p>x</p>'), strings, anything),
    contact: fc.oneof(fc.record({ email: fc.oneof(fc.constant('a@example.com'), strings), name: strings }), anything),
    author: strings,
    foreignID: fc.oneof(strings, anything),
    ['__proto__']: anything,
    constructor: anything,
  },
  { requiredKeys: [] },
);
const tickets = fc.record(
  { ...Object.fromEntries(['title', 'author', 'foreignID'].map((name) => [name, strings])) },
  { requiredKeys: [] },
);
const texts = fc.oneof(
  anything.map(asJSON),
  almostTickets.map(asJSON),
  strings,
  fc.constantFrom(
    '[',
    '{"a":}',
    '{"title":1e999}',
    '{"__proto__":{"polluted":true}}',
    '{"constructor":{"prototype":{"polluted":true}}}',
    `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
    `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`,
    `{"title":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
    `{"contact":${'{"email":'.repeat(50_000)}1${'}'.repeat(50_000)}}`,
  ),
);
/** Header values as HTTP allows them. */
const headerValues = fc.oneof(
  fc.string({ maxLength: 200 }),
  fc.constantFrom(
    '',
    '"',
    '""',
    '"\\',
    ',',
    ';',
    '=',
    '\x7f',
    'a'.repeat(8_000),
    '\xff\xfe',
    '{}',
    '-1',
    '1e9',
    '0x10',
  ),
);

const someID = '11111111-2222-4333-8444-555555555555';
const writes = [
  ['POST', ticketsPath],
  ['PATCH', `${ticketsPath}/${someID}`],
  ['DELETE', `/api/accounts/${accounts.own}/submissions/${someID}`],
  ['POST', '/auth/logout'],
  ['POST', '/auth/backchannel-logout'],
  ['POST', '/webhooks/moov'],
  ['POST', '/api/csp-reports'],
  ['PUT', '/api/session'],
  ['POST', '/nothing/here'],
] as const;
const reads = [
  '/api/session',
  '/api/status',
  '/api/accounts',
  `/api/accounts/${accounts.own}`,
  ticketsPath,
  `${ticketsPath}/${someID}`,
  `${ticketsPath}/${someID}/messages`,
  `/api/accounts/${accounts.own}/submissions`,
  `/api/accounts/${accounts.own}/submissions/${someID}`,
  '/api/events',
  '/auth/login',
  '/auth/callback',
  '/healthz',
  '/nothing/here',
] as const;

describe.each(writes)('whatever is sent to %s %s', (method, path) => {
  test('is answered, and never by a failure', manyCalls, async () => {
    const cookie = await world.session(merchant);
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        // Signing out succeeds whatever the body is, so it needs a new session each time.
        const mine = path === '/auth/logout' ? await world.session(merchant) : cookie;
        await mustBeCalm(await world.call(method, path, mine, text, key()));
      }),
      { numRuns: 50 },
    );
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });
});

test('whatever the fields of a ticket hold, it is filed or refused, and never by a failure', manyCalls, async () => {
  const cookie = await world.session(merchant);
  await fc.assert(
    fc.asyncProperty(tickets, async (ticket) => {
      await mustBeCalm(await world.call('POST', ticketsPath, cookie, asJSON({ ...proper, ...ticket }), key()));
    }),
    { numRuns: 100 },
  );
});

test.each([
  ['a nul', 'Title with \0 in it'],
  ['half a surrogate pair', 'Title with \ud83d in it'],
  ['characters beyond the basic plane', 'Title with 😀 in it'],
])('a title, a reference and an author with %s are filed', async (_, text) => {
  const cookie = await world.session(merchant);
  const answer = await world.file(cookie, accounts.own, { title: text, foreignID: `${text} r`, author: `${text} a` });
  expect(answer.status).toBe(201);
  const ticket = ticketSchema.parse(await answer.json());
  expect(ticket.title).toMatch(/^Title with .* ?in it$/u);
  expect(ticket.title.isWellFormed()).toBe(true);
  expect(ticket.title).not.toContain('\0');
});

describe.each(reads)('whatever is asked of GET %s', (path) => {
  test('is answered, and never by a failure', manyCalls, async () => {
    const cookie = await world.session(merchant);
    const names = fc.constantFrom(
      'q',
      'cursor',
      'count',
      'status',
      'foreignID',
      'returnTo',
      'state',
      'code',
      '__proto__',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(names, strings), { maxLength: 5 }), fc.boolean(), async (query, raw) => {
        const search = raw
          ? query.map(([name, value]) => `${name}=${value.toWellFormed().replace(/[#\s]/g, '')}`).join('&')
          : new URLSearchParams(query.map(([name, value]) => [name, value])).toString();
        await mustBeCalm(await world.call('GET', `${path}?${search}`, cookie));
      }),
      { numRuns: 30 },
    );
  });
});

test('whatever the headers hold, a call is answered, and never by a failure', manyCalls, async () => {
  const names = fc.constantFrom(
    'idempotency-key',
    'last-event-id',
    'x-request-id',
    'x-background',
    'x-person',
    'x-forwarded-for',
    'x-timestamp',
    'x-nonce',
    'x-webhook-id',
    'x-signature',
    'content-type',
    'content-encoding',
    'content-length',
    'transfer-encoding',
    'cookie',
    'origin',
    'sec-fetch-site',
    'accept',
    'if-none-match',
    'range',
  );
  const cookie = await world.session(merchant);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...writes, ...reads.map((path) => ['GET', path] as const)),
      fc.array(fc.tuple(names, headerValues), { maxLength: 6 }),
      async ([method, path], given) => {
        const headers = Object.fromEntries(given);
        const body = method === 'GET' || method === 'DELETE' ? undefined : asJSON(proper);
        await mustBeCalm(await world.call(method, path, cookie, body, { ...key(), ...headers }));
      },
    ),
    { numRuns: 200 },
  );
});

/** Every call that changes something, with what makes it succeed. */
const changes = {
  'file a ticket': async () => ({ method: 'POST', path: ticketsPath, body: proper }),
  'close a ticket': async (cookie: string) => ({
    method: 'PATCH',
    path: `${ticketsPath}/${ticketSchema.parse(await (await world.file(cookie, accounts.own, { title: 'Open' })).json()).ticketID}`,
    body: { status: 'closed' },
  }),
  'cancel a submission': async (cookie: string) => ({
    method: 'DELETE',
    path: `/api/accounts/${accounts.own}/submissions/${
      submissionSchema.parse(await (await world.file(cookie, accounts.own, { title: 'fault:401' })).json()).submissionID
    }`,
    body: undefined,
  }),
  'sign out': async () => ({ method: 'POST', path: '/auth/logout', body: undefined }),
};
/** Calls that another site could make, or that a page of the portal never makes: all without `origin` unless given. */
const forged: Record<string, Record<string, string>> = {
  'from another origin': { origin: 'https://evil.example' },
  'from another port': { origin: 'http://localhost:3001' },
  'from a neighbour in the domain': { origin: 'http://evil.localhost:3000' },
  'from a look-alike': { origin: 'http://localhost:3000.evil.example' },
  'from an opaque origin': { origin: 'null' },
  'with an origin in capitals': { origin: 'HTTP://LOCALHOST:3000' },
  'with an empty origin': { origin: '' },
  'with two origins': { origin: 'http://localhost:3000, https://evil.example' },
  'without an origin': {},
  'without an origin, across sites': { 'sec-fetch-site': 'cross-site' },
  'without an origin, from the same site': { 'sec-fetch-site': 'same-site' },
  'without an origin, typed by hand': { 'sec-fetch-site': 'none' },
  'with our origin, across sites': { origin, 'sec-fetch-site': 'cross-site' },
  'with our origin, from the same site': { origin, 'sec-fetch-site': 'same-site' },
};

describe.each(Object.entries(changes))('%s', (name, prepare) => {
  const send = (
    { method, path, body }: { method: string; path: string; body: unknown },
    headers: Record<string, string>,
    text: string | undefined = body === undefined ? undefined : JSON.stringify(body),
  ) =>
    world.portal.app.request(origin + path, {
      method,
      headers: { ...key(), ...headers },
      ...(text !== undefined && { body: text }),
    });
  const json = { 'content-type': 'application/json' };

  test.each(Object.entries(forged))('is refused %s, and changes nothing', async (_, headers) => {
    const cookie = await world.session(merchant);
    const call = await prepare(cookie);
    const forgedBody =
      call.body === undefined ? undefined : JSON.stringify({ ...call.body, title: 'Forged by another site' });
    const problem = await problemOf(
      await send(call, { cookie, ...(call.body !== undefined && json), ...headers }, forgedBody),
    );
    expect(problem).toMatchObject({ status: 403, type: '/problems/foreign-origin' });
    expect((await world.call('GET', '/api/session', cookie)).status).toBe(200);
    if (name === 'file a ticket')
      expect(world.creations().filter(({ body }) => JSON.stringify(body).includes('Forged by another site'))).toEqual(
        [],
      );
    if (name === 'close a ticket')
      expect(world.sandbox.moov.store.ticket(call.path.split('/').at(-1) ?? '')?.ticket.status).toBe('new');
    if (name === 'cancel a submission')
      expect(await (await world.call('GET', call.path, cookie)).json()).not.toMatchObject({ state: 'cancelled' });
  });

  test('is done when a page of the portal asks, with or without an origin', async () => {
    const cookie = await world.session(merchant);
    const call = await prepare(cookie);
    const answer = await send(call, { cookie, ...(call.body !== undefined && json), 'sec-fetch-site': 'same-origin' });
    expect(answer.status).toBeLessThan(300);
  });

  test.each([
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain',
    'text/plain; charset=application/json',
    'application/json-patch+json',
    '',
  ])('is refused as a form or anything else that is not JSON: “%s”', async (type) => {
    const cookie = await world.session(merchant);
    const call = await prepare(cookie);
    const text = 'status=closed&_method=DELETE';
    const answer = await send(
      call,
      { cookie, origin, 'content-type': type, 'content-length': String(text.length) },
      text,
    );
    expect((await problemOf(answer)).status).toBe(415);
  });

  test('is refused without a session, unless there is nothing to lose', async () => {
    const call = await prepare(await world.session(merchant));
    const answer = await send(call, { origin, ...(call.body !== undefined && json) });
    expect(answer.status).toBe(name === 'sign out' ? 200 : 401);
    if (name !== 'sign out') await problemOf(answer);
  });
});

describe.each([
  ['POST', ticketsPath],
  ['PATCH', `${ticketsPath}/${someID}`],
])('%s %s', (method, path) => {
  const send = async (body: BodyInit, headers: Record<string, string> = {}) =>
    world.portal.app.request(origin + path, {
      method,
      body,
      headers: {
        cookie: await world.session(merchant),
        origin,
        'content-type': 'application/json',
        ...key(),
        ...headers,
      },
    });
  test.each([
    ['broken JSON', '{"title":'],
    ['nothing', ''],
    ['no UTF-8', new Uint8Array([0x22, 0xff, 0xfe, 0x22])],
    ['UTF-16', new Uint8Array([0xff, 0xfe, 0x7b, 0, 0x7d, 0])],
  ])('answers %s by 400', async (_, body) => {
    expect(await problemOf(await send(body))).toMatchObject({ status: 400, type: '/problems/malformed-request' });
  });
  test('answers more than 1 MB by 413, whether its length is told or not', async () => {
    const large = JSON.stringify({ ...proper, status: 'closed', more: 'x'.repeat(1024 * 1024) });
    expect((await problemOf(await send(large))).status).toBe(413);
    expect((await problemOf(await send(large, { 'content-length': String(large.length) }))).status).toBe(413);
    expect((await problemOf(await send('{}', { 'content-length': '99999999999' }))).status).toBe(413);
  });
  test.each(['null', '[]', '"text"', '1', '{}', '{"title":{},"body":[],"contact":1,"status":["closed"]}'])(
    'answers %s by 422, naming fields',
    async (body) => {
      const problem = await problemOf(await send(body));
      expect(problem.status).toBe(422);
      expect(Object.keys(problem.fields ?? {}).length).toBeGreaterThan(0);
    },
  );
  test('answers compressed JSON by 415', async () => {
    expect((await problemOf(await send('{}', { 'content-encoding': 'br' }))).status).toBe(415);
  });
});

test.each([
  ['nothing', {}, ['title', 'body', 'contact.email']],
  ['no contact', { title: 'x', body: '<p>x</p>', contact: null }, ['contact.email']],
  ['a contact that is none', { title: 'x', body: '<p>x</p>', contact: ['x'] }, ['contact.email']],
])('a ticket of %s is told what is missing at the inputs that there are', async (_, ticket, fields) => {
  const cookie = await world.session(merchant);
  const answer = await world.call('POST', `/api/accounts/${accounts.own}/tickets`, cookie, ticket, {
    'idempotency-key': randomUUID(),
  });
  const problem = await problemOf(answer);
  expect(Object.keys(problem.fields ?? {})).toEqual(fields);
  for (const sentence of Object.values(problem.fields ?? {})) expect(sentence).toMatch(/^Enter .*\.$/);
});

test.each([
  ['&', '&'.repeat(65_000)],
  ['<', '<'.repeat(65_000)],
  ['no-break spaces', '\u00a0'.repeat(30_000)],
  ['links without their attributes', '<a href="https://a.b/">x</a>'.repeat(1_490)],
])(
  'a message that outgrows the limit by being escaped, of %s, is refused beside its input and leaves nothing behind',
  async (_, body) => {
    const cookie = await world.session(merchant);
    const answer = await world.file(cookie, accounts.own, { title: 'Grows by cleaning', body: `<p>x${body}</p>` });
    const problem = await problemOf(answer);
    expect(problem.status).toBe(422);
    expect(Object.keys(problem.fields ?? {})).toEqual(['body']);
    expect((await world.call('GET', `/api/accounts/${accounts.own}/submissions`, cookie)).status).toBe(200);
    expect(JSON.stringify(world.creations())).not.toContain('Grows by cleaning');
  },
);

test('what fails unexpectedly is answered by a sentence and a reference, by which the log tells what it was', async () => {
  const cookie = await world.session(merchant);
  const find = vi.spyOn(world.portal.sessions, 'find');
  find.mockRejectedValueOnce(new Error('the canary of a driver, at db.internal'));
  try {
    const answer = await world.call('GET', ticketsPath, cookie);
    const { requestID, ...problem } = await problemOf(answer);
    expect(problem).toEqual({
      type: '/problems/internal',
      status: 500,
      title: expect.stringMatching(/^\p{Lu}/u),
      detail:
        'The portal failed unexpectedly. Your text is kept. Try again, and quote the reference if it happens again.',
    });
    const line = world.logged.find((each) => each.includes(requestID) && each.includes('an unexpected error'));
    expect(line).toContain('the canary of a driver');
  } finally {
    find.mockRestore();
  }
});

test('nobody can turn one method into another', async () => {
  const cookie = await world.session(merchant);
  const { path } = await changes['close a ticket'](cookie);
  for (const headers of ['x-http-method-override', 'x-http-method', 'x-method-override'])
    for (const method of ['PATCH', 'DELETE']) {
      const answer = await world.call('POST', path, cookie, { status: 'closed' }, { [headers]: method });
      expect((await problemOf(answer)).status).toBe(404);
    }
  for (const overridden of [`${path}?_method=PATCH`, `${path}?_method=DELETE`]) {
    expect((await world.call('POST', overridden, cookie, { _method: 'PATCH', status: 'closed' })).status).toBe(404);
    expect((await world.call('GET', overridden, cookie)).status).toBe(200);
  }
  expect(world.sandbox.moov.store.ticket(path.split('/').at(-1) ?? '')?.ticket.status).toBe('new');
});

const logLine = z.object({
  requestID: z.string(),
  time: z.union([z.string(), z.number()]),
  personID: z.optional(z.string()),
  method: z.string(),
  route: z.string(),
  status: z.number(),
});
const refusals: Record<string, { signedIn: boolean; call: (cookie: string) => Promise<Response> }> = {
  'a call without a session': { signedIn: false, call: () => world.call('GET', ticketsPath) },
  'a call for somebody else’s account': {
    signedIn: true,
    call: (cookie) => world.call('GET', `/api/accounts/${accounts.other}/tickets`, cookie),
  },
  'a change from another site': {
    signedIn: false,
    call: (cookie) => world.call('POST', ticketsPath, cookie, proper, { ...key(), origin: 'https://evil.example' }),
  },
  'a change that is no JSON': {
    signedIn: true,
    call: (cookie) => world.call('POST', ticketsPath, cookie, 'a=b', { ...key(), 'content-type': 'text/plain' }),
  },
  'a ticket with a fault': {
    signedIn: true,
    call: (cookie) => world.call('POST', ticketsPath, cookie, { ...proper, title: '' }, key()),
  },
  'a ticket without a key': { signedIn: true, call: (cookie) => world.call('POST', ticketsPath, cookie, proper) },
  'a sign-in that nobody began': {
    signedIn: false,
    call: () => world.call('GET', `/auth/callback?state=${'s'.repeat(43)}&code=c`),
  },
  'a logout token that is none': {
    signedIn: false,
    call: () => world.call('POST', '/auth/backchannel-logout', undefined, 'logout_token=x'),
  },
  'a webhook that is not signed': { signedIn: false, call: () => world.call('POST', '/webhooks/moov', undefined, {}) },
};
test.each(Object.entries(refusals))(
  '%s is in the log: what, when, with which reference, and who where that is known',
  async (_, { signedIn, call }) => {
    const problem = await problemOf(await call(await world.session(merchant)));
    const lines = world.logged.flatMap((line) => logLine.safeParse(JSON.parse(line)).data ?? []);
    const [line] = lines.filter(({ requestID }) => requestID === problem.requestID);
    expect(line).toMatchObject({ status: problem.status });
    expect(line?.personID !== undefined).toBe(signedIn);
  },
);

const signOut = async (headers: Record<string, string>) =>
  world.portal.app.request(`${origin}/auth/logout`, {
    method: 'POST',
    headers: { origin, cookie: await world.session(merchant), ...headers },
    ...(headers['content-type'] !== undefined && { body: '{}' }),
  });
test('what is sent with no body, or with an empty one, needs no content type', async () => {
  for (const headers of [{}, { 'content-length': '0' }]) expect((await signOut(headers)).ok).toBe(true);
});
test.each(['application/json; charset=utf-8', 'Application/JSON ;charset="utf-8"'])(
  'what is sent with a body as %s is JSON',
  async (type) => {
    expect((await signOut({ 'content-type': type, 'content-length': '2' })).ok).toBe(true);
  },
);
test('what is sent with a body of unknown length must be JSON, as all else', async () => {
  for (const type of [{}, { 'content-type': 'text/plain' }])
    expect((await problemOf(await signOut({ 'transfer-encoding': 'chunked', ...type }))).status).toBe(415);
});

test('no other site is ever let in by CORS', async () => {
  const cookie = await world.session(merchant);
  for (const [method, path] of [...writes, ...reads.map((read) => ['GET', read] as const)]) {
    const asked = { origin: 'https://evil.example', 'access-control-request-method': method };
    for (const answer of [
      await world.call('OPTIONS', path, cookie, undefined, asked),
      await world.call(method, path, cookie, undefined, asked),
    ]) {
      expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
      await answer.body?.cancel();
    }
  }
});

describe('over a real connection', () => {
  let server: ReturnType<typeof serve>;
  let port = 0;
  beforeAll(async () => {
    server = serve({ fetch: (request, env) => world.portal.app.fetch(request, env), port: 0, hostname: '127.0.0.1' });
    await once(server, 'listening');
    const address = server.address();
    if (address !== null && typeof address === 'object') port = address.port;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  /** Sends bytes as they are. @returns what comes back; '' when the connection is closed without an answer */
  async function exchange(bytes: string): Promise<string> {
    const socket = connect(port, '127.0.0.1');
    let back = '';
    socket.setEncoding('latin1').on('data', (part: string) => {
      back += part;
    });
    // A connection may be reset instead of closed.
    socket.on('error', () => socket.destroy());
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.end(bytes, 'latin1');
    await closed;
    return back;
  }
  const cases: Record<string, string> = {
    'a path that is not decodable':
      'GET /api/accounts/%ff%fe%/tickets HTTP/1.1\r\nhost: localhost:3000\r\nCOOKIE\r\n\r\n',
    'a path with a nul': 'GET /api/accounts/%00 HTTP/1.1\r\nhost: localhost:3000\r\nCOOKIE\r\n\r\n',
    'a path of two slashes': 'GET //evil.example/api/session HTTP/1.1\r\nhost: localhost:3000\r\nCOOKIE\r\n\r\n',
    'a whole address as a path':
      'GET http://evil.example/api/session HTTP/1.1\r\nhost: localhost:3000\r\nCOOKIE\r\n\r\n',
    'no host': 'GET /api/session HTTP/1.0\r\nCOOKIE\r\n\r\n',
    'a host that is none': 'GET /api/session HTTP/1.1\r\nhost: \\\\evil:@:99999\r\nCOOKIE\r\n\r\n',
    'another host': 'GET /api/session HTTP/1.1\r\nhost: evil.example\r\nCOOKIE\r\n\r\n',
    'an unknown method': 'PROPFIND /api/session HTTP/1.1\r\nhost: localhost:3000\r\nCOOKIE\r\n\r\n',
    TRACE: 'TRACE /api/session HTTP/1.1\r\nhost: localhost:3000\r\nCOOKIE\r\n\r\n',
    CONNECT: 'CONNECT /api/session HTTP/1.1\r\nhost: localhost:3000\r\nCOOKIE\r\n\r\n',
    'a GET with a body': 'GET /api/session HTTP/1.1\r\nhost: localhost:3000\r\ncontent-length: 2\r\nCOOKIE\r\n\r\n{}',
    'a body cut short': `POST ${ticketsPath} HTTP/1.1\r\nhost: localhost:3000\r\norigin: ${origin}\r\ncontent-type: application/json\r\ncontent-length: 500\r\nCOOKIE\r\n\r\n{"title":`,
    'a bad chunk': `POST ${ticketsPath} HTTP/1.1\r\nhost: localhost:3000\r\norigin: ${origin}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\nCOOKIE\r\n\r\nzz\r\n{}`,
    'two lengths': `POST ${ticketsPath} HTTP/1.1\r\nhost: localhost:3000\r\ncontent-length: 2\r\ncontent-length: 3\r\nCOOKIE\r\n\r\n{}`,
    'a length and chunks': `POST ${ticketsPath} HTTP/1.1\r\nhost: localhost:3000\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\nCOOKIE\r\n\r\n0\r\n\r\n`,
    'headers of 100 KB': `GET /api/session HTTP/1.1\r\nhost: localhost:3000\r\nx: ${'x'.repeat(100_000)}\r\nCOOKIE\r\n\r\n`,
    'no HTTP at all': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  };
  test.each(Object.entries(cases))('%s is refused or answered, and the next caller is served', async (_, bytes) => {
    const cookie = await world.session(merchant);
    const back = await exchange(bytes.replace('COOKIE', `cookie: ${cookie}\r\nconnection: close`));
    expect(back).not.toMatch(/^HTTP\/1\.1 5/);
    expect((await fetch(`http://127.0.0.1:${port}/api/session`, { headers: { cookie } })).status).toBe(200);
  });

  test.each([
    ['of a known length', 'content-length: 500\r\n\r\n{"title":'],
    ['in chunks', 'transfer-encoding: chunked\r\n\r\n9\r\n{"title":'],
  ])('a body %s that breaks off is no failure of the portal', async (_, rest) => {
    const cookie = await world.session(merchant);
    const requestID = randomUUID();
    await exchange(
      `POST ${ticketsPath} HTTP/1.1\r\nhost: localhost:3000\r\norigin: ${origin}\r\ncontent-type: application/json\r\ncookie: ${cookie}\r\n` +
        `idempotency-key: ${randomUUID()}\r\nx-request-id: ${requestID}\r\n${rest}`,
    );
    const lines = await until(
      async () => world.logged.filter((line) => line.includes(requestID)),
      (logged) => logged.some((line) => line.includes('"answered"')),
    );
    // Level 30 is info: neither is a warning or an error.
    expect(lines.map((line) => z.object({ level: z.number() }).parse(JSON.parse(line)).level)).toEqual([30, 30]);
    expect(lines.at(-1)).toContain('"status":400');
  });
});
