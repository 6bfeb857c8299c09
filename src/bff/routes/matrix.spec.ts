import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pageOfAccountsSchema } from '../../contract/account.ts';
import { sessionSchema } from '../../contract/session.ts';
import { submissionSchema } from '../../contract/submission.ts';
import {
  accounts,
  type Caller,
  merchant,
  nobody,
  openWorld,
  otherMerchant,
  problemOf,
  staff,
  until,
  type World,
} from '../testing/world.ts';

/** How a session may have ended before it is used again; `subject` is its person. */
const endings = {
  expired: (subject: string) =>
    world.rows(
      sql`update sessions set idle_ends_at = now() - interval '1 second' where person_id = ${personIDOf(subject)} returning 1`,
    ),
  'signed out': (_: string, cookie: string) => world.call('POST', '/auth/logout', cookie),
  revoked: (subject: string) => world.portal.sessions.endAll({ personID: personIDOf(subject) }),
  'signed out elsewhere': async (subject: string) => {
    await world.rows(
      sql`update sessions set provider_sid = ${subject} where person_id = ${personIDOf(subject)} returning 1`,
    );
    return world.portal.sessions.endAll({ providerSid: subject });
  },
  'role changed': (subject: string) => world.session(otherMerchant, subject),
  'account changed': (subject: string) => world.session(otherMerchant, subject),
};
const personIDOf = (subject: string) => subject.slice(0, 22);

/** Every kind of person, and the named accounts that they may act for. */
const persons: Record<string, { caller?: Caller; ended?: keyof typeof endings; may: readonly string[] }> = {
  'somebody without a session': { may: [] },
  'somebody whose session has expired': { caller: merchant, ended: 'expired', may: [] },
  'somebody who has signed out': { caller: merchant, ended: 'signed out', may: [] },
  'somebody whose sessions an administrator has ended': { caller: staff, ended: 'revoked', may: [] },
  'somebody who has signed out at the provider': { caller: staff, ended: 'signed out elsewhere', may: [] },
  'staff who have signed in as a merchant since': { caller: staff, ended: 'role changed', may: [] },
  'a merchant who has signed in for another account since': { caller: merchant, ended: 'account changed', may: [] },
  'a person without claims': { caller: nobody, may: [] },
  'a merchant': { caller: merchant, may: ['own', 'own, in capitals'] },
  'another merchant': { caller: otherMerchant, may: ["another merchant's"] },
  'partner staff': {
    caller: staff,
    may: ['own', 'own, in capitals', "another merchant's", 'connected', "the partner's"],
  },
};

/** Every kind of account id, as it stands in an address. */
const ids: Record<string, string> = {
  own: accounts.own,
  'own, in capitals': accounts.own.toUpperCase(),
  "another merchant's": accounts.other,
  connected: accounts.connected,
  "the partner's": accounts.partner,
  'never connected': accounts.neverConnected,
  unknown: accounts.unknown,
  'climbing out': '..%2F..%2Foauth2',
  'dots alone': '%2e%2e',
  'SQL-like': encodeURIComponent("' or '1'='1' --"),
  'with a nul': `${accounts.own}%00`,
  'with a space': `${accounts.own}%20`,
  'not decodable': '%ff%fe',
  'very long': 'a'.repeat(6_000),
};

