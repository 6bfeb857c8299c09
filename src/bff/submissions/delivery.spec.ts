import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { statusSchema } from '../../contract/status.ts';
import { submissionSchema } from '../../contract/submission.ts';
import { ticketSchema } from '../../contract/ticket.ts';
import { createMoov } from '../moov/moov.ts';
import { auditIn } from '../store/audit.ts';
import { operatorsIn } from '../store/operators.ts';
import { submissionsIn } from '../store/submissions.ts';
import { accounts, merchant, openWorld, until, type World } from '../testing/world.ts';
import { findDoubles } from './reconcile.ts';

/** How long a delivery may take on a slow machine. */
const patienceMs = 60_000;
const long = { timeout: 180_000 };

let world: World;
beforeAll(async () => {
  world = await openWorld({ UPSTREAM_TIMEOUT_MS: '5000', ANSWER_WITHIN_MS: '8000' });
});
afterAll(() => world.close());

const submissionPath = (submissionID: string) => `/api/accounts/${accounts.own}/submissions/${submissionID}`;
const read = async (cookie: string, submissionID: string) =>
  submissionSchema.parse(await (await world.call('GET', submissionPath(submissionID), cookie)).json());
const kept = async (answer: Promise<Response> | Response) => {
  const given = await answer;
  expect(given.status).toBe(202);
  return submissionSchema.parse(await given.json());
};
const settled = (cookie: string, submissionID: string) =>
  until(
    () => read(cookie, submissionID),
    ({ state }) => ['created', 'rejected', 'cancelled'].includes(state),
    patienceMs,
  );
/** The tickets at the stand-in with this title. */
const upstream = (title: string) =>
  world.sandbox.moov.store.tickets(accounts.own).filter(({ ticket }) => ticket.title === title);
const createdWith = (title: string) =>
  world.creations().filter(({ body }) => z.object({ title: z.string() }).parse(body).title === title);
/** Creates a ticket at the stand-in directly, not through the portal. */
const elsewhere = (ticket: { title: string; body: string; foreignID?: string }) =>
  world.sandbox.moov.store.create(accounts.own, { contact: { email: 'b@example.com' }, ...ticket });
const bodyOf = (ticketID: string | undefined) => world.sandbox.moov.store.ticket(ticketID ?? '')?.messages[0]?.body;

describe('a ticket whose first answer was lost is told apart', () => {
  const own = '<p>Payout 7 is missing.</p>';
  test.each<[string, { title: string; body: string; foreignID?: string }]>([
    ['the same reference', { title: 'Another title', body: own, foreignID: 'REF' }],
    ['the same title and another reference', { title: 'TITLE', body: own, foreignID: 'other reference' }],
    ['the same title and no reference', { title: 'TITLE', body: own }],
    ['both, with another message', { title: 'TITLE', body: '<p>Payout 8 is missing.</p>', foreignID: 'REF' }],
    [
      'both, with a longer message',
      { title: 'TITLE', body: '<p>Payout 7 is missing.</p><p>And 8.</p>', foreignID: 'REF' },
    ],
    ['both, with a shorter message', { title: 'TITLE', body: '<p>Payout 7</p>', foreignID: 'REF' }],
  ])('from one filed elsewhere just before with %s', long, async (_, other) => {
    for (const fault of ['drop-after', 'drop-before']) {
      const cookie = await world.session(merchant);
      const title = `fault:${fault} ${randomUUID()}`;
      const foreignID = `ref-${randomUUID()}`;
      const theirs = elsewhere({
        ...other,
        title: other.title.replace('TITLE', title),
        ...(other.foreignID !== undefined && { foreignID: other.foreignID.replace('REF', foreignID) }),
      });
      const { submissionID } = await kept(world.file(cookie, accounts.own, { title, body: own, foreignID }));
      const { ticketID } = await settled(cookie, submissionID);
      expect(ticketID).not.toBe(theirs.ticketID);
      expect(bodyOf(ticketID)).toBe(own);
      const ours = upstream(title).filter(({ ticket }) => ticket.ticketID !== theirs.ticketID);
      expect(ours.map(({ ticket }) => ticket.ticketID)).toEqual([ticketID]);
    }
  });

  test('from the same one that was filed long before', async () => {
    const cookie = await world.session(merchant);
    const title = `fault:drop-before ${randomUUID()}`;
    const foreignID = `ref-${randomUUID()}`;
    const old = elsewhere({ title, body: own, foreignID });
    old.createdOn = new Date(Date.now() - 60_000).toISOString();
    const { submissionID } = await kept(world.file(cookie, accounts.own, { title, body: own, foreignID }));
    expect((await settled(cookie, submissionID)).ticketID).not.toBe(old.ticketID);
    expect(upstream(title)).toHaveLength(2);
  });
});

