import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { NewTicket } from '../../contract/ticket.ts';
import { type NewSubmission, type Submissions, submissionsIn } from '../store/submissions.ts';
import { freshStore } from '../testing/database.ts';
import { leaseOwnerOf } from '../testing/submission.ts';
import { type SettledState, tellSettled } from './settled.ts';

const fresh = freshStore();

const sending = { owner: 'a', leaseMs: 60_000, settlesInMs: 60_000 };
const ticket: NewTicket = { title: 'A title', body: '<p>canary-body</p>', contact: { email: 'canary@example.com' } };
const submission = (accountID: string = randomUUID()) => {
  const submissionID = randomUUID();
  return {
    submissionID,
    accountID,
    personID: 'p',
    personName: 'Mel',
    idempotencyKey: randomUUID(),
    fingerprint: 'f',
    payload: ticket,
    asItself: true,
    foreignID: `portal-${submissionID}`,
    requestID: 'r-1',
  };
};
const unclear = { reason: 'timeout', mayHaveArrived: false, againInMs: 0 } as const;
const problem = { type: '/problems/invalid', title: 'No', status: 422, detail: 'Why', requestID: 'r-1' };
const rows = async (query: ReturnType<typeof sql>) => {
  const result: unknown = await fresh.store.db.execute(query);
  return typeof result === 'object' && result !== null && 'rows' in result && Array.isArray(result.rows)
    ? result.rows
    : [];
};

test('of equal submissions at once exactly one is accepted', async () => {
  const submissions = submissionsIn(fresh.store.db);
  const first = submission();
  const accepted = await Promise.all(
    Array.from({ length: 20 }, () => submissions.accept({ ...first, submissionID: randomUUID() }, sending)),
  );
  expect(accepted.filter((row) => row !== undefined)).toHaveLength(1);
});

test('what is settled holds no content any more, while its audit rows and events are there', async () => {
  const submissions = submissionsIn(fresh.store.db);
  const one = submission();
  expect(await submissions.accept(one, sending)).toMatchObject({
    state: 'sending',
    attempts: 1,
    mayHaveArrived: true,
    payload: ticket,
    nextAttemptAt: undefined,
  });
  const ticketID = randomUUID();
  expect(await submissions.created(one.submissionID, ticketID, 'up-1')).toBe(true);
  expect(await submissions.created(one.submissionID, randomUUID(), 'up-2')).toBe(false);
  expect(await submissions.rejected(one.submissionID, problem)).toBeUndefined();
  const settled = await submissions.find(one.accountID, one.submissionID);
  expect(settled).toMatchObject({ state: 'created', payload: undefined });
  expect(
    JSON.stringify(await rows(sql`select * from submissions where submission_id = ${one.submissionID}`)),
  ).not.toContain('canary');
  expect(
    await rows(
      sql`select action, person_name, request_id, upstream_request_id from audit where submission_id = ${one.submissionID} order by audit_id`,
    ),
  ).toEqual([
    { action: 'submission-sending', person_name: 'Mel', request_id: 'r-1', upstream_request_id: null },
    { action: 'submission-created', person_name: 'Mel', request_id: 'r-1', upstream_request_id: 'up-1' },
  ]);
  expect(
    await rows(
      sql`select account_id, data from events where data->>'submissionID' = ${one.submissionID} order by event_id`,
    ),
  ).toEqual(
    [{ state: 'sending' }, { state: 'created', ticketID }].map((told) => ({
      account_id: one.accountID,
      data: { accountID: one.accountID, submissionID: one.submissionID, ...told },
    })),
  );
});

test('what is accepted after another was settled is on disk before it is told, as ever', async () => {
  const submissions = submissionsIn(fresh.store.db);
  const waits = () => rows(sql`select current_setting('synchronous_commit') as waits`);
  const usual = await waits();
  const one = submission();
  await submissions.accept(one, sending);
  await submissions.created(one.submissionID, randomUUID());
  expect(await waits()).toEqual(usual);
});

test.each([-60_000, 60_000])(
  'how long ago something was sent is told by this process’s own clock, though that is %i ms off the database’s',
  async (offMs) => {
    const submissions = submissionsIn(fresh.store.db);
    const realNow = Date.now;
    vi.spyOn(Date, 'now').mockImplementation(() => realNow() + offMs);
    onTestFinished(() => void vi.restoreAllMocks());
    const one = submission();
    const begun = Date.now();
    await submissions.accept(one, sending);
    const accepted = await submissions.find(one.accountID, one.submissionID);
    const sentAt = accepted?.firstSentAt?.getTime() ?? 0;
    expect(sentAt).toBeGreaterThan(begun - 1_000);
    expect(sentAt).toBeLessThan(Date.now() + 1_000);
    const settlesAt = accepted?.settlesAt?.getTime() ?? 0;
    expect(settlesAt - sentAt).toBe(sending.settlesInMs);
  },
);

