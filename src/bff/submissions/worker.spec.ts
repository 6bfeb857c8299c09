import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import pino from 'pino';
import { expect, onTestFinished, test, vi } from 'vitest';
import * as z from 'zod/mini';
import type { Ticket } from '../../contract/ticket.ts';
import { startSandbox } from '../../sandbox/start.ts';
import { createMoov, type Moov } from '../moov/moov.ts';
import type { Outcome } from '../moov/outcome.ts';
import { readSettings } from '../settings.ts';
import { rowsOf } from '../store/query.ts';
import { type Sending, type Submissions, submissionsIn } from '../store/submissions.ts';
import { freshStore } from '../testing/database.ts';
import { leaseOwnerOf, newSubmission } from '../testing/submission.ts';
import { accounts, until } from '../testing/world.ts';
import { createDelivery } from './delivery.ts';
import { startWorker } from './worker.ts';

const log = pino({ level: 'silent' });
const fresh = freshStore();

/** Accepts a ticket: into the queue, or, with `sending`, as being sent. @returns the id of the submission */
async function queue(submissions: Submissions, title: string, sending?: Sending): Promise<string> {
  const submissionID = randomUUID();
  await submissions.accept(newSubmission(title, submissionID), sending);
  return submissionID;
}

test('a worker that is told to stop while it takes work finishes that work first', async () => {
  const sandbox = await startSandbox();
  const settings = readSettings({ ...sandbox.settings, PUBLIC_ORIGIN: 'http://localhost:3000' });
  const moov = createMoov(settings, log, () => undefined);
  const submissions = submissionsIn(fresh.store.db);
  const owner = randomUUID();
  const submissionID = await queue(submissions, 'At the last moment');
  let stopping: Promise<void> | undefined;
  const worker = startWorker({
    moov,
    // The worker is told to stop after it has leased submissions and before it sends them.
    submissions: {
      ...submissions,
      async claimDue(...given) {
        const leased = await submissions.claimDue(...given);
        stopping = worker.stop();
        return leased;
      },
    },
    delivery: createDelivery({ settings, moov, submissions, log, owner }),
    owner,
    log,
  });
  const stopped = async () => {
    while (stopping === undefined) await new Promise((resolve) => setImmediate(resolve));
    await stopping;
  };
  await stopped();
  expect(await submissions.find(accounts.own, submissionID)).toMatchObject({ state: 'created', attempts: 1 });
  await moov.close();
  await sandbox.stop();
});

test('what a sender had on the wire when it died is looked for, and not sent again before it can have settled', async () => {
  const sandbox = await startSandbox();
  const settings = readSettings({ ...sandbox.settings, PUBLIC_ORIGIN: 'http://localhost:3000' });
  const moov = createMoov(settings, log, () => undefined);
  const submissions = submissionsIn(fresh.store.db);
  const owner = randomUUID();
  const delivery = createDelivery({ settings, moov, submissions, log, owner });
  const submissionID = await queue(submissions, 'On the wire', { ...delivery.sending, owner: 'dead', leaseMs: -1 });
  const [taken] = await submissions.claimDue(owner, delivery.leaseMs, 1);
  if (taken?.submissionID !== submissionID) throw new Error('it is taken up');
  await delivery.resume(taken);
  const asked = sandbox.moov.received.filter(({ path }) => path.endsWith('/tickets')).map(({ method }) => method);
  expect(asked).toEqual(['GET']);
  const waiting = await submissions.find(accounts.own, submissionID);
  expect(waiting).toMatchObject({ state: 'queued', attempts: 1, mayHaveArrived: true });
  expect((waiting?.settlesAt?.getTime() ?? 0) - Date.now()).toBeGreaterThan(settings.SETTLE_MS);
  await moov.close();
  await sandbox.stop();
});

