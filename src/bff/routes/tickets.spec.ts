import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { problemSchema } from '../../contract/problem.ts';
import { submissionSchema } from '../../contract/submission.ts';
import { newTicketFields, ticketSchema } from '../../contract/ticket.ts';
import { submissionsIn } from '../store/submissions.ts';
import { newSubmission } from '../testing/submission.ts';
import {
  accounts,
  merchant,
  openWorld,
  origin,
  otherMerchant,
  problemOf,
  staff,
  until,
  type World,
} from '../testing/world.ts';

let world: World;
/** A portal with short deadlines, for tests in which Moov does not answer in time. */
let hasty: World;
beforeAll(async () => {
  // Long times, so that a slow machine does not change the answers.
  world = await openWorld({ UPSTREAM_TIMEOUT_MS: '20000', ANSWER_WITHIN_MS: '19000' });
  hasty = await openWorld();
});
afterAll(async () => {
  await world.close();
  await hasty.close();
});

const outcomeOf = async (cookie: string, accountID: string, submissionID: string) =>
  submissionSchema.parse(
    await (await hasty.call('GET', `/api/accounts/${accountID}/submissions/${submissionID}`, cookie)).json(),
  );
const createdWith = (title: string) =>
  world.creations().filter((call) => z.object({ title: z.string() }).parse(call.body).title === title);
/** How many submissions there are. Not how many requests Moov got: those of other tests may be sent again at any time. */
const countTaken = () => world.rows(sql`select count(*)::int as taken from submissions`);
const ticketsWith = async (cookie: string, title: string, accountID: string = accounts.own) =>
  z
    .object({ items: z.array(ticketSchema) })
    .parse(await (await hasty.call('GET', `/api/accounts/${accountID}/tickets?count=1000`, cookie)).json())
    .items.filter((ticket) => ticket.title === title);

test('what goes upstream is exactly the six fields, the version, the origin and a token with exactly the right scopes', async () => {
  const mel = await world.session(merchant);
  const pat = await world.session(staff);
  const whole = {
    title: 'Six fields',
    body: '<p>Hello <strong>you</strong></p>',
    author: 'Melanie',
    contact: { email: 'a@example.com', name: 'Mel' },
    foreignID: 'ref-6',
  };
  for (const [cookie, accountID, scopes] of [
    [mel, accounts.own, [`/accounts/${accounts.own}/tickets.write`]],
    [pat, accounts.partner, [`/accounts/${accounts.partner}/tickets.write`]],
    [
      pat,
      accounts.connected,
      [`/accounts/${accounts.connected}/profile.read`, `/accounts/${accounts.partner}/tickets.write`],
    ],
  ] as const) {
    const answer = await world.file(cookie, accountID, {
      ...whole,
      ticketID: 'x',
      status: 'closed',
      __proto__: { a: 1 },
    });
    expect(answer.status).toBe(201);
    const sent = world.creations().at(-1);
    expect(sent?.path).toBe(`/accounts/${accountID}/tickets`);
    expect(sent?.body).toEqual(whole);
    expect(sent?.headers['x-moov-version']).toBe('v2026.01.00');
    expect(sent?.headers.origin).toBe('https://support.sandbox.example');
    expect(sent?.headers.cookie).toBeUndefined();
    expect([...(sent?.scopes ?? [])].sort()).toEqual(scopes);
  }
});

test('a trace that a caller began goes on: its id in the log, and each call to Moov a step of it', async () => {
  const traceID = '0af7651916cd43dd8448eb211c80319c';
  const parentID = 'b7ad6b7169203331';
  const ticket = { title: 'Traced', body: '<p>x</p>', contact: { email: 'a@example.com' } };
  const answer = await world.call(
    'POST',
    `/api/accounts/${accounts.own}/tickets`,
    await world.session(merchant),
    ticket,
    {
      'idempotency-key': randomUUID(),
      traceparent: `00-${traceID}-${parentID}-01`,
      tracestate: 'vendor=1',
    },
  );
  expect(answer.status).toBe(201);
  const sent = world.creations().at(-1);
  expect(sent?.headers.traceparent).toMatch(new RegExp(`^00-${traceID}-(?!${parentID})[0-9a-f]{16}-01$`));
  expect(sent?.headers.tracestate).toBe('vendor=1');
  const requestID = answer.headers.get('x-request-id');
  expect(world.logged.filter((line) => line.includes(`"requestID":"${requestID}"`)).join('')).toContain(
    `"traceID":"${traceID}"`,
  );
  await world.file(await world.session(merchant), accounts.own, { ...ticket, title: 'Not traced' });
  expect(world.creations().at(-1)?.headers).not.toHaveProperty('traceparent');
});

