import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import pino from 'pino';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { NewTicket } from '../../contract/ticket.ts';
import { openStore, StoreError } from '../store/store.ts';
import { submissionsIn } from '../store/submissions.ts';
import { freshStore } from '../testing/database.ts';

const log = pino({ level: 'silent' });
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
  });
  expect(await submissions.created(one.submissionID, randomUUID(), 'up-1')).toBe(true);
  expect(await submissions.created(one.submissionID, randomUUID(), 'up-2')).toBe(false);
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
      sql`select data->>'state' as state from events where data->>'submissionID' = ${one.submissionID} order by event_id`,
    ),
  ).toEqual([{ state: 'sending' }, { state: 'created' }]);
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
      sql`select person_name from audit where submission_id = ${two.submissionID} and action = 'submission-cancelled'`,
    ),
  ).toEqual([{ person_name: 'Pat' }]);
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

test('what a dead sender held is taken up again as one that may have arrived', async () => {
  const submissions = submissionsIn(fresh.store.db);
  await fresh.store.db.execute(sql`delete from submissions`);
  const one = submission();
  await submissions.accept(one, { ...sending, leaseMs: -1 });
  expect(await submissions.claimDue('b', 60_000, 3)).toMatchObject([
    { submissionID: one.submissionID, state: 'queued', reason: 'interrupted', mayHaveArrived: true },
  ]);
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
  const claims = await Promise.all([submissions.found(one, ticketID), submissions.found(two, ticketID)]);
  expect(claims.filter((row) => row !== undefined)).toHaveLength(1);
});

test('settled submissions are removed after thirty days, and not before', async () => {
  const submissions = submissionsIn(fresh.store.db);
  const [old, young] = [submission(), submission()];
  for (const one of [old, young]) {
    await submissions.accept(one, sending);
    await submissions.created(one.submissionID, randomUUID());
  }
  await fresh.store.db.execute(
    sql`update submissions set settled_at = now() - interval '31 days' where submission_id = ${old.submissionID}`,
  );
  await submissions.purge(30);
  expect(await submissions.find(old.accountID, old.submissionID)).toBeUndefined();
  expect(await submissions.find(young.accountID, young.submissionID)).toBeDefined();
});

if (process.env.TEST_DATABASE_URL === undefined)
  test('a second process on one embedded database is refused with a sentence that says what to do', async () => {
    await expect(openStore(fresh.where, log)).rejects.toThrow(StoreError);
    await expect(openStore(fresh.where, log)).rejects.toThrow(/Another process is using the embedded database/);
  });