/** Settings of a portal whose calls reach nobody. */
const environment = {
  MOOV_API_URL: 'http://localhost:9',
  MOOV_PUBLIC_KEY: 'public',
  MOOV_SECRET_KEY: 'secret',
  MOOV_PARTNER_ACCOUNT_ID: accounts.partner,
  PUBLIC_ORIGIN: 'http://localhost:3000',
  OIDC_ISSUER: 'http://localhost:9',
  OIDC_CLIENT_ID: 'portal',
  OIDC_CLIENT_SECRET: 'secret',
};
const never = (): never => {
  throw new Error('there is one');
};
/** A delivery in which some calls of Moov, and some functions of the ledger, are replaced. */
function deliveryWith(moov: Partial<Moov>, ledger: Partial<Submissions> = {}) {
  const settings = readSettings(environment);
  const submissions = { ...submissionsIn(fresh.store.db), ...ledger };
  const all = Object.assign(
    createMoov(settings, log, () => undefined),
    moov,
  );
  return { moov: all, submissions, delivery: createDelivery({ settings, moov: all, submissions, log, owner: 'me' }) };
}

test.each<[string, Partial<Moov>, Partial<Submissions>]>([
  ['a twin is on the wire', {}, { twinOnTheWire: () => Promise.resolve(true) }],
  [
    'Moov lets nobody look',
    { listTickets: () => Promise.resolve({ kind: 'unclear', reason: 'rate-limited', mayHaveArrived: false }) },
    {},
  ],
  [
    'what Moov lists cannot be read',
    {
      listTickets: () => Promise.resolve({ kind: 'unclear', reason: 'unreadable', status: 200, mayHaveArrived: false }),
    },
    {},
  ],
])('a 409 while %s is no refusal: the ticket may be there, and cannot be cancelled', async (_, moov, ledger) => {
  const { submissions, delivery } = deliveryWith(
    { createTicket: () => Promise.resolve({ kind: 'refused', status: 409 }), ...moov },
    ledger,
  );
  const submissionID = await queue(submissions, 'Conflict', delivery.sending);
  const submission = await submissions.find(accounts.own, submissionID);
  if (submission === undefined) throw new Error('it is there');
  expect(await delivery.sendFirst(submission, Date.now())).toEqual({ kind: 'kept' });
  const waiting = await submissions.find(accounts.own, submissionID);
  expect(waiting).toMatchObject({ state: 'queued', mayHaveArrived: true });
  expect(waiting?.settlesAt?.getTime(), 'it is sent again should it not be there').toBeLessThan(Date.now() + 3_600_000);
});

test('a ticket that could not be sent a great many times is tried again within some minute, and its trail names each call', async () => {
  const { submissions, delivery } = deliveryWith({
    createTicket: () =>
      Promise.resolve({ kind: 'unclear', reason: 'unavailable', mayHaveArrived: false, upstreamRequestID: 'up-1' }),
  });
  const submissionID = await queue(submissions, 'Tried often', delivery.sending);
  const submission = await submissions.find(accounts.own, submissionID);
  if (submission === undefined) throw new Error('it is there');
  await delivery.sendFirst({ ...submission, attempts: 2_000 }, Date.now());
  const waiting = await submissions.find(accounts.own, submissionID);
  expect(waiting).toMatchObject({ state: 'queued', mayHaveArrived: false });
  expect(waiting?.nextAttemptAt?.getTime()).toBeLessThan(Date.now() + 5 * 60_000);
  const { rows } = z
    .object({ rows: z.array(z.object({ upstream_request_id: z.nullable(z.string()) })) })
    .parse(
      await fresh.store.db.execute(
        sql`select upstream_request_id from audit where submission_id = ${submissionID} and action = 'submission-queued'`,
      ),
    );
  expect(rows).toEqual([{ upstream_request_id: 'up-1' }]);
});