test('a ticket comes back at the top level with its address, and the author is the signed-in person unless they say otherwise', async () => {
  const cookie = await world.session(merchant);
  const answer = await world.file(cookie, accounts.own, { title: 'By me' });
  const ticket = ticketSchema.parse(await answer.json());
  expect(answer.status).toBe(201);
  expect(answer.headers.get('location')).toBe(`/api/accounts/${accounts.own}/tickets/${ticket.ticketID}`);
  expect(world.creations().at(-1)?.body).toMatchObject({
    author: 'Mel Roberts',
    foreignID: expect.stringMatching(/^portal-[0-9a-f-]{36}$/),
  });
  const messages = await world.call('GET', `/api/accounts/${accounts.own}/tickets/${ticket.ticketID}/messages`, cookie);
  expect(await messages.json()).toMatchObject([{ author: 'Mel Roberts', body: '<p>Hello</p>' }]);
  const read = await world.call('GET', `/api/accounts/${accounts.own}/tickets/${ticket.ticketID}`, cookie);
  expect(await read.json()).toMatchObject({ ticketID: ticket.ticketID, filedBy: 'Mel Roberts' });
});

test('who filed a ticket is told with it, whatever the author says', async () => {
  const cookie = await world.session(merchant);
  const answer = await world.file(cookie, accounts.own, { title: 'By another name', author: 'Front desk' });
  const ticket = ticketSchema.parse(await answer.json());
  expect(ticket.filedBy).toBe('Mel Roberts');
  const read = await world.call('GET', `/api/accounts/${accounts.own}/tickets/${ticket.ticketID}`, cookie);
  expect(await read.json()).toMatchObject({ filedBy: 'Mel Roberts' });
});

test("each field of Moov's 422 comes back under its path, in Moov's words, and the corrected ticket is taken with the same key", async () => {
  const cookie = await world.session(merchant);
  const key = randomUUID();
  const problem = await problemOf(await world.file(cookie, accounts.own, { title: 'fault:422 all' }, key));
  expect(problem.status).toBe(422);
  expect(Object.keys(problem.fields ?? {}).sort()).toEqual([...newTicketFields].sort());
  expect(problem.upstreamRequestID).toBeTruthy();
  const again = await problemOf(await world.file(cookie, accounts.own, { title: 'fault:422 all' }, key));
  expect(again.fields).toEqual(problem.fields);
  expect(createdWith('fault:422 all')).toHaveLength(1);
  expect((await world.file(cookie, accounts.own, { title: 'Corrected' }, key)).status).toBe(201);
});

test.each([
  ['400', 400, 'The request could not be understood'],
  ['409', 409, 'Support is closing this account'],
  ['403', 403, 'does not let this portal file tickets'],
  ['404', 404, 'does not know this account any more'],
])("a %s of Moov's is told as it is, with both references", async (fault, status, words) => {
  const cookie = await world.session(merchant);
  const problem = await problemOf(await world.file(cookie, accounts.own, { title: `fault:${fault} told` }));
  expect(problem).toMatchObject({
    status,
    detail: expect.stringContaining(words),
    upstreamRequestID: expect.any(String),
  });
});

test.each([
  'fault:429',
  'fault:500',
  'fault:500-after',
  'fault:504',
  'fault:drop-before',
  'fault:drop-after',
  'fault:hang',
  'fault:slow 2500',
])('%s keeps the ticket, answers in time, and delivers it once by itself', async (fault) => {
  const cookie = await hasty.session(merchant);
  const title = `${fault} kept`;
  const begun = Date.now();
  const answer = await hasty.file(cookie, accounts.own, { title });
  expect(Date.now() - begun).toBeLessThan(hasty.settings.ANSWER_WITHIN_MS);
  expect(answer.status).toBe(202);
  const kept = submissionSchema.parse(await answer.json());
  expect(answer.headers.get('location')).toBe(`/api/accounts/${accounts.own}/submissions/${kept.submissionID}`);
  const delivered = await until(
    () => outcomeOf(cookie, accounts.own, kept.submissionID),
    (submission) => submission.state === 'created',
  );
  const tickets = await ticketsWith(cookie, title);
  expect(tickets.map((ticket) => ticket.ticketID)).toEqual([delivered.ticketID]);
});