test('what a worker takes up was sent no later than it was, though the database’s answer was long in coming', async () => {
  const { db } = fresh.store;
  await db.execute(sql`delete from submissions`);
  const one = submission();
  await submissionsIn(db).accept(one, { ...sending, leaseMs: -1 });
  const sentBefore = Date.now();
  const realNow = Date.now;
  let waitedMs = 0;
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() + waitedMs);
  onTestFinished(() => void vi.restoreAllMocks());
  const slow: typeof db = Object.create(db, {
    transaction: {
      value: (work: Parameters<typeof db.transaction>[0]) =>
        db.transaction((tx) =>
          work(
            Object.create(tx, {
              execute: {
                async value(query: ReturnType<typeof sql>) {
                  const answer = await tx.execute(query);
                  waitedMs = 3_600_000;
                  return answer;
                },
              },
            }),
          ),
        ),
    },
  });
  const [taken] = await submissionsIn(slow).claimDue('b', 60_000, 3);
  expect(taken?.submissionID).toBe(one.submissionID);
  expect(taken?.firstSentAt?.getTime()).toBeLessThanOrEqual(sentBefore);
});

test('nobody can change or remove an audit row', async () => {
  const submissions = submissionsIn(fresh.store.db);
  await submissions.accept(submission(), sending);
  const said = async (query: ReturnType<typeof sql>) => {
    try {
      await fresh.store.db.execute(query);
      return 'done';
    } catch (error) {
      return error instanceof Error ? `${error.message} ${String(error.cause)}` : '';
    }
  };
  for (const attack of [sql`update audit set person_name = 'Eve'`, sql`delete from audit`, sql`truncate audit`])
    expect(await said(attack)).toContain('neither changed nor deleted');
});

test('a cancel is taken only while the submission surely has not arrived', async () => {
  const submissions = submissionsIn(fresh.store.db);
  const by = { personID: 'q', personName: 'Pat', requestID: 'r-2' };
  const one = submission();
  await submissions.accept(one, sending);
  expect(await submissions.cancelled(one.accountID, one.submissionID, by)).toBeUndefined();
  await submissions.requeued(one.submissionID, 'a', { reason: 'timeout', mayHaveArrived: true, againInMs: 0 });
  expect(await submissions.cancelled(one.accountID, one.submissionID, by)).toBeUndefined();
  const two = submission();
  await submissions.accept(two, undefined);
  expect(await submissions.cancelled(randomUUID(), two.submissionID, by)).toBeUndefined();
  expect(await submissions.cancelled(two.accountID, two.submissionID, by)).toMatchObject({
    state: 'cancelled',
    payload: undefined,
  });
  expect(
    await rows(
      sql`select person_id, person_name, request_id from audit where submission_id = ${two.submissionID} and action = 'submission-cancelled'`,
    ),
  ).toEqual([{ person_id: 'q', person_name: 'Pat', request_id: 'r-2' }]);
  expect(await submissions.cancelled(two.accountID, two.submissionID, by), 'once').toBeUndefined();
  expect(await submissions.created(two.submissionID, randomUUID()), 'it stays cancelled').toBe(false);
  const refused = submission();
  await submissions.accept(refused, sending);
  await submissions.rejected(refused.submissionID, problem);
  expect(await submissions.cancelled(refused.accountID, refused.submissionID, by)).toBeUndefined();
});

test('a submission that an earlier version took in, larger than is taken today, is listed, delivered and can be cancelled', async () => {
  const submissions = submissionsIn(fresh.store.db);
  const [one, other] = [submission(), submission()];
  const large: NewTicket = {
    ...ticket,
    title: 'T'.repeat(2_000),
    body: `<p>${'&lt;'.repeat(100_000)}</p>`,
    author: 'A'.repeat(2_000),
  };
  await submissions.accept({ ...one, payload: large }, undefined);
  await submissions.accept({ ...other, payload: large }, undefined);
  expect(await submissions.waiting(one.accountID)).toMatchObject([{ submissionID: one.submissionID, payload: large }]);
  const by = { personID: 'p', personName: 'Mel', requestID: 'r-2' };
  expect(await submissions.cancelled(other.accountID, other.submissionID, by)).toMatchObject({ state: 'cancelled' });
  const taken = await submissions.claimDue('b', 60_000, 100);
  expect(taken.find(({ submissionID }) => submissionID === one.submissionID)).toMatchObject({ payload: large });
});

