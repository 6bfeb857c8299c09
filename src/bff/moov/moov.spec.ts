import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import pino from 'pino';
import { type Dispatcher, Pool } from 'undici';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type SandboxOptions, startSandbox } from '../../sandbox/start.ts';
import { readSettings } from '../settings.ts';
import { listen } from '../testing/listen.ts';
import { accounts, until } from '../testing/world.ts';
import { createMoov } from './moov.ts';
import { createTransport } from './transport.ts';

const log = pino({ level: 'silent' });
const ticket = { title: 'T', body: '<p>x</p>', contact: { email: 'a@example.com' } };

/** The sandbox over HTTP, and a client of it. */
async function open(options: SandboxOptions = {}) {
  const sandbox = await startSandbox(options);
  const settings = readSettings({
    ...sandbox.settings,
    PUBLIC_ORIGIN: 'http://localhost:3000',
    UPSTREAM_TIMEOUT_MS: '20000',
  });
  const moov = createMoov(settings, log, () => undefined);
  const { received } = sandbox.moov;
  return {
    sandbox,
    settings,
    moov,
    received,
    /** the scope sets that tokens were minted for, in order */
    mints: () => received.filter(({ path }) => path === '/oauth2/token').map(({ body }) => scopeOf(body)),
    list: () => moov.listTickets(accounts.own, true, {}),
    async close() {
      await moov.close();
      await sandbox.stop();
    },
  };
}
const scopeOf = (body: unknown) =>
  typeof body === 'object' && body !== null && 'scope' in body ? String(body.scope) : 'none';

describe('tokens', () => {
  test('fifty calls at once mint one token for each set of scopes, which the next fifty use too', async () => {
    const world = await open();
    try {
      const calls = () => [
        ...Array.from({ length: 50 }, () => world.list()),
        ...Array.from({ length: 50 }, () => world.moov.createTicket(accounts.connected, false, ticket)),
        ...Array.from({ length: 50 }, () => world.moov.listTickets(accounts.connected, false, {})),
      ];
      for (let round = 0; round < 2; round += 1)
        expect((await Promise.all(calls())).every(({ kind }) => kind === 'ok')).toBe(true);
      expect(world.mints().sort()).toEqual(
        [
          `/accounts/${accounts.own}/tickets.read`,
          `/accounts/${accounts.connected}/profile.read /accounts/${accounts.partner}/tickets.write`,
          `/accounts/${accounts.connected}/profile.read /accounts/${accounts.partner}/tickets.read`,
        ].sort(),
      );
    } finally {
      await world.close();
    }
  });

  test.each(['seconds', 'timestamp'] as const)(
    'a token is used until shortly before it ends, and renewed before that, where expires_in means %s',
    async (expiresInAs) => {
      const long = await open({ expiresInAs, tokenLifeSeconds: 900 });
      const short = await open({ expiresInAs, tokenLifeSeconds: 3 });
      try {
        for (let call = 0; call < 5; call += 1) expect((await long.list()).kind).toBe('ok');
        expect(long.mints()).toHaveLength(1);
        await until(
          async () => {
            expect((await short.list()).kind).toBe('ok');
            return short.mints().length;
          },
          (count) => count >= 3,
          25_000,
        );
        expect(short.received.filter(({ status }) => status === 401)).toEqual([]);
        expect(short.received.length).toBeGreaterThan(3 * short.mints().length);
      } finally {
        await long.close();
        await short.close();
      }
    },
  );

  test('a token that Moov does not take any more is minted anew once, and the call repeated', async () => {
    const world = await open();
    try {
      await world.list();
      world.sandbox.moov.tokens.revokeAll();
      world.sandbox.moov.clearReceived();
      expect((await world.list()).kind).toBe('ok');
      expect(world.received.map(({ path, status }) => [path.split('/').at(-1), status])).toEqual([
        ['tickets', 401],
        ['token', 200],
        ['tickets', 200],
      ]);
      world.sandbox.moov.tokens.revokeAll();
      world.sandbox.moov.clearReceived();
      const many = await Promise.all(Array.from({ length: 20 }, () => world.list()));
      expect(many.every(({ kind }) => kind === 'ok')).toBe(true);
      expect(world.mints().length).toBeLessThan(20);
    } finally {
      await world.close();
    }
  });

  test('wrong keys are told as such, and the call itself never leaves', async () => {
    const world = await open();
    const wrong = createMoov({ ...world.settings, MOOV_SECRET_KEY: 'wrong' }, log, () => undefined);
    try {
      expect(await wrong.createTicket(accounts.own, true, ticket)).toMatchObject({
        kind: 'unclear',
        reason: 'unauthorized',
        mayHaveArrived: false,
      });
      expect(world.received.every(({ path }) => path === '/oauth2/token')).toBe(true);
    } finally {
      await wrong.close();
      await world.close();
    }
  });
});