test('a ticket is its sender’s for longer than all calls of an attempt may take, and nothing is sent again before it has settled after that', async () => {
  const { submissions, delivery } = deliveryWith({});
  const { UPSTREAM_TIMEOUT_MS, SETTLE_MS } = readSettings(environment);
  const submissionID = await queue(submissions, 'On its way', delivery.sending);
  const rows = await fresh.store.db.execute(
    sql`select (extract(epoch from lease_ends_at - first_sent_at) * 1000)::int as lease, (extract(epoch from settles_at - lease_ends_at) * 1000)::int as settle
        from submissions where submission_id = ${submissionID}`,
  );
  const [row] = rowsOf(z.object({ lease: z.number(), settle: z.number() }), rows);
  // Time for a token and the call, and for both again if Moov does not accept the token any more.
  expect(row?.lease).toBeGreaterThan(4 * UPSTREAM_TIMEOUT_MS);
  expect(row?.settle).toBeGreaterThanOrEqual(SETTLE_MS);
});

test('whatever Moov answered, the trail names the call, and an answer that nobody could read is told to the operator', async () => {
  const given: Outcome<never>[] = [
    { kind: 'refused', status: 422, upstreamRequestID: 'up-refused' },
    { kind: 'unclear', reason: 'timeout', status: 200, mayHaveArrived: true, upstreamRequestID: 'up-unread' },
  ];
  const { submissions, delivery } = deliveryWith({ createTicket: () => Promise.resolve(given[0] ?? never()) });
  const told = vi.spyOn(log, 'error');
  onTestFinished(() => told.mockRestore());
  const ids: string[] = [];
  for (; given.length > 0; given.shift()) {
    const submissionID = await queue(submissions, 'Answered', delivery.sending);
    const submission = await submissions.find(accounts.own, submissionID);
    await delivery.sendFirst(submission ?? never(), Date.now());
    ids.push(submissionID);
  }
  const trail = await fresh.store.db.execute(
    sql`select action, upstream_request_id as call from audit where submission_id in (${ids[0]}, ${ids[1]}) and upstream_request_id is not null order by audit_id`,
  );
  expect(rowsOf(z.object({ action: z.string(), call: z.string() }), trail)).toEqual([
    { action: 'submission-rejected', call: 'up-refused' },
    { action: 'submission-queued', call: 'up-unread' },
  ]);
  expect(told.mock.calls).toEqual([[{ submissionID: ids[1], upstreamRequestID: 'up-unread' }, expect.any(String)]]);
  // `unreadable` makes a repeated request with the same key wait until the ticket is found, which is soon.
  expect(await submissions.find(accounts.own, ids[1] ?? '')).toMatchObject({ state: 'queued', reason: 'unreadable' });
});

/** A ticket with the reference of a submission, as Moov has it. */
function ticketOf(submissionID: string, title: string): Ticket {
  const createdOn = new Date().toISOString();
  const [contact, foreignID] = [{ email: 'a@example.com' }, `portal-${submissionID}`];
  return {
    ticketID: randomUUID(),
    number: 7,
    title,
    contact,
    status: 'new',
    createdOn,
    updatedOn: createdOn,
    foreignID,
  };
}
/** Continues with a submission whose sender died while it was on the wire. */
async function takeUp({ submissions, delivery }: ReturnType<typeof deliveryWith>, title: string) {
  const submissionID = await queue(submissions, title, { ...delivery.sending, owner: 'dead', leaseMs: -1 });
  const due = await submissions.claimDue('me', delivery.leaseMs, 100);
  return due.find((one) => one.submissionID === submissionID) ?? never();
}
const callsNoted = async (submissionID: string) =>
  rowsOf(
    z.object({ action: z.string(), call: z.nullable(z.string()) }),
    await fresh.store.db.execute(
      sql`select action, upstream_request_id as call from audit where submission_id = ${submissionID} order by audit_id`,
    ),
  );