test('two workers never lease the same submission, and accounts take turns', async () => {
  const submissions = submissionsIn(fresh.store.db);
  await fresh.store.db.execute(sql`delete from submissions`);
  const [flooded, other] = [randomUUID(), randomUUID()];
  for (let index = 0; index < 20; index += 1) await submissions.accept(submission(flooded), undefined);
  const lonely = submission(other);
  await submissions.accept(lonely, undefined);
  const [a, b] = await Promise.all([submissions.claimDue('a', 60_000, 3), submissions.claimDue('b', 60_000, 3)]);
  const leased = [...a, ...b].map((row) => row.submissionID);
  expect(new Set(leased).size).toBe(leased.length);
  expect(leased).toContain(lonely.submissionID);
});

test('what a dead sender held is taken up again as what may have arrived, all of it at once', async () => {
  const submissions = submissionsIn(fresh.store.db);
  await fresh.store.db.execute(sql`delete from submissions`);
  const [one, two] = [submission(), submission()];
  for (const held of [one, two]) await submissions.accept(held, { ...sending, leaseMs: -1 });
  const taken = await submissions.claimDue('b', 60_000, 3);
  expect(taken.map(({ submissionID }) => submissionID).sort()).toEqual([one.submissionID, two.submissionID].sort());
  const known = { state: 'queued', reason: 'interrupted', mayHaveArrived: true };
  expect(taken).toMatchObject([known, known]);
});

test('a ticket that waited through an outage is looked for from when it was first sent, not from when it was accepted', async () => {
  const submissions = submissionsIn(fresh.store.db);
  await fresh.store.db.execute(sql`delete from submissions`);
  const one = submission();
  await submissions.accept(one, undefined);
  await fresh.store.db.execute(
    sql`update submissions set created_at = created_at - interval '1 hour', first_sent_at = first_sent_at - interval '1 hour'`,
  );
  await submissions.claimDue('a', 60_000, 3);
  const sent = await submissions.sendingAgain(one.submissionID, sending);
  expect(Date.now() - (sent?.firstSentAt?.getTime() ?? 0)).toBeLessThan(30 * 60_000);
});

test('who does not hold a submission any more neither puts it back nor sends it', async () => {
  const submissions = submissionsIn(fresh.store.db);
  await fresh.store.db.execute(sql`delete from submissions`);
  const one = submission();
  await submissions.accept(one, sending);
  expect(await submissions.requeued(one.submissionID, 'b', unclear)).toBeUndefined();
  await submissions.requeued(one.submissionID, 'a', unclear);
  expect(await submissions.claimDue('b', 60_000, 3)).toHaveLength(1);
  expect(await submissions.claimDue('c', 60_000, 3)).toEqual([]);
  await submissions.postponed(one.submissionID, 'a', 60_000);
  expect(await leaseOwnerOf(fresh.store.db, one.submissionID)).toBe('b');
  expect(await submissions.sendingAgain(one.submissionID, sending)).toBeUndefined();
  await fresh.store.db.execute(
    sql`update submissions set first_sent_at = now() - interval '1 hour' where submission_id = ${one.submissionID}`,
  );
  const again = await submissions.sendingAgain(one.submissionID, { ...sending, owner: 'b' });
  expect(again).toMatchObject({ state: 'sending', attempts: 2, mayHaveArrived: true });
  expect(await leaseOwnerOf(fresh.store.db, one.submissionID)).toBe('b');
  expect(Date.now() - (again?.firstSentAt?.getTime() ?? 0), 'the first time stands').toBeGreaterThan(59 * 60_000);
  expect(await submissions.sendingAgain(one.submissionID, { ...sending, owner: 'b' })).toBeUndefined();
});

test('a sender whose lease ran out does not put back what a worker of the same process has taken up', async () => {
  const submissions = submissionsIn(fresh.store.db);
  await fresh.store.db.execute(sql`delete from submissions`);
  const one = submission();
  await submissions.accept(one, { ...sending, leaseMs: -1 });
  expect(await submissions.claimDue('a', 60_000, 3)).toHaveLength(1);
  expect(await submissions.requeued(one.submissionID, 'a', unclear)).toBeUndefined();
  expect(await submissions.find(one.accountID, one.submissionID)).toMatchObject({ mayHaveArrived: true });
  expect(await leaseOwnerOf(fresh.store.db, one.submissionID)).toBe('a');
});

