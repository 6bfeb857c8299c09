import { sql } from 'drizzle-orm';
import { expect, onTestFinished, test, vi } from 'vitest';
import * as z from 'zod/mini';
import { freshStore } from '../testing/database.ts';
import { accounts } from '../testing/world.ts';
import { operatorsIn } from './operators.ts';
import { rowsOf } from './query.ts';
import { sessionsIn } from './sessions.ts';

const fresh = freshStore();
const begin = (idHash: string, person: { name: string; email: string }, accountID: string = accounts.own) =>
  sessionsIn(fresh.store.db).begin({
    idHash,
    person: { personID: 'p', issuer: 'test', subject: 'p', ...person },
    role: 'merchant',
    accountID,
    idleMinutes: 60,
    maxHours: 12,
  });

test('the trail tells who signed in and out for which account, and an operator finds a person by what they are called now', async () => {
  const { db } = fresh.store;
  const sessions = sessionsIn(db);
  await begin('first', { name: 'Mel Roberts', email: 'mel.roberts@example.com' });
  await sessions.end('first');
  await begin('second', { name: 'Mel Okafor', email: 'mel.okafor@example.com' });
  await sessions.endAll({ personID: 'p' });
  await begin('third', { name: 'Mel Okafor', email: 'mel.okafor@example.com' });
  await begin('fourth', { name: 'Mel Okafor', email: 'mel.okafor@example.com' }, accounts.other);
  const trail = await db.execute(
    sql`select action, person_name as name, account_id as account from audit where person_id = 'p' order by audit_id`,
  );
  const row = z.object({ action: z.string(), name: z.string(), account: z.string() });
  const [before, now] = [
    { name: 'Mel Roberts', account: accounts.own },
    { name: 'Mel Okafor', account: accounts.own },
  ];
  expect(rowsOf(row, trail)).toEqual([
    { action: 'signed-in', ...before },
    { action: 'signed-out', ...before },
    { action: 'signed-in', ...now },
    { action: 'signed-out-elsewhere', ...now },
    { action: 'signed-in', ...now },
    { action: 'signed-out-by-other-rights', ...now },
    { action: 'signed-in', name: 'Mel Okafor', account: accounts.other },
  ]);
  expect(await operatorsIn(db).people('mel.okafor@example.com')).toEqual([{ personID: 'p', name: 'Mel Okafor' }]);
  expect(await operatorsIn(db).people('mel.roberts@example.com')).toEqual([]);
});

test('an operator is told how many sessions go on: neither those that nobody uses any more, nor those whose time is over', async () => {
  const { db } = fresh.store;
  const mel = { name: 'Mel Okafor', email: 'mel.okafor@example.com' };
  await db.execute(sql`delete from sessions`);
  for (const idHash of ['goes on', 'idle', 'over']) await begin(idHash, mel);
  await db.execute(sql`update sessions set idle_ends_at = now() where id_hash = 'idle'`);
  await db.execute(sql`update sessions set ends_at = now() where id_hash = 'over'`);
  expect(await sessionsIn(db).count()).toBe(1);
});

test('a session ends unused no later than it ends in any case, where the idle time is the longer one', async () => {
  const person = { personID: 'p', issuer: 'test', subject: 'p', name: 'Mel Okafor' };
  await sessionsIn(fresh.store.db).begin({ idHash: 'long', person, role: null, idleMinutes: 10_080, maxHours: 1 });
  const begun = await sessionsIn(fresh.store.db).find('long');
  expect(begun?.idleEndsAt).toEqual(begun?.endsAt);
});

test.each([-7_200_000, 7_200_000])(
  'when a session was last used is told by this process’s own clock, though that is %i ms off the database’s',
  async (offMs) => {
    const realNow = Date.now;
    vi.spyOn(Date, 'now').mockImplementation(() => realNow() + offMs);
    onTestFinished(() => void vi.restoreAllMocks());
    const idHash = `used${offMs}`;
    const begun = Date.now();
    await begin(idHash, { name: 'Mel Okafor', email: 'mel.okafor@example.com' }, accounts.other);
    const usedAt = (await sessionsIn(fresh.store.db).find(idHash))?.seenAt.getTime();
    expect(usedAt).toBeGreaterThan(begun - 1_000);
    expect(usedAt).toBeLessThan(Date.now() + 1_000);
  },
);
