import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { freshStore } from '../testing/database.ts';
import { type Asked, askEverything, fill } from '../testing/growth.ts';
import { submissionsIn } from './submissions.ts';

const onPostgres = process.env.TEST_DATABASE_URL !== undefined;
/** Large enough that reading a table from end to end cannot be missed; the embedded one fills more slowly. */
const size = onPostgres ? 50_000 : 20_000;
/** What one statement may look at, however large the tables are: the most that any list gives, or a claim compares. */
const most = { rows: 1_500, pages: 4_000 };
/** These read all there is, and nobody waits for them: /metrics asks once a minute, and every five minutes. */
const readsAll = ['sessions.count', 'submissions.countByState'];
/** These change all that waits: after a restore by hand, and, a thousand at a time, when Moov is back. */
const changesAll = ['operators.doubtAll', 'submissions.wake'];

const fresh = freshStore();
let told: Map<string, Asked[]>;
beforeAll(async () => {
  await fill(fresh.store.db, size);
  told = await askEverything(fresh.store.db, size);
});

test('however much is stored, what a person or a worker asks for is answered by an index and costs the same', () => {
  const asked = [...told].filter(([name]) => ![...readsAll, ...changesAll].includes(name));
  expect(asked.length).toBeGreaterThan(40);
  const slow = asked.flatMap(([name, statements]) =>
    statements
      .filter(({ cost }) => cost.scanned.length > 0 || cost.rows > most.rows || cost.pages > most.pages)
      .map(({ text, cost }) => ({ name, cost, text })),
  );
  expect(slow).toEqual([]);
});

test('what has to read everything is known by name, and the measure would find another', () => {
  for (const name of readsAll)
    expect(
      (told.get(name) ?? []).some(
        ({ cost }) => cost.scanned.length > 0 || cost.rows > most.rows || cost.pages > most.pages,
      ),
      name,
    ).toBe(true);
});

test('the settled ones are counted once for many readings of the metrics, those that wait each time', async () => {
  const submissions = submissionsIn(fresh.store.db);
  const before = await submissions.countByState();
  expect(before.created).toBeGreaterThan(size / 2);
  expect(before.queued).toBeGreaterThan(0);
  const accountID = randomUUID();
  for (const sending of [undefined, { owner: 'a', leaseMs: 60_000, settlesInMs: 60_000 }]) {
    const submissionID = randomUUID();
    await submissions.accept(
      {
        submissionID,
        accountID,
        personID: 'p',
        personName: 'Mel',
        idempotencyKey: randomUUID(),
        fingerprint: 'f',
        payload: { title: 'One', body: '<p>x</p>', contact: { email: 'a@example.com' } },
        asItself: true,
        foreignID: `portal-${submissionID}`,
        requestID: 'r',
      },
      sending,
    );
    if (sending !== undefined) await submissions.created(submissionID, randomUUID());
  }
  const after = await submissions.countByState();
  expect(after).toEqual({ ...before, queued: (before.queued ?? 0) + 1 });
});