test('what was only looked for can be taken up again as soon as its pause is over', async () => {
  const submissions = submissionsIn(fresh.store.db);
  await fresh.store.db.execute(sql`delete from submissions`);
  const one = submission();
  await submissions.accept(one, undefined);
  expect(await submissions.claimDue('a', 60_000, 3)).toHaveLength(1);
  await submissions.postponed(one.submissionID, 'a', 0);
  expect(await submissions.claimDue('b', 60_000, 3)).toHaveLength(1);
});

test('what is sent again is its sender’s, and may still arrive, for as long as what is sent for the first time', async () => {
  const submissions = submissionsIn(fresh.store.db);
  await fresh.store.db.execute(sql`delete from submissions`);
  const one = submission();
  await submissions.accept(one, undefined);
  // A negative lease, so that it has run out before the submission is sent.
  await submissions.claimDue('a', -1, 3);
  const again = await submissions.sendingAgain(one.submissionID, sending);
  expect(again, 'its first attempt, for which nothing is waited any more').toMatchObject({
    attempts: 1,
    reason: undefined,
  });
  expect(again?.settlesAt?.getTime()).toBeGreaterThan(Date.now());
  expect(await submissions.claimDue('b', 60_000, 3)).toEqual([]);
});

test('a key is that of one person in one account: whoever else uses it files another ticket, and is told of that', async () => {
  const submissions = submissionsIn(fresh.store.db);
  const mine = submission(randomUUID());
  const others = [
    { ...mine, submissionID: randomUUID(), personID: 'q' },
    { ...mine, submissionID: randomUUID(), accountID: randomUUID() },
  ];
  for (const one of [...others, mine]) {
    await submissions.accept(one, undefined);
    expect(await submissions.findByKey(one.accountID, one.personID, one.idempotencyKey)).toMatchObject({
      submissionID: one.submissionID,
    });
  }
});

test('what waits or is on its way is listed for its account alone, newest first', async () => {
  const submissions = submissionsIn(fresh.store.db);
  const accountID = randomUUID();
  const [older, newer] = [submission(accountID), submission(accountID)];
  await submissions.accept(older, sending);
  for (const one of [submission(), newer]) await submissions.accept(one, undefined);
  expect((await submissions.waiting(accountID)).map(({ submissionID }) => submissionID)).toEqual([
    newer.submissionID,
    older.submissionID,
  ]);
  expect(await submissions.find(randomUUID(), older.submissionID)).toBeUndefined();
});

test('what is to wait is taken by nobody before', async () => {
  const submissions = submissionsIn(fresh.store.db);
  await fresh.store.db.execute(sql`delete from submissions`);
  const one = submission();
  await submissions.accept(one, sending);
  await submissions.requeued(one.submissionID, 'a', { reason: 'timeout', mayHaveArrived: false, againInMs: 60_000 });
  expect(await submissions.claimDue('b', 60_000, 3)).toEqual([]);
});

test('once Moov is back, what waited only because it was down is due: neither what Moov asked to wait nor what may have arrived', async () => {
  const submissions = submissionsIn(fresh.store.db);
  await fresh.store.db.execute(sql`delete from submissions`);
  const [down, slow, broken, limited, unsure] = [submission(), submission(), submission(), submission(), submission()];
  for (const [one, reason, mayHaveArrived] of [
    [down, 'unavailable', false],
    [slow, 'timeout', false],
    [broken, 'broken', false],
    [limited, 'rate-limited', false],
    [unsure, 'timeout', true],
  ] as const) {
    await submissions.accept(one, sending);
    await submissions.requeued(one.submissionID, 'a', { reason, mayHaveArrived, againInMs: 60_000 });
  }
  await submissions.wake();
  const taken = await submissions.claimDue('b', 60_000, 10);
  expect(taken.map(({ submissionID }) => submissionID).sort()).toEqual(
    [down, slow, broken].map(({ submissionID }) => submissionID).sort(),
  );
});

test('once Moov is back, whatever waited because it was down is due, however much it is', async () => {
  const submissions = submissionsIn(fresh.store.db);
  await fresh.store.db.execute(sql`delete from submissions`);
  const one = submission();
  await submissions.accept(one, undefined);
  await fresh.store.db.execute(sql`update submissions set next_attempt_at = now() + interval '1 minute'`);
  // Copies of the row, each with an id and an idempotency key of its own.
  await fresh.store.db.execute(sql`
    insert into submissions select (jsonb_populate_record(s, jsonb_build_object('submission_id', gen_random_uuid(), 'idempotency_key', gen_random_uuid()))).*
    from submissions s, generate_series(1, 1500)`);
  await submissions.wake();
  expect(await rows(sql`select count(*)::int as waiting from submissions where next_attempt_at > now()`)).toEqual([
    { waiting: 0 },
  ]);
});