test.each(['fault:drop-after both always', 'fault:500-after both', 'fault:drop-before both'])(
  'two people who file the same at the same time get a ticket each, whatever is lost: %s',
  long,
  async (fault) => {
    const title = `${fault} ${randomUUID()}`;
    const same = { title, body: '<p>The same.</p>', foreignID: `ref-${randomUUID()}` };
    const [one, two] = [await world.session(merchant), await world.session(merchant)];
    const answers = await Promise.all([one, two].map((cookie) => world.file(cookie, accounts.own, same)));
    const ids = await Promise.all(
      answers.map(async (answer, index) => {
        const json = await answer.json();
        if (answer.status === 201) return ticketSchema.parse(json).ticketID;
        return (await settled(index === 0 ? one : two, submissionSchema.parse(json).submissionID)).ticketID;
      }),
    );
    expect(new Set(ids).size).toBe(2);
    expect(
      upstream(title)
        .map(({ ticket }) => ticket.ticketID)
        .sort(),
    ).toEqual([...ids].sort());
    expect(await world.rows(sql`select ticket_id from claims where ticket_id in (${ids[0]}, ${ids[1]})`)).toHaveLength(
      2,
    );
  },
);

test('one person who files the same twice on purpose, with two keys, gets two tickets', async () => {
  const cookie = await world.session(merchant);
  const title = `fault:drop-after twice always ${randomUUID()}`;
  const same = { title, body: '<p>Again.</p>', foreignID: `ref-${randomUUID()}` };
  const [one, two] = await Promise.all([
    kept(world.file(cookie, accounts.own, same)),
    kept(world.file(cookie, accounts.own, same)),
  ]);
  const [first, second] = [await settled(cookie, one.submissionID), await settled(cookie, two.submissionID)];
  expect(first.ticketID).not.toBe(second.ticketID);
  expect(upstream(title)).toHaveLength(2);
});

describe('a 409', () => {
  test('is a success when the ticket is there already', async () => {
    const cookie = await world.session(merchant);
    const title = `fault:409 there ${randomUUID()}`;
    const foreignID = `ref-${randomUUID()}`;
    const there = elsewhere({ title, body: '<p>Hello</p>', foreignID });
    const answer = await world.file(cookie, accounts.own, { title, foreignID });
    expect(answer.status).toBe(201);
    expect(ticketSchema.parse(await answer.json()).ticketID).toBe(there.ticketID);
    expect(upstream(title)).toHaveLength(1);
  });
  test('is told in Moov’s words when it is not', async () => {
    const cookie = await world.session(merchant);
    const title = `fault:409 not there ${randomUUID()}`;
    const foreignID = `ref-${randomUUID()}`;
    elsewhere({ title, body: '<p>Something else</p>', foreignID });
    const answer = await world.file(cookie, accounts.own, { title, foreignID });
    expect(answer.status).toBe(409);
    expect(await answer.text()).toContain('Support is closing this account');
    expect(upstream(title)).toHaveLength(1);
  });
});

test('a cancel that races the worker never leaves a ticket both cancelled and delivered', long, async () => {
  const cookie = await world.session(merchant);
  const run = randomUUID();
  const waiting = await Promise.all(
    Array.from({ length: 24 }, (_, index) =>
      kept(world.file(cookie, accounts.own, { title: `fault:429 race ${index} ${run}` })),
    ),
  );
  // Cancel at the moment when the pause that Moov asked for ends.
  await until(
    () => world.rows(sql`select min(next_attempt_at) <= now() as due from submissions where state = 'queued'`),
    ([row]) => row?.due !== false,
    patienceMs,
  );
  const cancels = await Promise.all(
    waiting.map(async ({ submissionID }) => (await world.call('DELETE', submissionPath(submissionID), cookie)).status),
  );
  const outcomes = await Promise.all(waiting.map(({ submissionID }) => settled(cookie, submissionID)));
  for (const [index, { state, ticketID }] of outcomes.entries()) {
    const there = upstream(`fault:429 race ${index} ${run}`).map(({ ticket }) => ticket.ticketID);
    expect({ index, state, cancel: cancels[index], there }).toEqual(
      state === 'cancelled'
        ? { index, state: 'cancelled', cancel: 200, there: [] }
        : { index, state: 'created', cancel: 409, there: [ticketID] },
    );
  }
});