test.each([
  ['has drifted', 'fault:drift'],
  ['cannot be read', 'fault:garbage'],
])('a 200 whose body %s is a success that the same answer tells, and nothing is sent again', async (_, title) => {
  const cookie = await world.session(merchant);
  const answer = await world.file(cookie, accounts.own, { title });
  expect(answer.status).toBe(201);
  expect(ticketSchema.parse(await answer.json())).toMatchObject({ title });
  expect(createdWith(title)).toHaveLength(1);
});

test('a token that has been revoked is minted anew once, and nobody notices', async () => {
  const cookie = await world.session(merchant);
  expect((await world.file(cookie, accounts.own, { title: 'fault:401-once' })).status).toBe(201);
  expect(createdWith('fault:401-once').map((call) => call.status)).toEqual([401, 200]);
});

test('a 401 that persists keeps the ticket and alerts the operators', async () => {
  const cookie = await world.session(merchant);
  const answer = await world.file(cookie, accounts.own, { title: 'fault:401' });
  expect(answer.status).toBe(202);
  expect(submissionSchema.parse(await answer.json())).toMatchObject({
    state: 'queued',
    reason: 'unauthorized',
    cancellable: true,
    // The reference that the person quotes must be the request id in the log.
    requestID: answer.headers.get('x-request-id'),
  });
  expect(
    world.logged.some(
      (line) => line.includes('"level":50') && line.includes('ALERT Moov does not accept the credentials'),
    ),
  ).toBe(true);
});

test('a reading for which Moov does not take the keys alerts the operators, and its line has Moov’s id of the call', async () => {
  const fresh = await openWorld({ MOOV_SECRET_KEY: 'wrong' });
  try {
    const answer = await fresh.call('GET', `/api/accounts/${accounts.own}/tickets`, await fresh.session(merchant));
    expect(answer.status).toBe(503);
    const { requestID, upstreamRequestID } = problemSchema.parse(await answer.json());
    const lines = fresh.logged.map((line) => z.looseObject({ msg: z.string() }).parse(JSON.parse(line)));
    expect(lines.find((line) => line.requestID === requestID && line.msg === 'answered')).toMatchObject({
      problem: 'upstream-unavailable',
      upstreamRequestID: expect.stringMatching(/./),
    });
    expect(lines.find((line) => line.msg.startsWith('ALERT Moov does not accept the credentials'))).toMatchObject({
      call: 'listTickets',
      upstreamRequestID,
    });
  } finally {
    await fresh.close();
  }
});

test('fifty equal posts at once make one ticket, and all are told of it', async () => {
  const cookie = await world.session(merchant);
  const key = randomUUID();
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => world.file(cookie, accounts.own, { title: 'Fifty' }, key)),
  );
  const told = await Promise.all(
    answers.map(async (answer) => [answer.status, ticketSchema.parse(await answer.json()).ticketID]),
  );
  expect(new Set(told.map(String)).size).toBe(1);
  expect(told[0]?.[0]).toBe(201);
  expect(createdWith('Fifty')).toHaveLength(1);
  const later = await world.file(cookie, accounts.own, { title: 'Fifty' }, key);
  expect([later.status, ticketSchema.parse(await later.json()).ticketID]).toEqual(told[0]);
  expect(createdWith('Fifty')).toHaveLength(1);
});

test('a key that is sent again tells of its ticket as it is by now', async () => {
  const cookie = await world.session(merchant);
  const key = randomUUID();
  const send = async () =>
    ticketSchema.parse(await (await world.file(cookie, accounts.own, { title: 'Closed meanwhile' }, key)).json());
  const { ticketID, status } = await send();
  expect(status).toBe('new');
  // The answer comes before the ledger has noted the ticket, so wait for that.
  await until(
    () => world.rows(sql`select 1 from submissions where idempotency_key = ${key} and state = 'created'`),
    ({ length }) => length === 1,
  );
  await world.call('PATCH', `/api/accounts/${accounts.own}/tickets/${ticketID}`, cookie, { status: 'closed' });
  expect(await send()).toMatchObject({ ticketID, status: 'closed' });
});