test('an instance that stops gives back what it holds, sent or not, and nothing of another’s', async () => {
  const submissions = submissionsIn(fresh.store.db);
  await fresh.store.db.execute(sql`delete from submissions`);
  const [leased, sent, others] = [submission(), submission(), submission()];
  await submissions.accept(leased, undefined);
  expect(await submissions.claimDue('a', 60_000, 3)).toHaveLength(1);
  await submissions.accept(sent, sending);
  await submissions.accept(others, { ...sending, owner: 'b' });
  await submissions.handBack('a');
  const taken = await submissions.claimDue('c', 60_000, 3);
  expect(taken.map(({ submissionID, mayHaveArrived }) => [submissionID, mayHaveArrived]).sort()).toEqual(
    [
      [leased.submissionID, false],
      [sent.submissionID, true],
    ].sort(),
  );
});

test('the only process of a database takes up what one before it held, sent or not', async () => {
  const submissions = submissionsIn(fresh.store.db);
  await fresh.store.db.execute(sql`delete from submissions`);
  await submissions.accept(submission(), undefined);
  expect(await submissions.claimDue('a', 60_000, 3)).toHaveLength(1);
  await submissions.accept(submission(), sending);
  await submissions.orphanAll();
  expect(await submissions.claimDue('b', 60_000, 3)).toHaveLength(2);
});

type Telling = (submissions: Submissions, one: ReturnType<typeof submission>) => Promise<unknown>;
test.each<[string, Telling]>([
  ['because Moov was down', (submissions, one) => submissions.accept(one, undefined)],
  [
    'because the answer was unclear',
    async (submissions, one) => {
      await submissions.accept(one, sending);
      await submissions.requeued(one.submissionID, 'a', unclear);
    },
  ],
  [
    'because its sender died',
    async (submissions, one) => {
      await submissions.accept(one, { ...sending, leaseMs: -1 });
      await submissions.claimDue('b', 60_000, 100);
    },
  ],
  [
    'because Moov was slow',
    async (submissions, one) => {
      await submissions.accept(one, sending);
      await submissions.kept(one.submissionID);
    },
  ],
])('a ticket that was kept %s, and refused then, is listed until it is dismissed', async (_, keep) => {
  const submissions = submissionsIn(fresh.store.db);
  await fresh.store.db.execute(sql`delete from submissions`);
  const accountID = randomUUID();
  const [one, answered] = [submission(accountID), submission(accountID)];
  await keep(submissions, one);
  await submissions.accept(answered, sending);
  for (const { submissionID } of [one, answered]) await submissions.rejected(submissionID, problem);
  const listed = async () => (await submissions.waiting(accountID)).map(({ submissionID }) => submissionID);
  const by = { personID: 'q', personName: 'Kim', requestID: 'r-9' };
  await submissions.dismissed(randomUUID(), one.submissionID, by);
  expect(await listed()).toEqual([one.submissionID]);
  await submissions.dismissed(accountID, one.submissionID, by);
  expect(await listed()).toEqual([]);
});

test('a refused ticket that is corrected is sent as if for the first time', async () => {
  const submissions = submissionsIn(fresh.store.db);
  const one = submission();
  await submissions.accept(one, sending);
  await submissions.rejected(one.submissionID, problem);
  await fresh.store.db.execute(
    sql`update submissions set first_sent_at = now() - interval '1 hour', settles_at = now() - interval '1 hour' where submission_id = ${one.submissionID}`,
  );
  const corrected = { ...one, fingerprint: 'g', payload: { ...ticket, title: 'Another' }, requestID: 'r-2' };
  const again = await submissions.acceptCorrected(one.submissionID, corrected, sending);
  expect(again).toMatchObject({
    state: 'sending',
    mayHaveArrived: true,
    attempts: 2,
    payload: corrected.payload,
    requestID: 'r-2',
  });
  expect(again?.problem).toBeUndefined();
  expect(Date.now() - (again?.firstSentAt?.getTime() ?? 0)).toBeLessThan(60_000);
  expect(again?.settlesAt?.getTime(), 'until then it may still arrive').toBeGreaterThan(Date.now());
  expect(await submissions.acceptCorrected(one.submissionID, corrected, sending)).toBeUndefined();
  expect(await rows(sql`select settled_at from submissions where submission_id = ${one.submissionID}`)).toEqual([
    { settled_at: null },
  ]);
});