test('a restart in the middle delivers everything once, what a dead process held included', long, async () => {
  const cookie = await world.session(merchant);
  const run = randomUUID();
  const titles = ['drop-after', 'drop-before', '500-after', 'hang', '429', 'slow 1500'].map(
    (fault) => `fault:${fault} ${run}`,
  );
  const calls = titles.map((title) => world.file(cookie, accounts.own, { title }));
  await until(
    async () => titles.filter((title) => createdWith(title).length > 0).length,
    (count) => count === titles.length,
    patienceMs,
  );
  const [died] = await world.rows(sql`
    update submissions set lease_owner = 'a dead process', lease_ends_at = now() + interval '1 second', state = 'sending', reason = null
    where payload->>'title' = ${`fault:drop-before ${run}`} and state in ('sending', 'queued') returning submission_id`);
  expect(died).toBeDefined();
  await world.restart();
  await Promise.allSettled(calls);
  for (const title of titles)
    await until(
      () =>
        world.rows(
          sql`select count(*)::int as left from submissions where account_id = ${accounts.own} and payload->>'title' = ${title}`,
        ),
      ([row]) => row?.left === 0,
      patienceMs,
    );
  expect(titles.map((title) => [title, upstream(title).length])).toEqual(titles.map((title) => [title, 1]));
  const states = await world.rows(sql`select state, ticket_id from submissions where ticket_id is not null`);
  for (const title of titles)
    expect(states).toContainEqual({ state: 'created', ticket_id: upstream(title)[0]?.ticket.ticketID });
});

test(
  'a ticket that Moov has taken is told as created though the ledger cannot note it, and is found again, not filed again',
  long,
  async () => {
    const cookie = await world.session(merchant);
    const title = `Not noted ${randomUUID()}`;
    const waiting = async () =>
      z
        .object({ items: z.array(submissionSchema) })
        .parse(await (await world.call('GET', `/api/accounts/${accounts.own}/submissions`, cookie)).json())
        .items.filter((submission) => submission.title === title);
    await world.rows(sql`alter table submissions add constraint nothing_noted check (state <> 'created') not valid`);
    const answer = await world.file(cookie, accounts.own, { title });
    expect(answer.status).toBe(201);
    const ticket = ticketSchema.parse(await answer.json());
    expect(await waiting()).toMatchObject([{ state: 'sending' }]);
    await world.rows(sql`alter table submissions drop constraint nothing_noted`);
    expect(world.logged.filter((line) => line.includes('could not be recorded'))).toMatchObject([
      expect.stringContaining(ticket.ticketID),
    ]);
    // When a process stops, it gives back what it holds, so that nobody must wait for the end of its lease.
    await world.restart();
    await until(waiting, ({ length }) => length === 0, patienceMs);
    expect(await world.rows(sql`select state from submissions where ticket_id = ${ticket.ticketID}`)).toEqual([
      { state: 'created' },
    ]);
    expect([createdWith(title).length, upstream(title).length]).toEqual([1, 1]);
  },
);

test('a ticket whose fate the ledger cannot note is told as kept, and delivered once', long, async () => {
  const cookie = await world.session(merchant);
  const title = `fault:drop-after not noted ${randomUUID()}`;
  await world.rows(sql`alter table submissions add constraint nothing_kept check (state <> 'queued') not valid`);
  const { submissionID, state } = await kept(world.file(cookie, accounts.own, { title }));
  expect(state).toBe('sending');
  await world.rows(sql`alter table submissions drop constraint nothing_kept`);
  expect(world.logged.filter((line) => line.includes('sending a ticket failed'))).toMatchObject([
    expect.stringContaining(submissionID),
  ]);
  await world.restart();
  expect(await settled(cookie, submissionID)).toMatchObject({ state: 'created' });
  expect([createdWith(title).length, upstream(title).length]).toEqual([1, 1]);
});