test('the trail of a ticket that is there names the call that told of it, and what Moov took unreadably is not sent again by itself', async () => {
  const there = new Map<string, Ticket>();
  const parts = deliveryWith({
    createTicket: (_, __, { title, foreignID = '' }) => {
      if (title === 'Conflict') return Promise.resolve({ kind: 'refused', status: 409, upstreamRequestID: 'up-no' });
      const value = title === 'Unread' ? {} : { ticket: ticketOf(foreignID, title) };
      return Promise.resolve({ kind: 'ok', value, upstreamRequestID: 'up-create' });
    },
    listTickets: (_, __, { foreignID = '' }) => {
      const ticket = there.get(foreignID);
      return Promise.resolve({ kind: 'ok', value: { items: ticket ? [ticket] : [] }, upstreamRequestID: 'up-look' });
    },
  });
  const taken = await takeUp(parts, 'Lost');
  const sent: string[] = [];
  for (const title of ['Conflict', 'Answered', 'Unread'])
    sent.push(await queue(parts.submissions, title, parts.delivery.sending));
  const [conflicting = '', answered = '', unread = ''] = sent;
  for (const id of [taken.submissionID, conflicting]) there.set(`portal-${id}`, ticketOf(id, 'Arrived'));
  await parts.delivery.resume(taken);
  for (const id of sent) {
    const delivered = await parts.delivery.sendFirst(
      (await parts.submissions.find(accounts.own, id)) ?? never(),
      Date.now(),
    );
    if (delivered.kind === 'created') await delivered.recorded;
  }
  const last = async (id: string) => (await callsNoted(id)).at(-1);
  expect(await last(taken.submissionID)).toEqual({ action: 'submission-created', call: 'up-look' });
  expect(await last(conflicting)).toEqual({ action: 'submission-created', call: 'up-look' });
  expect(await last(answered)).toEqual({ action: 'submission-created', call: 'up-create' });
  expect(await last(unread)).toEqual({ action: 'submission-queued', call: 'up-create' });
  const waiting = await parts.submissions.find(accounts.own, unread);
  expect(waiting).toMatchObject({ reason: 'unreadable', mayHaveArrived: true });
  expect(waiting?.settlesAt?.getTime()).toBeGreaterThan(Date.now() + 9 * 365 * 24 * 3_600_000);
});

test('an operator reads in the log what became of each attempt, with the ids of the request and of Moov’s answer', async () => {
  const outcomes: Outcome<{ ticket: Ticket }>[] = [
    { kind: 'ok', value: { ticket: ticketOf('s', 'Answered') }, upstreamRequestID: 'up-1' },
    { kind: 'refused', status: 422, upstreamRequestID: 'up-1' },
    { kind: 'unclear', reason: 'rate-limited', mayHaveArrived: false, upstreamRequestID: 'up-1' },
  ];
  const told: unknown[] = [];
  for (const level of ['info', 'warn', 'error'] as const) {
    const spy = vi.spyOn(log, level).mockImplementation((about: unknown, text?: string) => {
      told.push([level, text, about]);
    });
    onTestFinished(() => spy.mockRestore());
  }
  const { submissions, delivery } = deliveryWith({ createTicket: () => Promise.resolve(outcomes[0] ?? never()) });
  const ids: string[] = [];
  for (; outcomes.length > 0; outcomes.shift()) {
    const submissionID = await queue(submissions, 'Answered', delivery.sending);
    const delivered = await delivery.sendFirst(
      (await submissions.find(accounts.own, submissionID)) ?? never(),
      Date.now(),
    );
    if (delivered.kind === 'created') await delivered.recorded;
    ids.push(submissionID);
  }
  const about = { accountID: accounts.own, personID: 'p', requestID: 'r-1', upstreamRequestID: 'up-1', attempt: 1 };
  expect(told).toMatchObject([
    ['info', 'ticket delivered', { ...about, submissionID: ids[0], ticketID: expect.any(String) }],
    ['info', 'ticket refused', { ...about, submissionID: ids[1], status: 422 }],
    ['warn', 'ticket kept, not delivered yet', { ...about, submissionID: ids[2], reason: 'rate-limited' }],
  ]);
});