test('a refused ticket that is corrected while Moov is down is delivered when its turn comes, and listed should it be refused again', async () => {
  const submissions = submissionsIn(fresh.store.db);
  await fresh.store.db.execute(sql`delete from submissions`);
  const one = submission();
  await submissions.accept(one, sending);
  await submissions.rejected(one.submissionID, problem);
  expect(await submissions.acceptCorrected(one.submissionID, { ...one, fingerprint: 'g' }, undefined)).toMatchObject({
    state: 'queued',
    mayHaveArrived: false,
  });
  expect(await submissions.claimDue('b', 60_000, 3)).toMatchObject([{ submissionID: one.submissionID }]);
  await submissions.rejected(one.submissionID, problem);
  const listed = async () => (await submissions.waiting(one.accountID)).map(({ submissionID }) => submissionID);
  expect(await listed()).toEqual([one.submissionID]);
  // If it is refused while the person waits for the answer, the person knows, so it is not listed.
  await submissions.acceptCorrected(one.submissionID, { ...one, fingerprint: 'h' }, sending);
  await submissions.rejected(one.submissionID, problem);
  expect(await listed()).toEqual([]);
});

test('a ticket that was given up is not corrected under its key: what may have arrived has the same reference', async () => {
  const submissions = submissionsIn(fresh.store.db);
  const one = submission();
  await submissions.accept(one, sending);
  await submissions.requeued(one.submissionID, 'a', { ...unclear, mayHaveArrived: true });
  const by = { personID: 'operator', personName: 'operator', requestID: 'admin' };
  expect(await submissions.givenUp(one.submissionID, by, problem)).toMatchObject({ state: 'rejected', problem });
  expect(await submissions.acceptCorrected(one.submissionID, { ...one, fingerprint: 'g' }, sending)).toBeUndefined();
});

test('a twin is a submission of the same account and reference that is on the wire at this moment', async () => {
  const submissions = submissionsIn(fresh.store.db);
  const foreignID = randomUUID();
  const accept = async (accountID: string, how: typeof sending | undefined) => {
    const stored = await submissions.accept({ ...submission(accountID), foreignID }, how);
    if (stored === undefined) throw new Error('it is accepted');
    return stored;
  };
  const accountID = randomUUID();
  const one = await accept(accountID, sending);
  const lookedFor = await accept(accountID, undefined);
  await fresh.store.db.execute(
    sql`update submissions set lease_ends_at = now() + interval '1 minute' where submission_id = ${lookedFor.submissionID}`,
  );
  await accept(accountID, { ...sending, leaseMs: -1 });
  await accept(randomUUID(), sending);
  expect(await submissions.twinOnTheWire(one)).toBe(false);
  await accept(accountID, sending);
  expect(await submissions.twinOnTheWire(one)).toBe(true);
});

const foreverMs = 10 * 365 * 24 * 3_600_000;

test('a twin is looked for while it may have arrived and its settle time is not over, and for an hour if that is years away', async () => {
  const submissions = submissionsIn(fresh.store.db);
  const foreignID = randomUUID();
  const accountID = randomUUID();
  const accept = async (how: typeof sending | undefined, account = accountID) => {
    const stored = await submissions.accept({ ...submission(account), foreignID }, how);
    if (stored === undefined) throw new Error('it is accepted');
    return stored;
  };
  const one = await accept(sending);
  await accept(undefined);
  await accept(sending, randomUUID());
  const settled = await accept(sending);
  await submissions.rejected(settled.submissionID, problem);
  await submissions.created((await accept(sending)).submissionID, randomUUID());
  const notSent = { reason: 'unavailable', mayHaveArrived: false, againInMs: 0, settlesInMs: undefined } as const;
  await submissions.requeued((await accept(sending)).submissionID, sending.owner, notSent);
  await accept({ ...sending, settlesInMs: -1 });
  expect(await submissions.twinLookedFor(one)).toBe(false);
  for (const settlesInMs of [sending.settlesInMs, foreverMs]) {
    const twin = await accept({ ...sending, settlesInMs });
    expect(await submissions.twinLookedFor(one)).toBe(true);
    await fresh.store.db.execute(
      sql`update submissions set updated_at = now() - interval '61 minutes' where submission_id = ${twin.submissionID}`,
    );
    expect(await submissions.twinLookedFor(one)).toBe(settlesInMs !== foreverMs);
    await submissions.rejected(twin.submissionID, problem);
  }
});