test('every one of 5,000 connected accounts is listed once, page after page', async () => {
  const world = await open({ extraAccounts: 5_000 });
  try {
    const listed = await world.moov.listAccounts();
    if (listed.kind !== 'ok') throw new Error(`not listed: ${listed.kind}`);
    const ids = listed.value.map(({ accountID }) => accountID);
    const connected = [...world.sandbox.moov.store.accounts.values()].filter(
      ({ connection }) => connection === 'connected',
    );
    expect(ids).toHaveLength(5_013);
    expect([...ids].sort()).toEqual(connected.map(({ accountID }) => accountID).sort());
    const pages = world.received.filter(({ path }) => path === '/accounts');
    const skips = [...new Map(pages.map(({ requestID, query }) => [requestID, query.skip])).values()];
    expect(skips.map(Number)).toEqual(Array.from({ length: 26 }, (_, page) => page * 200));
  } finally {
    await world.close();
  }
});

test('whatever an id holds, it stays one part of the path, on the one host', async () => {
  const world = await open();
  try {
    for (const id of ['../../oauth2/token', 'x/y', '?a=b', '#c', '%2e%2e', 'http://evil.example/', '\u0000', 'ü'])
      await world.moov.getTicket(accounts.own, true, id);
    const asked = world.received.filter(({ method }) => method === 'GET');
    expect(asked).toHaveLength(8);
    for (const { path, query } of asked) {
      expect(path).toMatch(new RegExp(`^/accounts/${accounts.own}/tickets/[^/?#]+$`));
      expect(query).toEqual({});
    }
  } finally {
    await world.close();
  }
});

test('nobody listening is told as surely not arrived, and an operator why', async () => {
  const world = await open();
  await world.sandbox.stop();
  const lines: string[] = [];
  const moov = createMoov(world.settings, pino({}, { write: (line) => lines.push(line) }), () => undefined);
  expect(await moov.createTicket(accounts.own, true, ticket)).toMatchObject({
    kind: 'unclear',
    reason: 'unavailable',
    mayHaveArrived: false,
  });
  const said = {
    level: 40,
    call: 'createTicket',
    reason: 'unavailable',
    code: 'ECONNREFUSED',
    msg: 'Moov gave no answer',
  };
  expect(lines.map((line) => JSON.parse(line))).toContainEqual(expect.objectContaining(said));
  await moov.close();
  await world.moov.close();
});