test('nothing of a ticket stays in the ledger once it is created, refused or cancelled', async () => {
  const cookie = await world.session(merchant);
  const canary = `canary-${randomUUID()}`;
  const whole = (title: string) => ({
    title: `${title} ${canary}`,
    body: `<p>${canary}</p>`,
    author: canary,
    contact: { email: `${canary}@example.com`, name: canary },
  });
  expect((await world.file(cookie, accounts.own, whole('Created'))).status).toBe(201);
  expect((await world.file(cookie, accounts.own, whole('fault:422 all'))).status).toBe(422);
  const lost = await kept(world.file(cookie, accounts.own, whole('fault:drop-after')));
  const waits = await kept(world.file(cookie, accounts.own, whole('fault:401')));
  const holding = await world.rows(sql`select state from submissions where submissions::text like ${`%${canary}%`}`);
  expect(holding.length).toBeGreaterThan(0);
  expect((await world.call('DELETE', submissionPath(waits.submissionID), cookie)).status).toBe(200);
  expect((await settled(cookie, lost.submissionID)).state).toBe('created');
  for (const table of ['submissions', 'audit', 'events', 'claims'])
    expect(
      await world.rows(sql`select * from ${sql.identifier(table)} as held where held::text like ${`%${canary}%`}`),
    ).toEqual([]);
  expect(world.logged.filter((line) => line.includes(canary))).toEqual([]);
});

test('a Retry-After is obeyed: nothing is sent before', async () => {
  const cookie = await world.session(merchant);
  const title = `fault:429 obeyed ${randomUUID()}`;
  const { submissionID } = await kept(world.file(cookie, accounts.own, { title }));
  expect((await settled(cookie, submissionID)).state).toBe('created');
  const attempts = createdWith(title);
  expect(attempts.map(({ status }) => status)).toEqual([429, 200]);
  const [first, second] = attempts.map(({ at }) => Date.parse(at));
  expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(3_000);
});

test(
  'while Moov is down new tickets are kept at once without a call, people are told, and all is delivered once when it is back',
  long,
  async () => {
    const cookie = await world.session(merchant);
    const run = randomUUID();
    const status = async () => statusSchema.parse(await (await world.call('GET', '/api/status')).json());
    const before = Date.now();
    world.sandbox.moov.outage.set('down');
    const first = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        kept(world.file(cookie, accounts.own, { title: `Outage ${index} ${run}` })),
      ),
    );
    const down = await until(status, ({ upstream: state }) => state === 'down', patienceMs);
    expect(Date.parse(down.since)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(down.since)).toBeLessThanOrEqual(Date.now());

    const calls = world.sandbox.moov.received.length;
    const took: number[] = [];
    const later: z.infer<typeof submissionSchema>[] = [];
    for (let index = 0; index < 8; index += 1) {
      const begun = performance.now();
      later.push(await kept(world.file(cookie, accounts.own, { title: `Outage later ${index} ${run}` })));
      took.push(performance.now() - begun);
    }
    expect(Math.min(...took)).toBeLessThan(100);
    expect(later.map(({ reason, attempts, cancellable }) => ({ reason, attempts, cancellable }))).toEqual(
      later.map(() => ({ reason: 'circuit-open', attempts: 0, cancellable: true })),
    );
    // At most one call, the trial whether Moov is back, and never a ticket.
    const meanwhile = world.sandbox.moov.received.slice(calls);
    expect(meanwhile.filter(({ path }) => path.includes('/tickets'))).toEqual([]);
    expect(meanwhile.length).toBeLessThanOrEqual(1);

    world.sandbox.moov.outage.set('up');
    const up = await until(status, ({ upstream: state }) => state === 'up', patienceMs);
    expect(Date.parse(up.since)).toBeGreaterThan(Date.parse(down.since));
    for (const { submissionID } of [...first, ...later])
      expect((await settled(cookie, submissionID)).state).toBe('created');
    for (let index = 0; index < 6; index += 1) expect(upstream(`Outage ${index} ${run}`)).toHaveLength(1);
    for (let index = 0; index < 8; index += 1) expect(upstream(`Outage later ${index} ${run}`)).toHaveLength(1);
  },
);

