import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { sandboxKeys } from '../keys.ts';
import { accountIDs } from '../people.ts';
import { createMoov, type MoovOptions } from './app.ts';

/* Tests of rules that cannot be tested through the official SDK. They call the stand-in in process. */

const { partner, wholeBodyFitness: merchant } = accountIDs;
const basic = `Basic ${btoa(`${sandboxKeys.publicKey}:${sandboxKeys.secretKey}`)}`;
const usual = { origin: sandboxKeys.origin, 'x-moov-version': 'v2026.01.00' };
const ticket = { title: 'A title', body: '<p>A body</p>', contact: { email: 'a@example.com' } };
const tokenSchema = z.object({
  access_token: z.string(),
  refresh_token: z.string(),
  expires_in: z.number(),
  token_type: z.string(),
  scope: z.string(),
});

/** A stand-in whose clock the test sets, and short forms of its calls. */
function start(options: MoovOptions = {}) {
  let at = Date.UTC(2026, 4, 20, 12);
  const moov = createMoov({ now: () => new Date(at), ...options });
  const call = (method: string, path: string, headers: Record<string, string>, body?: unknown) =>
    moov.app.request(path, {
      method,
      headers,
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  const mint = async (...scopes: string[]) => {
    const answer = await call(
      'POST',
      '/oauth2/token',
      { ...usual, authorization: basic },
      { grant_type: 'client_credentials', scope: scopes.join(' ') },
    );
    return tokenSchema.parse(await answer.json());
  };
  return {
    moov,
    call,
    mint,
    /** Makes a call with a new token that has these scopes. @returns the status */
    async as(scopes: string[], method: string, path: string, body?: unknown) {
      const { access_token: token } = await mint(...scopes);
      return (await call(method, path, { ...usual, authorization: `Bearer ${token}` }, body)).status;
    },
    pass(seconds: number) {
      at += seconds * 1000;
    },
  };
}
const byKey = { ...usual, authorization: basic };

describe('the version header', () => {
  test.each([
    ['v2026.01.00', 200],
    ['v2031.10.00', 200],
    ['v2024.07.00', 200],
    ['2022', 404],
    ['v2026.1.0', 404],
    ['latest', 404],
  ])('%s is answered %i', async (version, status) => {
    const { call } = start();
    const answer = await call('GET', '/accounts', { ...byKey, 'x-moov-version': version });
    expect(answer.status).toBe(status);
  });

  test('may be left out', async () => {
    const { call } = start();
    expect((await call('GET', '/accounts', { authorization: basic })).status).toBe(200);
  });
});

describe('the registered domain', () => {
  const other = 'https://elsewhere.example';
  test.each([
    ['its origin', { origin: sandboxKeys.origin }, 200],
    ['a page of it as Referer', { referer: `${sandboxKeys.origin}/a/page` }, 200],
    ['both, Origin right', { origin: sandboxKeys.origin, referer: `${other}/` }, 200],
    ['both, Origin wrong', { origin: other, referer: `${sandboxKeys.origin}/` }, 401],
    ['another origin', { origin: other }, 401],
    ['an origin with a path', { origin: `${sandboxKeys.origin}/path` }, 401],
    ['localhost', { origin: 'http://localhost:3000' }, 401],
    ['nothing', {}, 401],
  ])('%s: %s', async (_, headers, status) => {
    const { call, mint } = start();
    const { access_token: token } = await mint('/accounts.read');
    const version = { 'x-moov-version': 'v2026.01.00' };
    const read = await call('GET', '/accounts', { ...version, ...headers, authorization: `Bearer ${token}` });
    expect(read.status).toBe(status);
    const minted = await call(
      'POST',
      '/oauth2/token',
      { ...version, ...headers, authorization: basic },
      {
        grant_type: 'client_credentials',
        scope: '/accounts.read',
      },
    );
    expect(minted.status).toBe(status);
  });

  test('is not needed with the key pair itself, as servers send it; a wrong one is refused all the same', async () => {
    const { call } = start();
    expect((await call('GET', '/accounts', { authorization: basic })).status).toBe(200);
    expect((await call('GET', '/accounts', { authorization: basic, origin: other })).status).toBe(401);
  });
});

describe('tokens', () => {
  test('are minted from JSON, from a form, and with the client in the body', async () => {
    const { call } = start();
    const request = { grant_type: 'client_credentials', scope: '/accounts.read' };
    const client = { client_id: sandboxKeys.publicKey, client_secret: sandboxKeys.secretKey };
    for (const [headers, body] of [
      [byKey, JSON.stringify(request)],
      [byKey, new URLSearchParams(request).toString()],
      [usual, JSON.stringify({ ...request, ...client })],
      [usual, new URLSearchParams({ ...request, ...client }).toString()],
    ] as const) {
      const answer = await call('POST', '/oauth2/token', headers, body);
      expect(tokenSchema.parse(await answer.json())).toMatchObject({ token_type: 'Bearer', scope: '/accounts.read' });
    }
  });

  test('end after their time, with expires_in as seconds or as a timestamp', async () => {
    const seconds = start({ tokenLifeSeconds: 60 });
    const minted = await seconds.mint('/accounts.read');
    expect(minted.expires_in).toBe(60);
    const read = () => seconds.call('GET', '/accounts', { ...usual, authorization: `Bearer ${minted.access_token}` });
    seconds.pass(59);
    expect((await read()).status).toBe(200);
    seconds.pass(1);
    expect((await read()).status).toBe(401);

    const timestamp = start({ tokenLifeSeconds: 60, expiresInAs: 'timestamp' });
    expect((await timestamp.mint('/accounts.read')).expires_in).toBe(Date.UTC(2026, 4, 20, 12, 1) / 1000);
  });

  test('a refresh token works once', async () => {
    const { call, mint } = start();
    const { refresh_token } = await mint('/accounts.read');
    const refresh = () => call('POST', '/oauth2/token', byKey, { grant_type: 'refresh_token', refresh_token });
    expect((await refresh()).status).toBe(200);
    const again = await refresh();
    expect(again.status).toBe(422);
    expect(await again.json()).toHaveProperty('refresh_token');
  });

  test('are refused for wrong keys (401, no body), a wrong grant (400 with a sentence) and wrong scopes (422)', async () => {
    const { call } = start();
    const wrongKeys = await call(
      'POST',
      '/oauth2/token',
      { ...usual, authorization: `Basic ${btoa('a:b')}` },
      {
        grant_type: 'client_credentials',
        scope: '/accounts.read',
      },
    );
    expect(wrongKeys.status).toBe(401);
    expect(await wrongKeys.text()).toBe('');
    const grant = await call('POST', '/oauth2/token', byKey, { grant_type: 'password' });
    expect(grant.status).toBe(400);
    expect(await grant.json()).toEqual({ error: 'grant_type must be client_credentials or refresh_token.' });
    for (const scope of ['', 'everything', undefined])
      expect((await call('POST', '/oauth2/token', byKey, { grant_type: 'client_credentials', scope })).status).toBe(
        422,
      );
  });
});

describe('scopes', () => {
  const path = `/accounts/${merchant}/tickets`;
  const own = (right: string) => [`/accounts/${merchant}/tickets.${right}`];
  const onBehalf = (right: string) => [`/accounts/${partner}/tickets.${right}`, `/accounts/${merchant}/profile.read`];

  test.each([
    ['its own write', own('write'), 200],
    ['on behalf: both', onBehalf('write'), 200],
    ['on behalf without sight of the account', onBehalf('write').slice(0, 1), 403],
    ['on behalf without the partner’s right', onBehalf('write').slice(1), 403],
    ['on behalf with the right to read', onBehalf('read'), 403],
    ['its own read', own('read'), 403],
    ['another account’s write', [`/accounts/${accountIDs.lanternBooks}/tickets.write`], 403],
  ])('to create with %s', async (_, scopes, status) => {
    const { as } = start();
    expect(await as(scopes, 'POST', path, ticket)).toBe(status);
  });

  test.each([
    ['its own read', own('read'), 200],
    ['on behalf: both', onBehalf('read'), 200],
    ['on behalf with the right to write', onBehalf('write'), 403],
  ])('to list, read and read messages with %s', async (_, scopes, status) => {
    const { as, moov } = start();
    const [record] = moov.store.tickets(merchant);
    const ticketID = record?.ticket.ticketID;
    expect(await as(scopes, 'GET', path)).toBe(status);
    expect(await as(scopes, 'GET', `${path}/${ticketID}`)).toBe(status);
    expect(await as(scopes, 'GET', `${path}/${ticketID}/messages`)).toBe(status);
  });

  test('the partner’s own account has the direct form alone', async () => {
    const { as } = start();
    expect(await as([`/accounts/${partner}/tickets.write`], 'POST', `/accounts/${partner}/tickets`, ticket)).toBe(200);
    expect(await as([`/accounts/${partner}/profile.read`], 'POST', `/accounts/${partner}/tickets`, ticket)).toBe(403);
  });

  test('an account that was never connected, or has left, is 403; one that does not exist is 404', async () => {
    const { as } = start();
    const nobody = '00000000-0000-4000-8000-00000000dead';
    for (const [accountID, status] of [
      [accountIDs.neverConnected, 403],
      [accountIDs.disconnected, 403],
      [nobody, 404],
    ] as const) {
      expect(await as([`/accounts/${accountID}/tickets.write`], 'POST', `/accounts/${accountID}/tickets`, ticket)).toBe(
        status,
      );
      expect(await as([`/accounts/${accountID}/profile.read`], 'GET', `/accounts/${accountID}`)).toBe(status);
    }
  });

  test('a ticket of another account is 404', async () => {
    const { call, moov } = start();
    const [record] = moov.store.tickets(merchant);
    const path = `/accounts/${accountIDs.lanternBooks}/tickets/${record?.ticket.ticketID}`;
    expect((await call('GET', path, byKey)).status).toBe(404);
  });
});

describe('every answer', () => {
  test('carries x-request-id, refusals too', async () => {
    const { call } = start();
    for (const [method, path, headers] of [
      ['GET', '/accounts', byKey],
      ['GET', '/accounts', {}],
      ['GET', '/accounts/nobody', byKey],
      ['POST', '/transfers', byKey],
    ] as const)
      expect((await call(method, path, headers)).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('is 501 for what is not built', async () => {
    const { call } = start();
    for (const [method, path] of [
      ['GET', '/webhooks'],
      ['DELETE', `/accounts/${merchant}`],
      ['POST', `/accounts/${merchant}/tickets/1/messages`],
    ] as const)
      expect((await call(method, path, byKey)).status).toBe(501);
  });
});

describe('the rate limit', () => {
  test('is 40 a second for each account, and says how long to wait', async () => {
    const { call, pass } = start();
    const read = (accountID: string) => call('GET', `/accounts/${accountID}`, byKey);
    for (let sent = 0; sent < 40; sent += 1) expect((await read(merchant)).status).toBe(200);
    const refused = await read(merchant);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refused.text()).toBe('');
    expect((await read(partner)).status).toBe(200);
    pass(1);
    expect((await read(merchant)).status).toBe(200);
  });
});

describe('creating', () => {
  const create = (body: unknown, headers: Record<string, string> = byKey) =>
    start().call('POST', `/accounts/${merchant}/tickets`, headers, body);

  test('takes the curl sample as it stands: its address is “string”, and it says that its JSON is a form', async () => {
    const sample = '{\n"title": "string",\n"body": "string",\n"contact": {\n"email": "string"\n}\n}';
    const answer = await create(sample, { ...byKey, 'content-type': 'application/x-www-form-urlencoded' });
    expect(answer.status).toBe(200);
  });

  test.each(['{"title":', '[]', '"text"', ''])('refuses %j with 400 and a sentence', async (body) => {
    const answer = await create(body);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toHaveProperty('error');
  });

  test('asks for everything that is missing at once', async () => {
    const answer = await create({});
    expect(answer.status).toBe(422);
    expect(await answer.json()).toEqual({
      title: 'Title is required.',
      body: 'Body is required.',
      contact: { email: 'Contact email is required.' },
    });
  });

  test('refuses what is not text, too long, or empty', async () => {
    const answer = await create({
      title: 't'.repeat(151),
      body: 7,
      author: '',
      contact: { email: 'a@example.com', name: null },
      foreignID: ['x'],
    });
    expect(await answer.json()).toEqual({
      title: 'Title must be 150 characters or fewer.',
      body: 'Body must be text.',
      author: 'Author must not be empty. Leave it out instead.',
      contact: { name: 'Contact name must be text.' },
      foreignID: 'Foreign ID must be text.',
    });
  });
});

describe('listing', () => {
  const list = (search: string) =>
    start({ extraTickets: 1_200 }).call('GET', `/accounts/${merchant}/tickets${search}`, byKey);
  const pageSchema = z.object({
    items: z.array(z.object({ number: z.number(), createdOn: z.string() })),
    nextPage: z.optional(z.object({ cursor: z.string() })),
  });

  test.each([
    ['', 200],
    ['?count=1000', 1000],
    ['?count=5000', 1000],
    ['?count=3', 3],
  ])('%s gives %i', async (search, length) => {
    const page = pageSchema.parse(await (await list(search)).json());
    expect(page.items).toHaveLength(length);
    expect(page.nextPage).toBeDefined();
    const dates = page.items.map(({ createdOn }) => createdOn);
    expect(dates).toEqual(dates.toSorted().reverse());
  });

  test.each(['?count=0', '?count=many', '?cursor=nonsense', '?status=reopened'])('%s is 400', async (search) => {
    expect((await list(search)).status).toBe(400);
  });

  test('goes on where it was, although tickets have come in between', async () => {
    const { call } = start();
    const path = `/accounts/${merchant}/tickets`;
    const first = pageSchema.parse(await (await call('GET', `${path}?count=2`, byKey)).json());
    await call('POST', path, byKey, ticket);
    const second = pageSchema.parse(
      await (await call('GET', `${path}?count=2&cursor=${first.nextPage?.cursor}`, byKey)).json(),
    );
    const numbers = [...first.items, ...second.items].map(({ number }) => number);
    expect(new Set(numbers).size).toBe(4);
    expect(numbers).toEqual(numbers.toSorted((one, other) => other - one));
  });
});

describe('the seed', () => {
  test('is the same at each start', () => {
    const tickets = () => start({ extraTickets: 3 }).moov.store.tickets();
    expect(tickets()).toEqual(tickets());
    const accounts = () => [...start({ extraAccounts: 5_000 }).moov.store.accounts.values()];
    expect(accounts()).toEqual(accounts());
    expect(new Set(accounts().map(({ accountID }) => accountID)).size).toBe(5_016);
  });

  test('lies in the past, and no date before the ticket’s own', () => {
    for (const { ticket: one, messages } of start().moov.store.tickets()) {
      for (const date of [one.updatedOn, one.latestMessageOn, one.closedOn, ...messages.map(({ sentOn }) => sentOn)])
        if (date !== undefined) {
          expect(date >= one.createdOn).toBe(true);
          expect(date <= '2026-05-20T12:00:00.000Z').toBe(true);
        }
      expect(one.closedOn !== undefined).toBe(one.status === 'closed');
    }
  });
});

describe('what arrived', () => {
  test('can be read in process and over HTTP, with the token’s scopes, and forgotten', async () => {
    const { as, moov, call } = start();
    const scopes = [`/accounts/${partner}/tickets.write`, `/accounts/${merchant}/profile.read`];
    await as(scopes, 'POST', `/accounts/${merchant}/tickets?x=1`, ticket);
    expect(moov.received.at(-1)).toMatchObject({
      method: 'POST',
      path: `/accounts/${merchant}/tickets`,
      query: { x: '1' },
      body: ticket,
      auth: 'bearer',
      scopes,
      status: 200,
    });
    expect(moov.received.at(-1)?.headers.origin).toBe(sandboxKeys.origin);
    expect(await (await call('GET', '/_sandbox/received', {})).json()).toEqual(moov.received);
    await call('DELETE', '/_sandbox/received', {});
    expect(moov.received).toEqual([]);
  });

  test('tickets can be looked up by foreignID', async () => {
    const { call } = start();
    const found: unknown = await (await call('GET', '/_sandbox/tickets?foreignID=WBF-1042', {})).json();
    expect(found).toMatchObject([{ accountID: merchant, ticket: { foreignID: 'WBF-1042' } }]);
  });
});