test('a ticket that Moov said it has created belongs for an hour to one of that name and content, until it is found', async () => {
  const submissions = submissionsIn(fresh.store.db);
  const foreignID = randomUUID();
  const accountID = randomUUID();
  const accept = async (given: Partial<NewSubmission>, settlesInMs: number) => {
    const stored = await submissions.accept({ ...submission(accountID), foreignID, ...given }, sending);
    if (stored === undefined) throw new Error('it is accepted');
    const why = { reason: 'unreadable', mayHaveArrived: true, againInMs: 0, settlesInMs } as const;
    await submissions.requeued(stored.submissionID, sending.owner, why);
    return stored;
  };
  const one = await accept({}, foreverMs);
  await accept({}, sending.settlesInMs);
  await accept({ personName: 'Kim' }, foreverMs);
  await accept({ fingerprint: 'another' }, foreverMs);
  expect(await submissions.twinCreated(one)).toBe(false);
  const twin = await accept({}, foreverMs);
  expect(await submissions.twinCreated(one)).toBe(true);
  await fresh.store.db.execute(
    sql`update submissions set updated_at = now() - interval '61 minutes' where submission_id = ${twin.submissionID}`,
  );
  expect(await submissions.twinCreated(one)).toBe(false);
  const found = await accept({}, foreverMs);
  await submissions.found(found, randomUUID());
  expect(await submissions.twinCreated(one)).toBe(false);
});

test('doubles are looked for once, a minute after a ticket that took more than one attempt is delivered, for two days, the oldest first', async () => {
  const submissions = submissionsIn(fresh.store.db);
  await fresh.store.db.execute(sql`delete from submissions`);
  const [once, twice, now, later, old] = [submission(), submission(), submission(), submission(), submission()];
  for (const { submissionID, ...one } of [once, later, twice, now, old]) {
    await submissions.accept({ submissionID, ...one }, sending);
    await submissions.created(submissionID, randomUUID());
  }
  const change = (one: { submissionID: string }, set: ReturnType<typeof sql>) =>
    fresh.store.db.execute(sql`update submissions set ${set} where submission_id = ${one.submissionID}`);
  await change(once, sql`settled_at = now() - interval '2 minutes'`);
  await change(twice, sql`settled_at = now() - interval '2 minutes', attempts = 2`);
  await change(later, sql`settled_at = now() - interval '90 seconds', attempts = 2`);
  await change(old, sql`settled_at = now() - interval '49 hours', attempts = 2`);
  await change(now, sql`attempts = 2`);
  const toReconcile = async (most: number, passedOver: number) =>
    (await submissions.toReconcile(48, most, passedOver)).map(({ submissionID }) => submissionID);
  expect(await toReconcile(10, 0)).toEqual([twice.submissionID, later.submissionID]);
  expect(await toReconcile(1, 0)).toEqual([twice.submissionID]);
  expect(await toReconcile(10, 1)).toEqual([later.submissionID]);
  expect(await submissions.reconciled(twice.submissionID)).toBe(true);
  expect(await submissions.reconciled(twice.submissionID)).toBe(false);
  expect(await toReconcile(10, 0)).toEqual([later.submissionID]);
});

test('an operator is told the age of the oldest ticket that is not delivered, whether it waits or is on its way', async () => {
  const submissions = submissionsIn(fresh.store.db);
  for (const [sent, queued] of [
    [600, 60],
    [60, 600],
  ] as const) {
    await fresh.store.db.execute(sql`delete from submissions`);
    for (const [how, age] of [
      [sending, sent],
      [undefined, queued],
    ] as const) {
      const one = submission();
      await submissions.accept(one, how);
      await fresh.store.db.execute(
        sql`update submissions set created_at = now() - make_interval(secs => ${age}) where submission_id = ${one.submissionID}`,
      );
    }
    expect(Math.round((await submissions.oldestWaitingSeconds()) / 10)).toBe(60);
  }
  await fresh.store.db.execute(sql`delete from submissions`);
  expect(await submissions.oldestWaitingSeconds()).toBe(0);
});

test('a ticket found upstream can be claimed by one submission alone', async () => {
  const submissions = submissionsIn(fresh.store.db);
  const accountID = randomUUID();
  const ticketID = randomUUID();
  const [one, two] = [
    await submissions.accept(submission(accountID), sending),
    await submissions.accept(submission(accountID), sending),
  ];
  if (one === undefined || two === undefined) throw new Error('both are accepted');
  const claims = await Promise.all([one, two].map((stored) => submissions.found(stored, ticketID, 'up-1')));
  expect(claims.filter((row) => row !== undefined)).toHaveLength(1);
  expect(await rows(sql`select action, upstream_request_id from audit where ticket_id = ${ticketID}`)).toEqual([
    { action: 'submission-created', upstream_request_id: 'up-1' },
  ]);
  const [winner, loser] = claims[0] === undefined ? [two, one] : [one, two];
  expect(await submissions.found(winner, randomUUID()), 'and has one ticket').toBeUndefined();
  const taken = (account: string, by: { submissionID: string }) =>
    submissions.claimedByOthers(account, by.submissionID, [ticketID, randomUUID()]);
  expect(await taken(accountID, loser)).toEqual(new Set([ticketID]));
  expect(await taken(accountID, winner)).toEqual(new Set());
  expect(await taken(randomUUID(), loser), 'in another account the id is another ticket’s').toEqual(new Set());
});