test('what a worker has delivered is noted before the worker is done with it', async () => {
  const [begun, noting] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const ledger = submissionsIn(fresh.store.db);
  const { submissions, delivery } = deliveryWith(
    { createTicket: () => Promise.resolve({ kind: 'ok', value: { ticket: ticketOf('s', 'Noted') } }) },
    {
      async created(...given) {
        begun.resolve();
        await noting.promise;
        return ledger.created(...given);
      },
    },
  );
  const submissionID = await queue(submissions, 'Noted');
  const due = await submissions.claimDue('me', delivery.leaseMs, 100);
  let isDone = false;
  const done = delivery.resume(due.find((one) => one.submissionID === submissionID) ?? never()).then(() => {
    isDone = true;
  });
  await begun.promise;
  await new Promise((resolve) => setImmediate(resolve));
  expect(isDone).toBe(false);
  noting.resolve();
  await done;
  expect(await submissions.find(accounts.own, submissionID)).toMatchObject({ state: 'created' });
});

test('a look that Moov asks to pause is made again after that pause, and not before', async () => {
  const parts = deliveryWith({
    listTickets: () =>
      Promise.resolve({ kind: 'unclear', reason: 'rate-limited', mayHaveArrived: false, retryAfterMs: 3_600_000 }),
  });
  const { submissionID } = await takeUp(parts, 'Asked to pause');
  await parts.delivery.resume((await parts.submissions.find(accounts.own, submissionID)) ?? never());
  const waiting = await parts.submissions.find(accounts.own, submissionID);
  expect(waiting).toMatchObject({ state: 'queued' });
  expect(await leaseOwnerOf(fresh.store.db, submissionID)).toBeNull();
  expect((waiting?.nextAttemptAt?.getTime() ?? 0) - Date.now()).toBeGreaterThan(3_000_000);
});

const looksInVain: [string, Awaited<ReturnType<Moov['listTickets']>>][] = [
  ['Moov refuses, as for a closed account,', { kind: 'refused', status: 403 }],
  ['has no token', { kind: 'unclear', reason: 'unauthorized', mayHaveArrived: false, status: 404 }],
  ['cannot read the list', { kind: 'unclear', reason: 'unreadable', mayHaveArrived: true, status: 200 }],
  ['cannot read all of the list', { kind: 'ok', value: { items: [], isPartial: true } }],
];
test.each(
  looksInVain.flatMap(([look, listed]) => [
    { look, listed, since: 60, from: 30, to: 120 },
    { look, listed, since: 24 * 3_600, from: 200, to: 300 },
  ]),
)(
  'a look that $look is made ever more rarely: after $since s again in $from to $to s',
  async ({ listed, since, from, to }) => {
    const parts = deliveryWith({ listTickets: () => Promise.resolve(listed) });
    const taken = await takeUp(parts, 'Closed');
    await parts.delivery.resume({ ...taken, settlesAt: new Date(Date.now() + 60_000 - since * 1_000) });
    const waiting = await parts.submissions.find(accounts.own, taken.submissionID);
    expect(waiting).toMatchObject({ state: 'queued', attempts: 1 });
    expect(await leaseOwnerOf(fresh.store.db, taken.submissionID)).toBeNull();
    const againIn = ((waiting?.nextAttemptAt?.getTime() ?? 0) - Date.now()) / 1_000;
    expect(againIn).toBeGreaterThan(from);
    expect(againIn).toBeLessThanOrEqual(to);
  },
);