type Things = { ticketID: string; submissionID: string };
/** Ids that no submission can have. A ticket could have them, but Moov has no ticket with one. */
const plain: Record<string, string> = {
  'a word': 'latest',
  'a number': '17',
  'an id cut short': accounts.unknown.slice(0, -1),
};
/** Texts that can be the id of neither a ticket nor a submission, as they stand in an address. */
const malformed: Record<string, string> = {
  'an id and more': `${accounts.unknown}.json`,
  'climbing out': '..%2F..%2F..%2Foauth2%2Ftoken',
  'a query': `${accounts.unknown}%3Fcount=1`,
  'with a nul': `${accounts.unknown}%00`,
  'with a line feed': `${accounts.unknown}%0d%0ax: y`,
  'not decodable': '%ff%fe',
  'a list': `${accounts.unknown},${accounts.unknown}`,
  'very long': 'a'.repeat(6_000),
};
/** Every call about an account, and what it answers to those who may make it. */
const calls: { name: string; method: string; path(id: string, things: Things): string; body?: unknown; ok: number }[] =
  [
    { name: 'read the account', method: 'GET', path: (id) => `/api/accounts/${id}`, ok: 200 },
    { name: 'list tickets', method: 'GET', path: (id) => `/api/accounts/${id}/tickets`, ok: 200 },
    {
      name: 'file a ticket',
      method: 'POST',
      path: (id) => `/api/accounts/${id}/tickets`,
      body: { title: 'From the matrix', body: '<p>x</p>', contact: { email: 'a@example.com' } },
      ok: 201,
    },
    {
      name: 'read a ticket',
      method: 'GET',
      path: (id, { ticketID }) => `/api/accounts/${id}/tickets/${ticketID}`,
      ok: 200,
    },
    {
      name: 'read its messages',
      method: 'GET',
      path: (id, { ticketID }) => `/api/accounts/${id}/tickets/${ticketID}/messages`,
      ok: 200,
    },
    {
      name: 'close a ticket',
      method: 'PATCH',
      path: (id, { ticketID }) => `/api/accounts/${id}/tickets/${ticketID}`,
      body: { status: 'closed' },
      ok: 200,
    },
    { name: 'list submissions', method: 'GET', path: (id) => `/api/accounts/${id}/submissions`, ok: 200 },
    {
      name: 'read a submission',
      method: 'GET',
      path: (id, { submissionID }) => `/api/accounts/${id}/submissions/${submissionID}`,
      ok: 200,
    },
    {
      name: 'cancel a submission',
      method: 'DELETE',
      path: (id, { submissionID }) => `/api/accounts/${id}/submissions/${submissionID}`,
      ok: 200,
    },
  ];

let world: World;
const cookies = new Map<string, string | undefined>();
beforeAll(async () => {
  world = await openWorld({ UPSTREAM_TIMEOUT_MS: '20000', ANSWER_WITHIN_MS: '19000' });
  for (const [name, { caller, ended }] of Object.entries(persons)) {
    const subject = randomUUID();
    const cookie = caller === undefined ? undefined : await world.session(caller, subject);
    cookies.set(name, cookie);
    if (cookie === undefined || ended === undefined) continue;
    // Use the session, so that the portal remembers it and must forget it. Not for `expired`: the test moves the time in the database
    // only, which a portal that remembers the session would not notice at once.
    if (ended !== 'expired') expect((await world.call('GET', '/api/session', cookie)).status).toBe(200);
    await endings[ended](subject, cookie);
  }
});
afterAll(() => world.close());

/** A ticket of an account, and a submission that waits for longer than the test. If the account does not exist, ids of nothing. */
async function thingsOf(id: string): Promise<Things> {
  const accountID = id.toLowerCase();
  if (!world.sandbox.moov.store.accounts.has(accountID)) return { ticketID: randomUUID(), submissionID: randomUUID() };
  const { ticketID } = world.sandbox.moov.store.create(accountID, {
    title: 'Somebody’s',
    body: '<p>private</p>',
    contact: { email: 'a@example.com' },
  });
  if (accountID === accounts.neverConnected) return { ticketID, submissionID: randomUUID() };
  const kept = await world.file(await world.session(staff), accountID, { title: 'fault:401 waits' });
  const { submissionID } = submissionSchema.parse(await kept.json());
  // Only while the worker does not send it: the result of an attempt would set the time of the next one again.
  await until(
    () =>
      world.rows(
        sql`update submissions set next_attempt_at = now() + interval '1 day', lease_owner = null, lease_ends_at = null
            where submission_id = ${submissionID} and state = 'queued' returning 1`,
      ),
    (changed) => changed.length === 1,
  );
  return { ticketID, submissionID };
}
/** Calls that name a ticket or a submission. */
const inAccount = calls.filter(({ path }) => path('', { ticketID: 'named', submissionID: 'named' }).includes('named'));
/** The calls that have reached Moov since, without those for tokens and for the list of connected accounts (the check of permission). */
const askedSince = (before: number) =>
  world.sandbox.moov.received.slice(before).filter(({ path }) => path !== '/oauth2/token' && path !== '/accounts');