test('a look that ends after its submission was settled leaves the ticket that it found to the submission whose it is', async () => {
  const submissions = submissionsIn(fresh.store.db);
  const accountID = randomUUID();
  const [settled, twin] = [
    await submissions.accept(submission(accountID), sending),
    await submissions.accept(submission(accountID), sending),
  ];
  if (settled === undefined || twin === undefined) throw new Error('both are accepted');
  const [own, others] = [randomUUID(), randomUUID()];
  await submissions.created(settled.submissionID, own);
  expect(await submissions.found(settled, others)).toBeUndefined();
  expect(await submissions.claimedByOthers(accountID, twin.submissionID, [others])).toEqual(new Set());
  expect(await submissions.found(twin, others)).toMatchObject({ state: 'created', ticketID: others });
});

test('an answer with a ticket that another submission has claimed meanwhile is noted all the same, and so is what is noted with it', async () => {
  const submissions = submissionsIn(fresh.store.db);
  const accountID = randomUUID();
  const [claimed, own] = [randomUUID(), randomUUID()];
  const [twin, late, other] = [submission(accountID), submission(accountID), submission(accountID)];
  for (const one of [late, other]) await submissions.accept(one, sending);
  const stored = await submissions.accept(twin, sending);
  if (stored === undefined) throw new Error('it is accepted');
  await submissions.found(stored, claimed);
  const noted = [submissions.created(late.submissionID, claimed), submissions.created(other.submissionID, own)];
  expect(await Promise.all(noted)).toEqual([true, true]);
  expect(await submissions.claimedByOthers(accountID, late.submissionID, [claimed, own])).toEqual(
    new Set([claimed, own]),
  );
});

test.each<[string, SettledState, Telling]>([
  ['created', 'created', (submissions, { submissionID }) => submissions.created(submissionID, randomUUID())],
  [
    'found upstream',
    'created',
    async (submissions, { accountID, submissionID }) => {
      const stored = await submissions.find(accountID, submissionID);
      return stored && submissions.found(stored, randomUUID());
    },
  ],
  ['refused', 'rejected', (submissions, { submissionID }) => submissions.rejected(submissionID, problem)],
  [
    'cancelled',
    'cancelled',
    (submissions, { accountID, submissionID }) =>
      submissions.cancelled(accountID, submissionID, { personID: 'q', personName: 'Pat', requestID: 'r-2' }),
  ],
])(
  'what is %s is counted as %s once, waits for nothing any more, and is removed thirty days later, not before',
  async (_, state, settle) => {
    const counted: string[] = [];
    const submissions = tellSettled(submissionsIn(fresh.store.db), (told) => counted.push(told));
    await fresh.store.db.execute(sql`delete from submissions`);
    const [old, young] = [submission(), submission()];
    for (const one of [old, young]) await submissions.accept(one, undefined);
    await fresh.store.db.execute(sql`update submissions set updated_at = now() - interval '1 hour'`);
    await submissions.claimDue('b', 60_000, 3);
    for (const one of [old, young]) {
      for (let times = 0; times < 2; times += 1) await settle(submissions, one);
      const settled = await submissions.find(one.accountID, one.submissionID);
      expect(settled).toMatchObject({
        state,
        payload: undefined,
        reason: undefined,
        nextAttemptAt: undefined,
      });
      expect(await leaseOwnerOf(fresh.store.db, one.submissionID)).toBeNull();
      expect(Date.now() - (settled?.updatedAt.getTime() ?? 0)).toBeLessThan(60_000);
    }
    expect(counted).toEqual([state, state]);
    const daysAgo = sql`case when submission_id = ${old.submissionID} then 31 else 29 end`;
    await fresh.store.db.execute(
      sql`update submissions set settled_at = settled_at - make_interval(days => ${daysAgo})`,
    );
    await submissions.purge();
    expect(await submissions.find(old.accountID, old.submissionID)).toBeUndefined();
    expect(await submissions.find(young.accountID, young.submissionID)).toBeDefined();
  },
);