test.each([
  [4, 1, 5],
  [60, 10, 30],
  [3_600, 30, 60],
])(
  'a look that cannot tell whose ticket is there is made ever more rarely: after %i s again in %i to %i s',
  async (since, from, to) => {
    const parts = deliveryWith({}, { twinOnTheWire: () => Promise.resolve(true) });
    const taken = await takeUp(parts, 'Of two');
    const before = Date.now();
    await parts.delivery.resume({ ...taken, settlesAt: new Date(before + 60_000 - since * 1_000) });
    const again = (await parts.submissions.find(accounts.own, taken.submissionID))?.nextAttemptAt?.getTime() ?? 0;
    expect((again - before) / 1_000).toBeGreaterThanOrEqual(from);
    expect((again - Date.now()) / 1_000).toBeLessThanOrEqual(to);
  },
);

test('a ticket that Moov tells without its title is told with the one that was sent, though reading it again hangs', async () => {
  const { submissions, delivery } = deliveryWith({
    createTicket: () => Promise.resolve({ kind: 'ok', value: { ticket: ticketOf('s', '') } }),
    getTicket: (_, __, ___, withinMs = 600_000) =>
      new Promise((resolve) => {
        setTimeout(resolve, withinMs, { kind: 'unclear', reason: 'timeout', mayHaveArrived: false });
      }),
  });
  const submissionID = await queue(submissions, 'As it was sent', delivery.sending);
  const asked = Date.now();
  const delivered = await delivery.sendFirst(
    (await submissions.find(accounts.own, submissionID)) ?? never(),
    Date.now(),
  );
  expect(delivered).toMatchObject({ kind: 'created', ticket: { title: 'As it was sent' } });
  expect(Date.now() - asked).toBeLessThan(30_000);
});

test.each([
  ['number', { number: 0 }],
  ['title', { title: '' }],
])('a ticket that Moov tells without its %s is told as it is when it is read again', async (_, drifted) => {
  const whole = ticketOf('s', 'As Moov has it');
  const { submissions, delivery } = deliveryWith({
    createTicket: () => Promise.resolve({ kind: 'ok', value: { ticket: { ...whole, ...drifted } } }),
    getTicket: () => Promise.resolve({ kind: 'ok', value: whole }),
  });
  const submissionID = await queue(submissions, 'As it was sent', delivery.sending);
  const delivered = await delivery.sendFirst(
    (await submissions.find(accounts.own, submissionID)) ?? never(),
    Date.now(),
  );
  expect(delivered).toMatchObject({ kind: 'created', ticket: whole });
});

test('what is cancelled just after a worker has taken it up is not sent', async () => {
  let sent = 0;
  const { submissions, delivery } = deliveryWith({
    createTicket() {
      sent += 1;
      return Promise.resolve({ kind: 'ok', value: {} });
    },
  });
  const submissionID = await queue(submissions, 'Thought better of');
  const due = await submissions.claimDue('me', delivery.leaseMs, 100);
  const by = { personID: 'p', personName: 'Mel', requestID: 'r-2' };
  expect(await submissions.cancelled(accounts.own, submissionID, by)).toBeDefined();
  await delivery.resume(due.find((one) => one.submissionID === submissionID) ?? never());
  expect(sent).toBe(0);
  expect(await submissions.find(accounts.own, submissionID)).toMatchObject({ state: 'cancelled' });
});

test('what may have arrived is not sent again while a twin is on the wire, though its time is over', async () => {
  const { submissions, delivery } = deliveryWith(
    { createTicket: () => Promise.reject(new Error('it is not sent')) },
    { twinOnTheWire: () => Promise.resolve(true) },
  );
  const submissionID = await queue(submissions, 'Of two', { ...delivery.sending, owner: 'dead', leaseMs: -1 });
  const taken = (await submissions.claimDue('me', delivery.leaseMs, 100)).find(
    (one) => one.submissionID === submissionID,
  );
  if (taken === undefined) throw new Error('it is taken up');
  await delivery.resume({ ...taken, settlesAt: new Date(0) });
  expect(await submissions.find(accounts.own, submissionID)).toMatchObject({ state: 'queued', attempts: 1 });
});