describe('a call that fails', () => {
  const failWith = (error: Error) =>
    vi.spyOn(Pool.prototype, 'dispatch').mockImplementation(() => {
      throw error;
    });
  const create = async () => {
    const transport = createTransport('https://api.example');
    onTestFinished(() => transport.close());
    return transport.exchange('POST', '/x', {}, '{}', 60_000);
  };
  afterEach(() => void vi.restoreAllMocks());

  test.each([
    ['ECONNREFUSED', 'unavailable'],
    ['ENOTFOUND', 'unavailable'],
    ['EAI_AGAIN', 'unavailable'],
    ['EHOSTUNREACH', 'unavailable'],
    ['ENETUNREACH', 'unavailable'],
    ['EADDRNOTAVAIL', 'unavailable'],
    ['UND_ERR_CONNECT_TIMEOUT', 'timeout'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'unavailable'],
    ['CERT_HAS_EXPIRED', 'unavailable'],
    ['CERT_NOT_YET_VALID', 'unavailable'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'unavailable'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'unavailable'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'unavailable'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unavailable'],
  ])(
    'before there was a connection (%s) has surely not arrived, so that its ticket can be cancelled',
    async (code, reason) => {
      failWith(Object.assign(new Error('failed'), { code }));
      expect(await create()).toEqual({ kind: 'unclear', reason, mayHaveArrived: false, code });
    },
  );

  test('at every address of the host has surely not arrived, though the first was given little time', async () => {
    const [late, refused] = ['ETIMEDOUT', 'ECONNREFUSED'].map((code) => Object.assign(new Error('failed'), { code }));
    // Node's own AggregateError has the code of the first error too.
    failWith(Object.assign(new AggregateError([late, refused]), { code: 'ETIMEDOUT' }));
    expect(await create()).toMatchObject({ reason: 'unavailable', mayHaveArrived: false, code: 'ECONNREFUSED' });
  });

  test.each(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', undefined])('in any other way (%s) may have arrived', async (code) => {
    failWith(Object.assign(new Error('failed'), code === undefined ? {} : { code }));
    expect(await create()).toEqual({
      kind: 'unclear',
      reason: 'broken',
      mayHaveArrived: true,
      ...(code !== undefined && { code }),
    });
  });

  test.each([
    ['GET', 'UND_ERR_SOCKET', 2],
    ['GET', 'ECONNRESET', 2],
    ['GET', 'EPIPE', 2],
    ['GET', 'ECONNREFUSED', 1],
    ['POST', 'ECONNRESET', 1],
    ['PATCH', 'ECONNRESET', 1],
  ] as const)(
    'is tried again where it reads and its connection was closed, and never else: %s, %s',
    async (method, code, times) => {
      vi.useFakeTimers();
      onTestFinished(() => void vi.useRealTimers());
      const transport = createTransport('https://api.example');
      const controller: Dispatcher.DispatchController = {
        aborted: false,
        paused: false,
        reason: null,
        abort: () => undefined,
        pause: () => undefined,
        resume: () => undefined,
      };
      const dispatched = vi.spyOn(Pool.prototype, 'dispatch').mockImplementation((_, received) => {
        received.onResponseError?.(controller, Object.assign(new Error('failed'), { code }));
        return true;
      });
      await transport.exchange(method, '/x', {}, undefined, 60_000);
      expect(dispatched).toHaveBeenCalledTimes(times);
      expect(vi.getTimerCount(), 'nothing stays behind of a call that is over').toBe(0);
      await transport.close();
    },
  );

  test('since no header can hold the token that Moov gave is an outcome, and no error', async () => {
    const transport = createTransport('https://api.example');
    onTestFinished(() => transport.close());
    const outcome = await transport.exchange('GET', '/x', { authorization: 'Bearer a\nb' }, undefined, 60_000);
    expect(outcome).toMatchObject({ kind: 'unclear', reason: 'broken' });
  });
});