test('a key serves one content, one person and one account', async () => {
  const mel = await world.session(merchant);
  const key = randomUUID();
  expect((await world.file(mel, accounts.own, { title: 'First content' }, key)).status).toBe(201);
  const problem = await problemOf(await world.file(mel, accounts.own, { title: 'Second content' }, key));
  expect(problem).toMatchObject({ status: 422, type: expect.stringMatching(/\/idempotency-key-reused$/) });
  const [colleague, pat] = [await world.session(merchant), await world.session(staff)];
  const others = [
    [colleague, accounts.own, 'Second content'],
    [pat, accounts.connected, 'One key, two accounts'],
    [pat, accounts.partner, 'One key, two accounts'],
  ] as const;
  const fileAll = async () => {
    const filed: string[] = [];
    for (const [cookie, accountID, title] of others) {
      const answer = await world.file(cookie, accountID, { title }, key);
      expect({ accountID, status: answer.status }).toEqual({ accountID, status: 201 });
      filed.push(ticketSchema.parse(await answer.json()).ticketID);
    }
    return filed;
  };
  const first = await fileAll();
  expect(await fileAll(), 'sent again, each is told of their own').toEqual(first);
  const paths = createdWith('One key, two accounts').map(({ path }) => path);
  expect(paths.sort()).toEqual([`/accounts/${accounts.connected}/tickets`, `/accounts/${accounts.partner}/tickets`]);
});

test.each([
  ['missing', undefined, 'idempotency-key-missing'],
  ['empty', '', 'idempotency-key-missing'],
  ['malformed', 'one-two-three', 'idempotency-key-malformed'],
])('an idempotency key that is %s is refused with 400', async (_, key, kind) => {
  const cookie = await world.session(merchant);
  const answer = await world.call(
    'POST',
    `/api/accounts/${accounts.own}/tickets`,
    cookie,
    { title: 'T', body: '<p>x</p>', contact: { email: 'a@example.com' } },
    key === undefined ? {} : { 'idempotency-key': key },
  );
  expect(await problemOf(answer)).toMatchObject({ status: 400, type: `/problems/${kind}` });
});

test('local checks name the same fields as Moov does, and nothing is sent', async () => {
  const cookie = await world.session(merchant);
  const before = await countTaken();
  const problem = await problemOf(
    await world.file(cookie, accounts.own, { title: ' ', body: '<p> </p>', contact: { email: 'nobody' } }),
  );
  expect(problem.status).toBe(422);
  expect(Object.keys(problem.fields ?? {}).sort()).toEqual(['contact.email', 'title']);
  const empty = await problemOf(
    await world.file(cookie, accounts.own, { title: 'T', body: '<p> </p><script>x</script>' }),
  );
  expect(empty.fields).toEqual({ body: expect.stringContaining('Enter a message') });
  const huge = await problemOf(
    await world.file(cookie, accounts.own, { title: 'T', body: `<p>${'x'.repeat(70_000)}</p>` }),
  );
  expect(huge.fields).toEqual({ body: expect.stringContaining('64 KB') });
  const tags = await problemOf(await world.file(cookie, accounts.own, { title: 'T', body: '<p>x</p>'.repeat(2000) }));
  expect(tags.fields).toEqual({ body: expect.stringContaining('3,000 tags') });
  expect(await countTaken()).toEqual(before);
});

test('the message is cleaned before it goes out', async () => {
  const cookie = await world.session(merchant);
  await world.file(cookie, accounts.own, {
    title: 'Hostile',
    body: '<p onclick="x()">Hi <a href="javascript:x()">there</a></p><script>x()</script><img src=x onerror=x()>',
  });
  expect(world.creations().at(-1)?.body).toMatchObject({ body: '<p>Hi there</p>' });
});