/** The narrowest scopes with which a person's call is made. */
function scopesOf(caller: Caller | undefined, call: (typeof calls)[number], id: string): string[] {
  if (call.name === 'read the account') return [`/accounts/${id}/profile.read`];
  const may = call.method === 'GET' ? 'tickets.read' : 'tickets.write';
  return caller === staff && id !== accounts.partner
    ? [`/accounts/${accounts.partner}/${may}`, `/accounts/${id}/profile.read`].toSorted()
    : [`/accounts/${id}/${may}`];
}
const make = (call: (typeof calls)[number], id: string, things: Things, cookie: string | undefined) =>
  world.call(call.method, call.path(id, things), cookie, call.body, { 'idempotency-key': randomUUID() });
/** Everything that a caller can see of an answer, without what differs between any two answers. */
async function toldBy(answer: Response) {
  const requestID = answer.headers.get('x-request-id') ?? 'none';
  // Which limit counts a call depends on its address only, so it tells nothing. (`..` may lead to an address that no limit counts.)
  const ignored = new Set(['x-request-id', 'ratelimit', 'ratelimit-policy']);
  return {
    status: answer.status,
    headers: [...answer.headers].filter(([name]) => !ignored.has(name)),
    body: (await answer.text()).replaceAll(requestID, 'the request id'),
  };
}

