import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import pino from 'pino';
import { beforeEach, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { rowsOf } from '../store/query.ts';
import { openStore } from '../store/store.ts';
import { submissionsIn } from '../store/submissions.ts';
import { freshStore } from '../testing/database.ts';

const log = pino({ level: 'silent' });
const fresh = freshStore();
beforeEach(() => fresh.store.db.execute(sql`delete from submissions`));

/** Puts `count` tickets of an account into the queue, one a millisecond, the last of them `secondsAgo`. */
async function queue(accountID: string, count: number, secondsAgo: number) {
  await fresh.store.db.execute(sql`
    insert into submissions (submission_id, account_id, person_id, person_name, idempotency_key, fingerprint, payload, as_itself, foreign_id,
      state, kept, reason, may_have_arrived, request_id, created_at, next_attempt_at)
    select gen_random_uuid(), ${accountID}, 'p', 'Mel', gen_random_uuid(), 'f', null, true, 'r-' || i, 'queued', true, 'circuit-open', false, 'r', at, at
    from (select i, now() - make_interval(secs => ${secondsAgo} + (${count} - i) * 0.001) as at from generate_series(1, ${count}::int) as i) as given`);
}
const accountsOf = (claimed: { accountID: string }[]) => claimed.map(({ accountID }) => accountID);

test('behind five thousand tickets of one account, another account’s only ticket is in the first batch', async () => {
  const [flood, lonely] = [randomUUID(), randomUUID()];
  await queue(flood, 5_000, 60);
  await queue(lonely, 1, 0);
  const batch = await submissionsIn(fresh.store.db).claimDue('a', 60_000, 16);
  expect(batch).toHaveLength(16);
  expect(accountsOf(batch)).toContain(lonely);
});

test('two floods share a worker evenly, whichever began first; each is taken oldest first', async () => {
  const [first, second] = [randomUUID(), randomUUID()];
  await queue(first, 2_000, 60);
  await queue(second, 2_000, 0);
  const submissions = submissionsIn(fresh.store.db);
  for (let round = 0; round < 3; round += 1) {
    const batch = await submissions.claimDue('a', 60_000, 16);
    for (const accountID of [first, second]) {
      const own = batch.filter((one) => one.accountID === accountID);
      expect(own).toHaveLength(8);
      expect(own.map(({ foreignID }) => foreignID).sort()).toEqual(
        Array.from({ length: 8 }, (_, index) => `r-${round * 8 + index + 1}`).sort(),
      );
    }
  }
});

test('of more accounts than there are places, those that have waited longest are first', async () => {
  const ages = [5, 40, 10, 35, 20, 15, 30, 25];
  const accountOf = new Map(ages.map((age) => [age, randomUUID()]));
  for (const [age, accountID] of accountOf) await queue(accountID, 1, age);
  const batch = await submissionsIn(fresh.store.db).claimDue('a', 60_000, 4);
  expect(accountsOf(batch).sort()).toEqual([40, 35, 30, 25].map((age) => accountOf.get(age)).sort());
});

test('with more accounts than one look takes in, behind a flood, each of them is served within a few batches', async () => {
  const flood = randomUUID();
  await queue(flood, 3_000, 60);
  const others = Array.from({ length: 200 }, () => randomUUID());
  for (const accountID of others) await queue(accountID, 1, 0);
  const submissions = submissionsIn(fresh.store.db);
  const waiting = new Set<string>(others);
  let batches = 0;
  while (waiting.size > 0 && batches < 100) {
    batches += 1;
    for (const accountID of accountsOf(await submissions.claimDue('a', 60_000, 16))) waiting.delete(accountID);
  }
  // In each batch of 16 the flood takes one place, so 200 submissions need at least 14 batches.
  expect(batches).toBeLessThan(25);
});

test('two workers on one database take different tickets, twice as many as one, until all are taken once', async () => {
  for (let account = 0; account < 5; account += 1) await queue(randomUUID(), 40, 10);
  const workers = ['a', 'b'].map((owner) => ({
    owner,
    submissions: submissionsIn(fresh.store.db),
    taken: [] as string[],
  }));
  let rounds = 0;
  for (let took = 1; took > 0; rounds += 1) {
    const batches = await Promise.all(workers.map(({ owner, submissions }) => submissions.claimDue(owner, 60_000, 16)));
    took = 0;
    for (const [index, batch] of batches.entries()) {
      took += batch.length;
      workers[index]?.taken.push(...batch.map(({ submissionID }) => submissionID));
    }
    if (rounds < 6) expect(took).toBe(32);
  }
  const all = workers.flatMap(({ taken }) => taken);
  expect(all).toHaveLength(200);
  expect(new Set(all).size).toBe(200);
  for (const { taken } of workers) expect(taken.length).toBeGreaterThanOrEqual(90);
});

if (process.env.TEST_DATABASE_URL !== undefined)
  test('a worker does not wait for another that is in the middle of taking: it takes others', async () => {
    await queue(randomUUID(), 40, 10);
    const other = await openStore(fresh.where, log);
    // Lock these rows, as a claim of another worker does until it commits.
    await other.db.transaction(async (tx) => {
      const held = rowsOf(
        z.object({ submission_id: z.string() }),
        await tx.execute(sql`select submission_id from submissions order by next_attempt_at limit 16 for update`),
      ).map((row) => row.submission_id);
      const taken = await submissionsIn(fresh.store.db).claimDue('b', 60_000, 16);
      expect(taken).toHaveLength(16);
      for (const { submissionID } of taken) expect(held).not.toContain(submissionID);
    });
    await other.close();
  });