test('bad requests are refused before anything is done, each with its own status', async () => {
  const cookie = await world.session(merchant);
  const path = `/api/accounts/${accounts.own}/tickets`;
  const key = { 'idempotency-key': randomUUID() };
  const before = await countTaken();
  const statuses = async (answer: Promise<Response>) => (await problemOf(await answer)).status;
  expect(await statuses(world.call('POST', path, cookie, '{"title":', key))).toBe(400);
  expect(await statuses(world.call('POST', path, cookie, '"text"', key))).toBe(422);
  expect(await statuses(world.call('POST', path, cookie, 'null', key))).toBe(422);
  expect(
    await statuses(
      world.call('POST', path, cookie, 'a=b', { ...key, 'content-type': 'application/x-www-form-urlencoded' }),
    ),
  ).toBe(415);
  expect(await statuses(world.call('POST', path, cookie, '{}', { ...key, 'content-encoding': 'gzip' }))).toBe(415);
  expect(await statuses(world.call('POST', path, cookie, JSON.stringify({ title: 'x'.repeat(1_100_000) }), key))).toBe(
    413,
  );
  expect(await statuses(world.call('POST', path, undefined, '{}', key))).toBe(401);
  expect(await statuses(world.call('POST', path, cookie, '{}', { ...key, origin: 'https://evil.example' }))).toBe(403);
  expect(await statuses(world.call('POST', path, cookie, '{}', { ...key, origin: 'http://localhost:3001' }))).toBe(403);
  expect(await statuses(world.call('POST', path, cookie, '{}', { ...key, origin: 'null' }))).toBe(403);
  expect(await countTaken()).toEqual(before);
});

test('the list is asked for as the person asked, page after page, and a wrong question is named', async () => {
  const cookie = await world.session(merchant);
  const first = z
    .object({ items: z.array(ticketSchema), nextPage: z.object({ cursor: z.string() }) })
    .parse(await (await world.call('GET', `/api/accounts/${accounts.own}/tickets?count=2`, cookie)).json());
  expect(first.items).toHaveLength(2);
  const second = z
    .object({ items: z.array(ticketSchema) })
    .parse(
      await (
        await world.call(
          'GET',
          `/api/accounts/${accounts.own}/tickets?count=2&cursor=${encodeURIComponent(first.nextPage.cursor)}`,
          cookie,
        )
      ).json(),
    );
  expect(second.items.map((ticket) => ticket.ticketID)).not.toEqual(first.items.map((ticket) => ticket.ticketID));
  expect(
    (await problemOf(await world.call('GET', `/api/accounts/${accounts.own}/tickets?status=open&count=0`, cookie)))
      .fields,
  ).toMatchObject({ status: expect.any(String), count: expect.any(String) });
});

test('a question with nothing in it is none, and is not passed on', async () => {
  const path = `/api/accounts/${accounts.own}/tickets`;
  const answer = await world.call('GET', `${path}?status=&foreignID=&cursor=&count=`, await world.session(merchant));
  expect(answer.status).toBe(200);
  expect(world.sandbox.moov.received.findLast((call) => call.path.endsWith('/tickets'))?.query).toEqual({});
});

test('people who read the same account at the same moment cost one call, and nobody else is let in by it', async () => {
  const path = `/api/accounts/${accounts.connected}/tickets?count=7`;
  const readings = () =>
    world.sandbox.moov.received.filter(({ query, path: of }) => query.count === '7' && of.includes(accounts.connected));
  const team = await Promise.all(Array.from({ length: 12 }, () => world.session(staff)));
  const stranger = await world.session(otherMerchant);
  // A first call of each, so that below nobody waits for a session, a permission or a token, and all read at the same moment.
  for (const cookie of [...team, stranger]) await world.call('GET', path, cookie);
  const before = readings().length;
  const answers = await Promise.all([...team, stranger].map((cookie) => world.call('GET', path, cookie)));
  expect(answers.map(({ status }) => status)).toEqual([...team.map(() => 200), 404]);
  expect(readings().length - before).toBe(1);
  const [first, ...others] = await Promise.all(answers.slice(0, -1).map((answer) => answer.text()));
  for (const other of others) expect(other).toBe(first);
});

test('a ticket can be closed, and only closed; closing it twice tells what Moov says', async () => {
  const cookie = await world.session(merchant);
  const { ticketID } = ticketSchema.parse(await (await world.file(cookie, accounts.own, { title: 'To close' })).json());
  const path = `/api/accounts/${accounts.own}/tickets/${ticketID}`;
  expect((await problemOf(await world.call('PATCH', path, cookie, { status: 'new' }))).fields).toHaveProperty('status');
  const closed = await world.call('PATCH', path, cookie, { status: 'closed' });
  expect(ticketSchema.parse(await closed.json())).toMatchObject({ ticketID, status: 'closed' });
  const trail = sql`select person_name, account_id, request_id, upstream_request_id from audit where ticket_id = ${ticketID} and action = 'ticket-closed'`;
  expect(await world.rows(trail)).toEqual([
    {
      person_name: 'Mel Roberts',
      account_id: accounts.own,
      request_id: closed.headers.get('x-request-id'),
      upstream_request_id: expect.stringMatching(/./),
    },
  ]);
});

