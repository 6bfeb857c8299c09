import { sql } from 'drizzle-orm';
import { beforeAll, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { freshStore } from '../testing/database.ts';
import { type Asked, askEverything, type Cost, fill } from '../testing/growth.ts';
import { sessionsIn } from './sessions.ts';
import { mostCounted, rowsOf } from './store.ts';
import { submissionsIn } from './submissions.ts';

const onPostgres = process.env.TEST_DATABASE_URL !== undefined;
/** Large enough that reading a table from end to end cannot be missed; the embedded one fills more slowly. */
const size = onPostgres ? 50_000 : 20_000;
/** What one statement may look at, however large the tables are: the most that any list gives, or a claim compares. */
const most = { rows: 1_500, pages: 4_000 };
/** The counts for /metrics go through more, up to a bound, by an index as well. */
const counts = ['sessions.count', 'submissions.countWaiting'];
const mostOfCounts = { rows: 2 * mostCounted, pages: 4 * mostCounted };
/** These change all that waits: after a restore by hand, and, a thousand at a time, when Moov is back. */
const changesAll = ['operators.doubtAll', 'submissions.wake'];

const isMoreThan = (bound: { rows: number; pages: number }, cost: Cost) =>
  cost.scanned.length > 0 || cost.rows > bound.rows || cost.pages > bound.pages;

const fresh = freshStore();
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