test('a ticket that Moov said it took, and that is nowhere, is looked for ever more rarely, and sent again by hand alone', async () => {
  const cookie = await world.session(merchant);
  const title = `fault:drop-before nowhere ${randomUUID()}`;
  const { submissionID } = await kept(world.file(cookie, accounts.own, { title }));
  // As if Moov had given an answer that could not be read ten minutes ago.
  await world.rows(
    sql`update submissions set settles_at = now() + interval '3650 days' - interval '10 minutes', next_attempt_at = now() where submission_id = ${submissionID} returning 1`,
  );
  const pauseS = () =>
    world.rows(
      sql`select extract(epoch from next_attempt_at - now())::int as s from submissions where submission_id = ${submissionID}`,
    );
  const [pause] = await until(pauseS, ([row]) => Number(row?.s) > 60, patienceMs);
  expect(Number(pause?.s)).toBeLessThanOrEqual(300);
  expect(createdWith(title)).toHaveLength(1);

  expect(await operatorsIn(world.portal.store.db).sendNow(submissionID, world.settings.SETTLE_MS)).toBe(true);
  expect(await settled(cookie, submissionID)).toMatchObject({ state: 'created' });
  expect(createdWith(title)).toHaveLength(2);
  expect(upstream(title)).toHaveLength(1);
});

test('a ticket that somehow was filed twice is reported to the operators once, and nothing is closed', async () => {
  const cookie = await world.session(merchant);
  const run = randomUUID();
  const [doubled, single] = await Promise.all(
    ['fault:drop-before doubled', 'fault:drop-before single'].map(async (title) => {
      const { submissionID } = await kept(world.file(cookie, accounts.own, { title: `${title} ${run}` }));
      return settled(cookie, submissionID);
    }),
  );
  const original = world.sandbox.moov.store.ticket(doubled?.ticketID ?? '');
  if (original === undefined || doubled === undefined || single === undefined) throw new Error('both are delivered');
  const { title, foreignID } = original.ticket;
  const reference = foreignID === undefined ? {} : { foreignID };
  const double = elsewhere({ title, body: '<p>Hello</p>', ...reference });
  // None of these is a double: one has another title, one is much older, one belongs to another submission.
  elsewhere({ title: `Another ${run}`, body: '<p>Hello</p>', ...reference });
  const old = elsewhere({ title, body: '<p>Hello</p>', ...reference });
  old.createdOn = new Date(Date.now() - 600_000).toISOString();
  const { ticketID: claimed } = elsewhere({ title, body: '<p>Hello</p>', ...reference });
  await world.rows(
    sql`insert into claims (account_id, ticket_id, submission_id) values (${accounts.own}, ${claimed}, ${randomUUID()}) returning 1`,
  );
  await world.rows(
    sql`update submissions set settled_at = now() - interval '2 minutes' where submission_id in (${doubled.submissionID}, ${single.submissionID}) returning 1`,
  );

  const parts = {
    submissions: submissionsIn(world.portal.store.db),
    audit: auditIn(world.portal.store.db),
    moov: createMoov(world.settings, world.log, () => undefined),
    log: world.log,
  };
  // Two instances look at the same time, and one looks again later.
  await Promise.all([findDoubles(parts), findDoubles(parts)]);
  await findDoubles(parts);
  await parts.moov.close();
  const alerts = world.logged.filter(
    (line) => line.includes('ALERT a ticket seems to have been filed twice') && line.includes(doubled.submissionID),
  );
  expect(alerts).toHaveLength(1);
  expect(alerts[0]).toContain(double.ticketID);
  expect(
    await world.rows(
      sql`select ticket_id, submission_id from audit where action = 'double-found' and submission_id in (${doubled.submissionID}, ${single.submissionID})`,
    ),
  ).toEqual([{ ticket_id: double.ticketID, submission_id: doubled.submissionID }]);
  expect(upstream(title).map(({ ticket }) => ticket.status)).toEqual(['new', 'new', 'new', 'new']);
});