test('what may have arrived is not sent again after a look that began before its time was over, however long that took', async () => {
  const settlesAt = new Date(Date.now() + 3_600_000);
  const { submissions, delivery } = deliveryWith({
    createTicket: () => Promise.reject(new Error('it is not sent')),
    async listTickets() {
      // It may arrive when the list is made already, and its time is over when the answer comes.
      vi.useFakeTimers({ toFake: ['Date'], now: settlesAt.getTime() + 1 });
      return { kind: 'ok', value: { items: [] } };
    },
  });
  onTestFinished(() => void vi.useRealTimers());
  const submissionID = await queue(submissions, 'Just in time', { ...delivery.sending, owner: 'dead', leaseMs: -1 });
  const taken = (await submissions.claimDue('me', delivery.leaseMs, 100)).find(
    (one) => one.submissionID === submissionID,
  );
  if (taken === undefined) throw new Error('it is taken up');
  vi.useFakeTimers({ toFake: ['Date'], now: settlesAt.getTime() - 1 });
  await delivery.resume({ ...taken, settlesAt });
  expect(await submissions.find(accounts.own, submissionID)).toMatchObject({ state: 'queued', attempts: 1 });
});

test('a ticket that is found, and that another submission takes at that moment, is looked for again soon', async () => {
  let foreignID: string | undefined;
  const { submissions, delivery } = deliveryWith(
    {
      listTickets: () =>
        Promise.resolve({ kind: 'ok', value: { items: [{ ...ticketOf('s', 'Of another'), foreignID }] } }),
    },
    { found: () => Promise.resolve(undefined) },
  );
  const submissionID = await queue(submissions, 'Taken', { ...delivery.sending, owner: 'dead', leaseMs: -1 });
  const taken = (await submissions.claimDue('me', delivery.leaseMs, 100)).find(
    (one) => one.submissionID === submissionID,
  );
  if (taken === undefined) throw new Error('it is taken up');
  foreignID = taken.foreignID;
  await delivery.resume(taken);
  const waiting = await submissions.find(accounts.own, submissionID);
  expect(waiting).toMatchObject({ state: 'queued', attempts: 1 });
  expect(await leaseOwnerOf(fresh.store.db, submissionID)).toBeNull();
  expect(waiting?.nextAttemptAt?.getTime()).toBeLessThan(Date.now() + 60_000);
});

test('a worker that has stopped between two looks takes nothing more', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  let looks = 0;
  const { moov, submissions, delivery } = deliveryWith(
    {},
    {
      claimDue() {
        looks += 1;
        return Promise.resolve([]);
      },
    },
  );
  const worker = startWorker({ moov, submissions, delivery, owner: 'me', log });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(looks).toBeGreaterThan(1);
  await worker.stop();
  const before = looks;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(looks).toBe(before);
});

test('a worker goes on whatever fails, tells the operator, and holds no more than sixteen tickets at a time', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const submissionID = await queue(submissionsIn(fresh.store.db), 'One of many');
  const one = await submissionsIn(fresh.store.db).find(accounts.own, submissionID);
  if (one === undefined) throw new Error('it is there');
  let looks = 0;
  const { moov, submissions, delivery } = deliveryWith(
    {},
    {
      claimDue(_, __, most) {
        looks += 1;
        return looks === 1 ? Promise.reject(new Error('the database is away')) : Promise.resolve(Array(most).fill(one));
      },
    },
  );
  const running: PromiseWithResolvers<void>[] = [];
  const resume = () => {
    const work = Promise.withResolvers<void>();
    running.push(work);
    return work.promise;
  };
  const told = vi.spyOn(log, 'error');
  onTestFinished(() => told.mockRestore());
  const worker = startWorker({ moov, submissions, delivery: { ...delivery, resume }, owner: 'me', log });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(running).toHaveLength(16);
  running[0]?.reject(new Error('it cannot be noted'));
  running[1]?.resolve();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(running).toHaveLength(18);
  expect(told.mock.calls.map(([about]) => about)).toMatchObject([
    { err: { message: 'the database is away' } },
    { err: { message: 'it cannot be noted' }, submissionID },
  ]);
  for (const work of running) work.resolve();
  await worker.stop();
});