describe('an upstream that misbehaves', () => {
  const asked: string[] = [];
  /** For tests of the deadline itself. All others have a longer one, for a busy machine. */
  const timeoutMs = 600;
  let misbehave: (request: IncomingMessage, response: ServerResponse) => void = () => undefined;
  const mintAsUsual = (response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ access_token: 'secret-token', expires_in: 900 }));
  };
  let mint = mintAsUsual;
  const server = createServer((request, response) => {
    if (request.url === '/oauth2/token') {
      mint(response);
      return;
    }
    asked.push(`${request.method} ${request.url}`);
    request.resume();
    misbehave(request, response);
  });
  let moov: ReturnType<typeof createMoov>;
  let hasty: ReturnType<typeof createMoov>;
  let url = '';
  beforeAll(async () => {
    const port = await listen(server);
    url = `http://127.0.0.1:${port}`;
  });
  beforeEach(() => {
    asked.length = 0;
    mint = mintAsUsual;
    moov = createMoov({ ...readSettingsOf(url), UPSTREAM_TIMEOUT_MS: 20_000 }, log, () => undefined);
    hasty = createMoov({ ...readSettingsOf(url), UPSTREAM_TIMEOUT_MS: timeoutMs }, log, () => undefined);
    return () => Promise.all([moov.close(), hasty.close()]);
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  test.each<[string, (response: ServerResponse) => void, string]>([
    ['answering 500', (response) => response.writeHead(500).end(), 'unavailable'],
    ['answering 429', (response) => response.writeHead(429).end(), 'rate-limited'],
    ['answering 403', (response) => response.writeHead(403).end(), 'unauthorized'],
    ['answering with no token', (response) => response.end('{}'), 'unreadable'],
    ['cutting the connection', (response) => response.destroy(), 'broken'],
  ])('by %s where a token is asked for has surely not had the call itself', async (_, answer, reason) => {
    mint = answer;
    const outcome = await moov.createTicket(accounts.own, true, ticket);
    expect(outcome).toMatchObject({ kind: 'unclear', reason, mayHaveArrived: false });
    expect(asked).toEqual([]);
  });

  test('by refusing a token for reading refuses what was to be read: the keys of the portal may be right', async () => {
    mint = (response) => response.writeHead(403).end();
    expect(await moov.listTickets(accounts.own, true, {})).toEqual({ kind: 'refused', status: 403 });
  });

  test('by not finding where tokens are asked for does not say that what was to be read is not there', async () => {
    mint = (response) => response.writeHead(404).end();
    const notAuthorized = { kind: 'unclear', reason: 'unauthorized', mayHaveArrived: false, status: 404 };
    for (const outcome of [
      await moov.getTicket(accounts.own, true, 'x'),
      await moov.listMessages(accounts.own, true, 'x'),
      await moov.listAccounts(),
    ])
      expect(outcome).toEqual(notAuthorized);
  });

  test('by never answering where a token is asked for is asked for another one once the time is over', async () => {
    mint = () => undefined;
    const late = { kind: 'unclear', reason: 'timeout', mayHaveArrived: false };
    expect(await hasty.createTicket(accounts.own, true, ticket)).toMatchObject(late);
    mint = mintAsUsual;
    misbehave = (_, response) => response.end('{"ticketID":"x"}');
    const again = await until(
      () => hasty.createTicket(accounts.own, true, ticket),
      ({ kind }) => kind === 'ok',
    );
    expect(again.kind).toBe('ok');
  });

  test('by failing to tell of an account does not keep tickets from being read', async () => {
    misbehave = (request, response) =>
      request.url?.endsWith('/tickets') ? response.end('{"items":[]}') : response.writeHead(500).end();
    for (let times = 0; times < 6; times += 1) await moov.getAccount(accounts.own);
    expect(moov.circuit.isDown()).toBe(false);
    expect((await moov.listTickets(accounts.own, true, {})).kind).toBe('ok');
  });

  test('is counted by how each call ended, and how many seconds it took', async () => {
    const observed: { call: string; outcome: string; seconds: number }[] = [];
    let at = Date.now();
    const watched = createMoov(
      readSettingsOf(url),
      log,
      (call) => observed.push(call),
      () => at,
    );
    try {
      for (const status of [200, 404, 503]) {
        misbehave = (_, response) => {
          at += 2_000;
          response.writeHead(status).end('{"ticketID":"x"}');
        };
        await watched.getTicket(accounts.own, true, 'x');
      }
    } finally {
      await watched.close();
    }
    expect(observed).toEqual(
      ['ok', '404', 'unavailable'].map((outcome) => ({ call: 'getTicket', outcome, seconds: 2 })),
    );
  });

  test.each([301, 302, 303, 307, 308])(
    'by answering %i is not followed, neither to itself nor elsewhere',
    async (status) => {
      for (const location of [`${url}/elsewhere`, '/elsewhere', 'http://169.254.169.254/']) {
        asked.length = 0;
        misbehave = (_, response) => response.writeHead(status, { location }).end();
        expect(await moov.createTicket(accounts.own, true, ticket)).toMatchObject({
          kind: 'unclear',
          mayHaveArrived: true,
        });
        expect(asked).toEqual([`POST /accounts/${accounts.own}/tickets`]);
      }
    },
  );

  test('by listing accounts without end is asked for no more than 50,000', async () => {
    let pages = 0;
    misbehave = (_, response) => {
      pages += 1;
      response.end(JSON.stringify(Array.from({ length: 200 }, () => ({ accountID: randomUUID() }))));
    };
    const listed = await moov.listAccounts();
    expect(listed.kind === 'ok' && listed.value.length).toBe(50_000);
    expect(pages).toBe(250);
  });

  test.each([
    ['gives 100 at a time', 250, 100, ['0', '100', '200']],
    ['gives 100 at a time, and ends with a whole page', 200, 100, ['0', '100', '200']],
    ['has few', 3, 200, ['0', '3']],
    ['has a page and some', 203, 200, ['0', '200']],
    ['has none', 0, 200, ['0']],
  ])('by ids that cannot be read hides no other account where it %s', async (_, count, most, skips) => {
    const all = Array.from({ length: count }, (_, index) => ({
      accountID: index % 10 === 7 ? 'acct_7' : randomUUID(),
    }));
    misbehave = (request, response) => {
      const skip = Number(new URL(request.url ?? '', url).searchParams.get('skip'));
      response.end(JSON.stringify(all.slice(skip, skip + most)));
    };
    const listed = await moov.listAccounts();
    expect(listed.kind === 'ok' && listed.value).toEqual(all.filter(({ accountID }) => accountID !== 'acct_7'));
    expect(asked.map((call) => new URL(call.split(' ')[1] ?? '', url).searchParams.get('skip'))).toEqual(skips);
  });

  test.each([
    ['all of whose ids', [{ accountID: 7 }, { accountID: 'acct_7' }]],
    ['whose entries', [{ account: { accountID: accounts.own } }]],
  ])('by accounts %s cannot be read gives no list, which would say that none is connected', async (_, json) => {
    misbehave = (_, response) => response.end(JSON.stringify(json));
    expect(await moov.listAccounts()).toMatchObject({ kind: 'unclear', reason: 'unreadable' });
  });

  test('by a page of accounts that comes too soon is asked for it again after the pause that it asks for', async () => {
    const accountID = randomUUID();
    misbehave = (_, response) =>
      asked.length === 1
        ? response.writeHead(429, { 'retry-after': '1' }).end()
        : response.end(JSON.stringify(asked.length === 2 ? [{ accountID }] : []));
    const begun = performance.now();
    expect(await moov.listAccounts()).toEqual({ kind: 'ok', value: [{ accountID }] });
    expect(performance.now() - begun).toBeGreaterThan(900);
    expect(asked).toHaveLength(3);
  });

  test('by failing in the middle of the accounts gives no list of them, which would lack the others', async () => {
    misbehave = (_, response) =>
      asked.length === 1 ? response.end(JSON.stringify([{ accountID: randomUUID() }])) : response.writeHead(500).end();
    expect(await moov.listAccounts()).toMatchObject({ kind: 'unclear', reason: 'unavailable' });
    expect(asked).toHaveLength(2);
  });

  test('by a pause that is longer than anybody waits for the accounts is told as such at once', async () => {
    misbehave = (_, response) => response.writeHead(429, { 'retry-after': '60' }).end();
    expect(await moov.listAccounts()).toMatchObject({ reason: 'rate-limited', retryAfterMs: 60_000 });
    expect(asked).toHaveLength(1);
  });

  test.each(['the answer', 'a token'])(
    'by never giving %s is given up by who waits less long than others',
    async (what) => {
      if (what === 'a token') mint = () => undefined;
      misbehave = () => undefined;
      const patient = createMoov({ ...readSettingsOf(url), UPSTREAM_TIMEOUT_MS: 50_000 }, log, () => undefined);
      const begun = performance.now();
      try {
        for (const outcome of [
          await patient.getTicket(accounts.own, true, 'x', 100),
          await patient.getAccount(accounts.own, 100),
        ])
          expect(outcome).toMatchObject({ kind: 'unclear', reason: 'timeout' });
        expect(performance.now() - begun).toBeLessThan(40_000);
      } finally {
        await patient.close();
      }
    },
  );

  test('by giving the same accounts whatever is asked for has each of them once, after two calls', async () => {
    const accountID = randomUUID();
    misbehave = (_, response) => response.end(JSON.stringify([{ accountID }]));
    expect(await moov.listAccounts()).toEqual({ kind: 'ok', value: [{ accountID }] });
    expect(asked).toHaveLength(2);
  });

  test.each([60_000, -60_000])(
    'by a clock that is %i ms ahead is known to do so once it has answered',
    async (aheadMs) => {
      misbehave = (_, response) => {
        const date = new Date(Date.now() + aheadMs).toUTCString();
        response.writeHead(200, { 'content-type': 'application/json', date }).end('{"items":[]}');
      };
      expect(moov.clockAheadMs()).toBeUndefined();
      await moov.listTickets(accounts.own, true, {});
      // Moov's `Date` header has whole seconds only.
      expect(Math.abs((moov.clockAheadMs() ?? 0) - aheadMs)).toBeLessThan(3_000);
    },
  );

  test.each([502, 429, 404])(
    'by a %i, which a machine in between may have given, tells nothing of its clock',
    async (status) => {
      const date = (aheadMs: number) => new Date(Date.now() + aheadMs).toUTCString();
      misbehave = (_, response) => response.writeHead(status, { date: date(3_600_000) }).end();
      await moov.listTickets(accounts.own, true, {});
      expect(moov.clockAheadMs()).toBeUndefined();
      misbehave = (_, response) => response.writeHead(200, { date: date(0) }).end('{"items":[]}');
      await moov.listTickets(accounts.own, true, {});
      misbehave = (_, response) => response.writeHead(status, { date: date(3_600_000) }).end();
      await moov.listTickets(accounts.own, true, {});
      expect(Math.abs(moov.clockAheadMs() ?? 3_600_000)).toBeLessThan(3_000);
    },
  );

  test('by a Date that is none tells nothing of its clock: what was sent is still found', async () => {
    misbehave = (_, response) => response.writeHead(200, { date: 'soon' }).end('{"items":[]}');
    expect((await moov.listTickets(accounts.own, true, {})).kind).toBe('ok');
    expect(moov.clockAheadMs()).toBeUndefined();
  });

  test('by answering without end is cut off after 8 MB', async () => {
    let sent = 0;
    let closed = false;
    misbehave = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const chunk = Buffer.alloc(256 * 1024, '[');
      const more = () => {
        while (!closed) {
          sent += chunk.length;
          if (!response.write(chunk)) break;
        }
      };
      response.on('drain', more).on('close', () => {
        closed = true;
      });
      more();
    };
    const patient = createMoov({ ...readSettingsOf(url), UPSTREAM_TIMEOUT_MS: 20_000 }, log, () => undefined);
    expect(await patient.createTicket(accounts.own, true, ticket)).toMatchObject({
      kind: 'unclear',
      reason: 'unreadable',
      mayHaveArrived: true,
    });
    await until(
      async () => closed,
      (gone) => gone,
    );
    expect(sent).toBeLessThan(32 * 1024 * 1024);
    await patient.close();
  });

  test.each<[string, (body: string) => Buffer]>([
    ['gzip', gzipSync],
    ['X-GZIP', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['identity', Buffer.from],
  ])('by a coding that it was asked not to use, %s, is read all the same', async (coding, encode) => {
    let accepted: string | undefined;
    misbehave = (request, response) => {
      accepted = request.headers['accept-encoding'];
      response.writeHead(200, { 'content-encoding': coding }).end(encode('{"items":[]}'));
    };
    expect(await moov.listTickets(accounts.own, true, {})).toMatchObject({ kind: 'ok', value: { items: [] } });
    expect(accepted).toBe('identity');
  });

  test.each<[string, string, Buffer]>([
    ['unknown', 'zstd, gzip', gzipSync('{"items":[]}')],
    ['broken', 'gzip', Buffer.from('{"items":[]}')],
    ['a bomb', 'gzip', gzipSync(`${' '.repeat(64 * 1024 * 1024)}{"items":[]}`)],
  ])('by a coding that is %s gives what cannot be read, and no failure', async (_, coding, body) => {
    misbehave = (_request, response) => response.writeHead(200, { 'content-encoding': coding }).end(body);
    expect(await moov.listTickets(accounts.own, true, {})).toMatchObject({ kind: 'unclear', reason: 'unreadable' });
    expect(await moov.createTicket(accounts.own, true, ticket)).toEqual({ kind: 'ok', value: {} });
  });

  const slow: Record<string, (response: ServerResponse) => void> = {
    'never answering': () => undefined,
    'sending headers alone': (response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders(),
    'trickling its answer': (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const drip = setInterval(() => response.write(' '), 50);
      response.on('close', () => clearInterval(drip));
    },
  };
  test.each(Object.entries(slow))('by %s is given up within UPSTREAM_TIMEOUT_MS', async (_, answer) => {
    misbehave = (_request, response) => answer(response);
    const begun = performance.now();
    expect(await hasty.createTicket(accounts.own, true, ticket)).toMatchObject({
      kind: 'unclear',
      reason: 'timeout',
      mayHaveArrived: true,
    });
    const took = performance.now() - begun;
    expect(took).toBeGreaterThan(timeoutMs * 0.9);
    expect(took).toBeLessThan(timeoutMs + 2_000);
  });

  test('by closing kept connections when they are used again breaks no reading, however many there are at once', async () => {
    const used = new WeakSet<Socket>();
    misbehave = ({ socket }, response) => {
      if (used.has(socket)) socket.destroy();
      else response.end('{"items":[]}');
      used.add(socket);
    };
    const readAtOnce = () =>
      Promise.all(Array.from({ length: 20 }, () => moov.listTickets(accounts.own, true, {}).then(({ kind }) => kind)));
    expect(new Set(await readAtOnce())).toEqual(new Set(['ok']));
    expect(asked).toHaveLength(20);
    expect(new Set(await readAtOnce())).toEqual(new Set(['ok']));
    expect(asked.length).toBeGreaterThan(40);
    // The connections of repeated requests are not used again either.
    for (let round = 0; round < 2; round += 1) expect(new Set(await readAtOnce())).toEqual(new Set(['ok']));
  });

  test('by an answer that has not changed costs the portal no second reading of it', async () => {
    misbehave = (_, response) => response.end(JSON.stringify({ items: [{ ticketID: 'x' }] }));
    const read = async () => {
      const listed = await moov.listTickets(accounts.own, true, {});
      return listed.kind === 'ok' ? listed.value : listed.kind;
    };
    expect(await read()).toBe(await read());
  });

  test('by cutting every connection is asked twice to read, and once to create or to close', async () => {
    misbehave = (_, response) => response.destroy();
    const broken = { kind: 'unclear', reason: 'broken', mayHaveArrived: true };
    expect(await moov.listTickets(accounts.own, true, {})).toMatchObject(broken);
    expect(await moov.createTicket(accounts.own, true, ticket)).toMatchObject(broken);
    expect(await moov.closeTicket(accounts.own, true, 'x')).toMatchObject(broken);
    expect(asked.map((call) => call.split(' ')[0])).toEqual(['GET', 'GET', 'POST', 'PATCH']);
  });

  test('by cutting the connection and then never answering is given up within the one deadline', async () => {
    const deadlineMs = 2_000;
    const steady = createMoov({ ...readSettingsOf(url), UPSTREAM_TIMEOUT_MS: deadlineMs }, log, () => undefined);
    misbehave = (_, response) => {
      if (asked.length === 1) setTimeout(() => response.destroy(), deadlineMs * 0.5);
    };
    const begun = performance.now();
    expect(await steady.listTickets(accounts.own, true, {})).toMatchObject({ kind: 'unclear', reason: 'timeout' });
    // If each connection had a deadline of its own, this would take 1.5 times the deadline.
    expect(performance.now() - begun).toBeLessThan(deadlineMs * 1.45);
    expect(asked).toHaveLength(2);
    await steady.close();
  });

  test('by giving the token late and then never answering keeps nobody who closes a ticket for longer than the one deadline', async () => {
    const deadlineMs = 2_000;
    const steady = createMoov({ ...readSettingsOf(url), UPSTREAM_TIMEOUT_MS: deadlineMs }, log, () => undefined);
    mint = (response) => void setTimeout(mintAsUsual, deadlineMs * 0.5, response);
    misbehave = () => undefined;
    const begun = performance.now();
    expect(await steady.closeTicket(accounts.own, true, 'x')).toMatchObject({ kind: 'unclear', reason: 'timeout' });
    expect(performance.now() - begun).toBeLessThan(deadlineMs * 1.45);
    expect(asked).toHaveLength(1);
    await steady.close();
  });

  test.each(['/moov', '/moov/'])('behind an address with a path, %s, is asked below that path', async (path) => {
    misbehave = (_, response) => response.end('{}');
    const transport = createTransport(url + path);
    onTestFinished(() => transport.close());
    expect(await transport.exchange('GET', '/accounts', {}, undefined, 60_000)).toMatchObject({ status: 200 });
    expect(asked).toEqual(['GET /moov/accounts']);
  });

  test('by keeping all connections busy does not get a call whose time was over before one was free', async () => {
    const transport = createTransport(url);
    const held: ServerResponse[] = [];
    misbehave = (request, response) => {
      if (request.url === '/held') held.push(response);
      else response.end('{}');
    };
    const post = (path: string, withinMs: number) => transport.exchange('POST', path, {}, '{}', withinMs);
    const calls = Array.from({ length: 128 }, () => post('/held', 60_000));
    await vi.waitFor(() => expect(held).toHaveLength(128), { timeout: 20_000 });
    expect(await post('/late', 50)).toMatchObject({ kind: 'unclear', reason: 'timeout' });
    for (const response of held) response.end('{}');
    expect(await Promise.all(calls)).toMatchObject(calls.map(() => ({ status: 200 })));
    expect(await post('/next', 60_000)).toMatchObject({ status: 200 });
    expect(asked).not.toContain('POST /late');
    await transport.close();
  });

  test('by not answering the second time either keeps nobody from stopping', async () => {
    misbehave = (_, response) => {
      if (asked.length === 1) response.destroy();
    };
    const reading = moov.listTickets(accounts.own, true, {});
    await vi.waitFor(() => expect(asked).toHaveLength(2), { timeout: 10_000 });
    await moov.close();
    expect(await reading).toMatchObject({ kind: 'unclear', reason: 'broken' });
  });

  test('by an endless reference is quoted with the beginning of it', async () => {
    misbehave = (_, response) => response.writeHead(404, { 'x-request-id': 'r'.repeat(500) }).end('{}');
    expect(await moov.getTicket(accounts.own, true, 'x')).toMatchObject({
      kind: 'refused',
      upstreamRequestID: 'r'.repeat(200),
    });
  });

  test('by cutting an answer in the middle is not asked again', async () => {
    misbehave = (_, response) => {
      response.writeHead(200, { 'content-length': '500' });
      response.write('{"items":[', () => response.destroy());
    };
    expect(await moov.listTickets(accounts.own, true, {})).toMatchObject({ kind: 'unclear', reason: 'broken' });
    expect(asked).toHaveLength(1);
  });

  test.each([
    ['cutting the connection', (response: ServerResponse) => response.destroy(), 'broken'],
    [
      'cutting it in the middle',
      (response: ServerResponse) => {
        response.writeHead(200, { 'content-length': '500' });
        response.write('{"ticketID"', () => response.destroy());
      },
      'broken',
    ],
    ['answering 500', (response: ServerResponse) => response.writeHead(500).end(), 'unavailable'],
    ['answering 504', (response: ServerResponse) => response.writeHead(504).end(), 'timeout'],
  ])('by %s is told as one that may have done the work', async (_, answer, reason) => {
    misbehave = (_request, response) => answer(response);
    expect(await moov.createTicket(accounts.own, true, ticket)).toMatchObject({
      kind: 'unclear',
      reason,
      mayHaveArrived: true,
    });
    expect(asked).toHaveLength(1);
  });

  test.each(['<h1>Thank you</h1>', '{}', '', '"x"', '{"ticketID":7}'])(
    'by answering 200 with %j has created a ticket that is to be looked for, and is not asked again',
    async (body) => {
      misbehave = (_, response) => response.writeHead(200).end(body);
      expect(await moov.createTicket(accounts.own, true, ticket)).toEqual({ kind: 'ok', value: {} });
      expect(asked).toHaveLength(1);
      expect(await moov.listMessages(accounts.own, true, 'x')).toMatchObject({ kind: 'unclear', reason: 'unreadable' });
    },
  );

  test.each<[string, number | undefined]>([
    ['3', 3_000],
    ['0', undefined],
    ['99999999', 3_600_000],
    ['-5', undefined],
    ['a minute from now', 60_000],
    ['soon', undefined],
  ])('by Retry-After: %s is left alone for that long, an hour at most', async (value, expected) => {
    const given = value === 'a minute from now' ? new Date(Date.now() + 60_000).toUTCString() : value;
    misbehave = (_, response) => response.writeHead(429, { 'retry-after': given }).end();
    const outcome = await moov.createTicket(accounts.own, true, ticket);
    if (outcome.kind !== 'unclear') throw new Error(outcome.kind);
    expect(outcome).toMatchObject({ reason: 'rate-limited', mayHaveArrived: false });
    if (expected === undefined) expect(outcome.retryAfterMs).toBeUndefined();
    else expect(Math.abs((outcome.retryAfterMs ?? Number.NaN) - expected)).toBeLessThan(5_000);
  });
});

const readSettingsOf = (url: string) =>
  readSettings({
    PUBLIC_ORIGIN: 'http://localhost:3000',
    MOOV_API_URL: url,
    MOOV_PUBLIC_KEY: 'k',
    MOOV_SECRET_KEY: 's',
    MOOV_PARTNER_ACCOUNT_ID: accounts.partner,
    OIDC_ISSUER: 'http://localhost:9',
    OIDC_CLIENT_ID: 'c',
    OIDC_CLIENT_SECRET: 's',
  });
