import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { beforeAll, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { freshStore } from '../testing/database.ts';
import { type Asked, askEverything, type Cost, fill } from '../testing/growth.ts';
import { mostCounted, rowsOf } from './query.ts';
import { sessionsIn } from './sessions.ts';
import { type NewSubmission, submissionsIn } from './submissions.ts';

const onPostgres = process.env.TEST_DATABASE_URL !== undefined;
/** Rows in each table: enough to notice when a whole table is read. Fewer with the embedded database, which fills more slowly. */
const size = onPostgres ? 50_000 : 20_000;
/** The most that one statement may read, however large the tables are: as much as the longest list, or a claim of the worker. */
const most = { rows: 1_500, pages: 4_000 };
/** The counts for /metrics may read more rows, up to a bound, but also by an index. */
const counts = ['sessions.count', 'submissions.countWaiting'];
const mostOfCounts = { rows: 2 * mostCounted, pages: 4 * mostCounted };
/** These change all waiting submissions: `doubtAll` after a restore, `wake`, in steps of a thousand, when Moov is back. */
const changesAll = ['operators.doubtAll', 'submissions.wake'];

const isMoreThan = (bound: { rows: number; pages: number }, cost: Cost) =>
  cost.scanned.length > 0 || cost.rows > bound.rows || cost.pages > bound.pages;

const fresh = freshStore();
/** A database that grows from empty tables, faster than PostgreSQL's autovacuum analyses them. */
const young = freshStore();
let told: Map<string, Asked[]>;
beforeAll(async () => {
  await fill(fresh.store.db, size);
  told = await askEverything(fresh.store.db, size);
});

test('however much is stored, what a person or a worker asks for is answered by an index and costs the same', () => {
  const asked = [...told].filter(([name]) => !changesAll.includes(name));
  expect(asked.length).toBeGreaterThan(40);
  const slow = asked.flatMap(([name, statements]) =>
    statements
      .filter(({ cost }) => isMoreThan(counts.includes(name) ? mostOfCounts : most, cost))
      .map(({ text, cost }) => ({ name, cost, text })),
  );
  expect(slow).toEqual([]);
});

test('the measure would find what reads everything', () => {
  expect(told.get('operators.doubtAll')?.some(({ cost }) => isMoreThan(most, cost))).toBe(true);
});

test('what a new portal asks for is answered by an index too, though it was planned while there was next to nothing', async () => {
  const { db } = young.store;
  const submissions = submissionsIn(db);
  const newSubmission = (): NewSubmission => {
    const submissionID = randomUUID();
    return {
      submissionID,
      accountID: randomUUID(),
      personID: 'p',
      personName: 'Mel',
      idempotencyKey: randomUUID(),
      fingerprint: 'f',
      payload: { title: 'Young', body: '<p>x</p>', contact: { email: 'a@example.com' } },
      asItself: true,
      foreignID: `portal-${submissionID}`,
      requestID: 'r-1',
    };
  };
  const sending = { owner: 'me', leaseMs: 60_000, settlesInMs: 60_000 };
  const file = async () => {
    const { submissionID } = (await submissions.accept(newSubmission(), sending)) ?? {};
    if (submissionID === undefined) throw new Error('a new submission must be accepted');
    expect(await submissions.created(submissionID, randomUUID())).toBe(true);
  };
  const readToTheEnd = async () => {
    await db.execute(sql`select pg_stat_force_next_flush()`);
    const given = await db.execute(
      sql`select coalesce(sum(seq_scan), 0)::int as count from pg_stat_user_tables where relname in ('submissions', 'claims', 'limits', 'events')`,
    );
    return rowsOf(z.object({ count: z.number() }), given)[0]?.count;
  };
  for (let ticket = 0; ticket < 10; ticket += 1) await file();
  await Promise.all(Array.from({ length: 2_000 }, () => submissions.accept(newSubmission(), sending)));
  const before = await readToTheEnd();
  for (let ticket = 0; ticket < 10; ticket += 1) await file();
  expect(await readToTheEnd()).toBe(before);
});

test('the metrics count what is there, and of much no more than a bound', async () => {
  expect(await sessionsIn(fresh.store.db).count()).toBe(mostCounted);
  const [given] = rowsOf(
    z.object({ sending: z.number(), queued: z.number() }),
    await fresh.store.db.execute(sql`
      select count(*) filter (where state = 'sending')::int as sending, count(*) filter (where state = 'queued')::int as queued from submissions`),
  );
  expect(given?.queued).toBeGreaterThan(1_000);
  expect(await submissionsIn(fresh.store.db).countWaiting()).toEqual(given);
});