describe.each(Object.entries(persons))('%s', (person, { caller, ended, may }) => {
  const signedIn = caller !== undefined && ended === undefined;

  for (const [account, id] of Object.entries(ids)) {
    if (may.includes(account))
      test(`may do everything for the account “${account}”`, async () => {
        const things = await thingsOf(id);
        for (const call of calls) {
          const before = world.sandbox.moov.received.length;
          const answer = await make(call, id, things, cookies.get(person));
          expect({ call: call.name, status: answer.status }).toEqual({ call: call.name, status: call.ok });
          // The portal answers these itself, or from memory, so there may be no call to Moov.
          const known = /submission|read the account/.test(call.name);
          const sent = askedSince(before);
          const address = `${call.method} ${call.path(id.toLowerCase(), things).replace('/api', '')}`;
          if (!known || sent.length > 0)
            expect(sent.map(({ method, path }) => `${method} ${path}`)).toEqual(
              /submission/.test(call.name) ? [] : [address],
            );
          for (const { scopes } of sent)
            expect({ call: call.name, scopes: scopes?.toSorted() }).toEqual({
              call: call.name,
              scopes: scopesOf(caller, call, id.toLowerCase()),
            });
        }
      });
    else
      test(`gets ${signedIn ? '404 as for one that does not exist' : '401'} for the account “${account}”, and nothing about it goes upstream`, async () => {
        const things = await thingsOf(id);
        const cookie = cookies.get(person);
        const before = world.sandbox.moov.received.length;
        for (const call of calls) {
          const told = await toldBy(await make(call, id, things, cookie));
          const unknown = await make(
            call,
            randomUUID(),
            { ticketID: randomUUID(), submissionID: randomUUID() },
            cookie,
          );
          expect({ call: call.name, ...told }).toEqual({ call: call.name, ...(await toldBy(unknown)) });
          expect(told.status).toBe(signedIn ? 404 : 401);
        }
        const sent = JSON.stringify(world.sandbox.moov.received.slice(before)).toLowerCase();
        for (const secret of [decodable(id).toLowerCase(), id.toLowerCase(), things.ticketID, things.submissionID])
          expect(sent).not.toContain(JSON.stringify(secret).slice(1, -1));
        const ticket = world.sandbox.moov.store.ticket(things.ticketID);
        if (ticket !== undefined) expect(ticket.ticket.status).toBe('new');
        const [submission] = await world.rows(
          sql`select state from submissions where submission_id = ${things.submissionID}`,
        );
        if (submission !== undefined) expect(submission.state).toBe('queued');
      });
  }

  test(`gets ${signedIn ? 404 : 401} for a ticket or a submission by what is no id, and none goes upstream that no ticket could have`, async () => {
    const before = world.sandbox.moov.received.length;
    for (const id of [accounts.own, accounts.other, accounts.connected])
      for (const [kind, thing] of Object.entries({ ...plain, ...malformed }))
        for (const call of inAccount) {
          const answer = await make(call, id, { ticketID: thing, submissionID: thing }, cookies.get(person));
          expect({ call: call.name, kind, ...(await problemOf(answer)) }).toMatchObject({
            call: call.name,
            kind,
            status: signedIn ? 404 : 401,
          });
        }
    for (const { path } of askedSince(before)) expect(Object.values(plain)).toContain(path.split('/')[4]);
  });

  test(`gets ${signedIn ? 404 : 401} for tickets and submissions of another account, and of nobody, under each account; they stay as they are`, async () => {
    const foreign = await thingsOf(accounts.other);
    const nobodys = { ticketID: randomUUID(), submissionID: randomUUID() };
    const tried = [accounts.own, accounts.connected, accounts.partner, accounts.neverConnected, accounts.unknown];
    const before = world.sandbox.moov.received.length;
    for (const id of tried)
      for (const things of [foreign, nobodys])
        for (const call of inAccount) {
          const answer = await make(call, id, things, cookies.get(person));
          expect({ call: call.name, id, status: answer.status }).toEqual({
            call: call.name,
            id,
            status: signedIn ? 404 : 401,
          });
        }
    const allowed = Object.entries(ids).flatMap(([account, id]) => (may.includes(account) ? [id] : []));
    for (const { path } of askedSince(before)) expect(allowed).toContain(path.split('/')[2]);
    expect(world.sandbox.moov.store.ticket(foreign.ticketID)?.ticket.status).toBe('new');
    expect(await world.rows(sql`select state from submissions where submission_id = ${foreign.submissionID}`)).toEqual([
      { state: 'queued' },
    ]);
  });

  test(`${signedIn ? 'may' : 'may not'} listen to live news`, async () => {
    const answer = await world.call('GET', '/api/events', cookies.get(person));
    expect(answer.status).toBe(signedIn ? 200 : 401);
    await answer.body?.cancel();
  });

  test(`is told ${signedIn ? 'who they are' : 'that they are not signed in'}, and nothing of anybody else`, async () => {
    const answer = await world.call('GET', '/api/session', cookies.get(person));
    if (!signedIn) {
      expect((await problemOf(answer)).status).toBe(401);
      return;
    }
    const { user, account } = sessionSchema.parse(await answer.json());
    expect({ name: user.name, role: user.role, accountID: account?.accountID }).toEqual({
      accountID: undefined,
      ...caller,
    });
  });

  test('may see whether Moov can be reached, and sign out', async () => {
    const status = await world.call('GET', '/api/status', cookies.get(person));
    expect(Object.keys(Object(await status.json())).sort()).toEqual(['since', 'upstream']);
    const own = caller === undefined ? undefined : await world.session(caller);
    expect((await world.call('POST', '/auth/logout', own)).status).toBe(200);
    expect((await world.call('GET', '/api/session', own)).status).toBe(401);
  });

  test('is listed the accounts that they may act for, and no others', async () => {
    const answer = await world.call('GET', '/api/accounts', cookies.get(person));
    if (!signedIn) {
      expect((await problemOf(answer)).status).toBe(401);
      return;
    }
    const listed = pageOfAccountsSchema.parse(await answer.json()).items.map(({ accountID }) => accountID);
    for (const [account, id] of Object.entries(ids).filter(([name]) => name !== 'own, in capitals'))
      expect({ account, listed: listed.includes(id) }).toEqual({ account, listed: may.includes(account) });
  });
});

function decodable(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch (error) {
    if (error instanceof URIError) return id;
    throw error;
  }
}

test('this matrix knows every route: a new one has to be told who may use it', () => {
  const names = { ticketID: ':ticketID', submissionID: ':submissionID' };
  const known = [
    ...calls.map(({ method, path }) => `${method} ${path(':accountID', names)}`),
    ...['GET /api/accounts', 'GET /api/events', 'GET /api/session', 'GET /api/status', 'POST /auth/logout'],
    // These need no session: they say nothing about anybody, or the caller proves itself otherwise (`auth.spec.ts`, `webhooks.spec.ts`).
    ...['GET /auth/login', 'GET /auth/callback', 'POST /auth/backchannel-logout', 'POST /webhooks/moov'],
    ...['GET /healthz', 'GET /readyz', 'POST /api/csp-reports'],
  ];
  const routes = world.portal.app.routes
    .filter(({ method, path }) => method !== 'ALL' && !path.endsWith('*'))
    .map(({ method, path }) => `${method} ${path}`);
  expect([...new Set(routes)].sort()).toEqual(known.sort());
});