test('a kept ticket can be cancelled while it surely has not arrived, and then never arrives', async () => {
  const cookie = await world.session(merchant);
  const kept = submissionSchema.parse(
    await (await world.file(cookie, accounts.own, { title: 'fault:401 to cancel' })).json(),
  );
  const path = `/api/accounts/${accounts.own}/submissions/${kept.submissionID}`;
  const listed = await (await world.call('GET', `/api/accounts/${accounts.own}/submissions`, cookie)).json();
  expect(listed).toMatchObject({
    items: expect.arrayContaining([
      expect.objectContaining({ submissionID: kept.submissionID, title: 'fault:401 to cancel' }),
    ]),
  });
  expect(await (await world.call('DELETE', path, cookie)).json()).toMatchObject({ state: 'cancelled' });
  expect((await world.call('DELETE', path, cookie)).status).toBe(200);
  const unsure = submissionSchema.parse(
    await (await world.file(cookie, accounts.own, { title: 'fault:drop-after to cancel' })).json(),
  );
  expect(
    await problemOf(
      await world.call('DELETE', `/api/accounts/${accounts.own}/submissions/${unsure.submissionID}`, cookie),
    ),
  ).toMatchObject({ status: 409 });
});

test('whoever cancels too late is told what to do: close the ticket, or wait until it is known whether it has arrived', async () => {
  const cookie = await world.session(merchant);
  const [delivered, onItsWay] = [newSubmission('Delivered'), newSubmission('On its way')];
  const submissions = submissionsIn(world.portal.store.db);
  for (const one of [delivered, onItsWay])
    await submissions.accept(one, { owner: 'another instance', leaseMs: 3_600_000, settlesInMs: 3_600_000 });
  await submissions.created(delivered.submissionID, randomUUID());
  for (const [{ submissionID }, advice] of [
    [delivered, 'close the ticket instead'],
    [onItsWay, 'Wait until that is known'],
  ] as const) {
    const path = `/api/accounts/${accounts.own}/submissions/${submissionID}`;
    expect(await problemOf(await world.call('DELETE', path, cookie))).toMatchObject({
      status: 409,
      detail: expect.stringContaining(advice),
    });
  }
});

test('a kept ticket that Moov has refused goes from the list of what waits once somebody has read so, stays gone, and its trail names them', async () => {
  const cookie = await world.session({ ...merchant, name: 'Kim Ito' });
  const refused = newSubmission('Refused after it was kept');
  const submissions = submissionsIn(world.portal.store.db);
  await submissions.accept(refused, { owner: 'another instance', leaseMs: 3_600_000, settlesInMs: 3_600_000 });
  await submissions.kept(refused.submissionID);
  const problem = { type: 'about:blank', title: 'The request was refused', status: 400, requestID: 'r-1' };
  await submissions.rejected(refused.submissionID, { ...problem, detail: 'Moov refused it.' });
  const all = `/api/accounts/${accounts.own}/submissions`;
  const path = `${all}/${refused.submissionID}`;
  const isListed = async () =>
    z
      .object({ items: z.array(submissionSchema) })
      .parse(await (await world.call('GET', all, cookie)).json())
      .items.some(({ submissionID }) => submissionID === refused.submissionID);
  expect(await isListed()).toBe(true);
  for (const _ of ['at first', 'sent again, as its answer was lost']) {
    const answer = await world.call('DELETE', path, cookie);
    expect([answer.status, submissionSchema.parse(await answer.json()).state]).toEqual([200, 'rejected']);
    expect(await isListed()).toBe(false);
  }
  const trail = sql`select action, person_name, request_id is not null as is_known from audit where submission_id = ${refused.submissionID} order by audit_id desc limit 2`;
  expect(await world.rows(trail)).toEqual([
    { action: 'refusal-read', person_name: 'Kim Ito', is_known: true },
    { action: 'submission-rejected', person_name: 'Mel', is_known: true },
  ]);
});