test('nothing is taken while Moov is down; once it is back, what waited for it is woken first, once, whatever fails', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const done: string[] = [];
  const note = (what: string) => {
    if (done.at(-1) !== what) done.push(what);
  };
  let state: 'open' | 'trial' | 'closed' = 'open';
  const { moov, submissions, delivery } = deliveryWith(
    {
      async probe() {
        note('asked');
        // The first trial fails, the second succeeds.
        if (isBack) state = 'closed';
        isBack = true;
        return { kind: 'ok', value: true };
      },
    },
    {
      async wake() {
        wakes += 1;
        if (wakes === 1) throw new Error('the database is away');
        note('woken');
      },
      async claimDue() {
        note('taken');
        return [];
      },
    },
  );
  let isBack = false;
  let wakes = 0;
  Object.assign(moov.circuit, {
    wantsTrial: () => state === 'trial',
    isDown: () => state !== 'closed',
  });
  const worker = startWorker({ moov, submissions, delivery, owner: 'me', log });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(done).toEqual([]);
  state = 'trial';
  await vi.advanceTimersByTimeAsync(2_000);
  await worker.stop();
  expect(done).toEqual(['asked', 'woken', 'taken']);
  expect(wakes).toBe(2);
});

test('two instances share what waits about evenly, so that it is delivered in half the looks; each ticket once', async () => {
  const sandbox = await startSandbox();
  const settings = readSettings({ ...sandbox.settings, PUBLIC_ORIGIN: 'http://localhost:3000' });
  const submissions = submissionsIn(fresh.store.db);
  const titles = Array.from({ length: 160 }, (_, index) => `Waited through the outage ${index}`);
  for (const title of titles) await queue(submissions, title);
  // Both workers claim at the same moments, however busy the machine is, so that only the ledger decides how they share.
  let all = false;
  let looking: (() => void)[] = [];
  const whenBothLook = () =>
    new Promise<void>((resolve) => {
      looking.push(resolve);
      if (!all && looking.length < 2) return;
      for (const go of looking) go();
      looking = [];
    });
  const instances = [1, 2].map(() => {
    const [owner, moov] = [randomUUID(), createMoov(settings, log, () => undefined)];
    const delivery = createDelivery({ settings, moov, submissions, log, owner });
    const delivered: string[] = [];
    const worker = startWorker({
      moov,
      submissions: {
        ...submissions,
        async claimDue(...given) {
          await whenBothLook();
          return submissions.claimDue(...given);
        },
      },
      delivery: {
        ...delivery,
        async resume(submission) {
          delivered.push(submission.submissionID);
          return delivery.resume(submission);
        },
      },
      owner,
      log,
    });
    return { moov, worker, delivered };
  });
  const arrived = () =>
    sandbox.moov.received.flatMap(({ method, body }) => {
      const title = method === 'POST' ? z.object({ title: z.string() }).safeParse(body).data?.title : undefined;
      return title !== undefined && titles.includes(title) ? [title] : [];
    });
  await until(
    async () => arrived().length,
    (count) => count >= titles.length,
    30_000,
  );
  all = true;
  for (const go of looking) go();
  for (const { worker, moov } of instances) {
    await worker.stop();
    await moov.close();
  }
  expect(arrived().sort()).toEqual(titles.sort());
  // Each claim takes sixteen: one worker would need ten claims, so two need about five each.
  for (const { delivered } of instances) expect(delivered.length).toBeGreaterThanOrEqual(48);
  await sandbox.stop();
});