test('a ticket names who filed it here: nobody who filed another, closed it, or filed one for another account', async () => {
  const [mel, kim] = [await world.session(merchant), await world.session({ ...merchant, name: 'Kim Ito' })];
  const path = (ticketID: string) => `/api/accounts/${accounts.own}/tickets/${ticketID}`;
  const [first, second] = [
    ticketSchema.parse(await (await world.file(mel, accounts.own, { title: 'Filed by Mel' })).json()),
    ticketSchema.parse(await (await world.file(kim, accounts.own, { title: 'Filed by Kim' })).json()),
  ];
  const another = world.sandbox.moov.store.create(accounts.own, {
    title: 'Came by email',
    body: '<p>Hello</p>',
    contact: { email: 'a@example.com' },
  });
  for (const { ticketID } of [first, another])
    expect((await world.call('PATCH', path(ticketID), kim, { status: 'closed' })).status).toBe(200);
  await world.rows(sql`
    insert into audit (person_name, account_id, action, ticket_id)
    values (${otherMerchant.name}, ${accounts.other}, 'submission-created', ${another.ticketID}) returning 1`);
  const told = async ({ ticketID }: { ticketID: string }) =>
    ticketSchema.parse(await (await world.call('GET', path(ticketID), mel)).json()).filedBy;
  expect([await told(first), await told(second), await told(another)]).toEqual([merchant.name, 'Kim Ito', undefined]);
});

describe('somebody who signs in with other rights', () => {
  test('while their ticket is on the wire has filed it once, as it was accepted; neither session can reach it then', async () => {
    const subject = randomUUID();
    const key = randomUUID();
    const title = 'fault:slow 700 rights that end';
    const before = await world.session(staff, subject);
    const filing = world.file(before, accounts.connected, { title }, key);
    const sent = () =>
      Promise.resolve(world.creations().filter(({ body }) => JSON.stringify(body).includes('rights that end')));
    await until(sent, ({ length }) => length > 0);
    const after = await world.session(otherMerchant, subject);
    const ticket = ticketSchema.parse(await (await filing).json());
    expect((await sent()).map(({ path, body }) => ({ path, body }))).toEqual([
      { path: `/accounts/${accounts.connected}/tickets`, body: expect.objectContaining({ author: staff.name }) },
    ]);
    expect(
      await until(
        () => world.rows(sql`select distinct person_name, account_id from audit where ticket_id = ${ticket.ticketID}`),
        ({ length }) => length > 0,
      ),
    ).toEqual([{ person_name: staff.name, account_id: accounts.connected }]);
    for (const [cookie, status] of [
      [before, 401],
      [after, 404],
    ] as const) {
      expect((await world.file(cookie, accounts.connected, { title }, key)).status).toBe(status);
      const path = `/api/accounts/${accounts.connected}/tickets/${ticket.ticketID}`;
      expect((await world.call('GET', path, cookie)).status).toBe(status);
    }
    expect(await sent()).toHaveLength(1);
  });

  test.each([
    ['filed', 'POST', ''],
    ['closed', 'PATCH', `/${randomUUID()}`],
  ])('while the body is still coming in has %s nothing', async (_, method, ticketPath) => {
    const subject = randomUUID();
    const cookie = await world.session(staff, subject);
    // Only calls for this account count: the worker may be sending a ticket of another account that an earlier test has left.
    const calls = () =>
      world.sandbox.moov.received.filter((call) => call.path.startsWith(`/accounts/${accounts.partner}`));
    const before = calls().length;
    const whole = JSON.stringify({
      ...{ title: 'Too late', body: '<p>x</p>', contact: { email: 'a@example.com' } },
      status: 'closed',
    });
    const slow = new ReadableStream(
      {
        // The body is read after the first check of the session, so this ends the session between the two checks.
        async pull(controller) {
          await world.session(otherMerchant, subject);
          controller.enqueue(new TextEncoder().encode(whole));
          controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    const request = {
      method,
      headers: { cookie, origin, 'content-type': 'application/json', 'idempotency-key': randomUUID() },
      body: slow,
      duplex: 'half',
    };
    const path = `/api/accounts/${accounts.partner}/tickets${ticketPath}`;
    const answer = await world.portal.app.request(origin + path, request);
    expect((await problemOf(answer)).status).toBe(401);
    expect(calls().slice(before)).toEqual([]);
  });
});
