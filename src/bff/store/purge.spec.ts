import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import * as z from 'zod/mini';
import { freshStore } from '../testing/database.ts';
import { newSubmission } from '../testing/submission.ts';
import { accounts } from '../testing/world.ts';
import { eventsIn } from './events.ts';
import { rowsOf } from './query.ts';
import { sessionsIn } from './sessions.ts';
import { submissionsIn } from './submissions.ts';

const fresh = freshStore();
const names = async (statement: ReturnType<typeof sql>) =>
  rowsOf(z.object({ name: z.string() }), await fresh.store.db.execute(statement)).map(({ name }) => name);

test('news older than an hour are removed, however many they are; the newest stays, by which pages know where the log stands', async () => {
  const { db } = fresh.store;
  const events = eventsIn(db);
  const tell = (name: string, minutes: number, count = 1) =>
    db.execute(sql`
      insert into events (account_id, kind, data, created_at)
      select ${accounts.own}, 'ticket', jsonb_build_object('name', ${name}::text), now() - make_interval(mins => ${minutes}) from generate_series(1, ${count}::int)`);
  await tell('old', 61, 1_501);
  const { newest } = await events.range();
  expect((await events.purge()).events).toBe(1_500);
  expect(await events.range()).toEqual({ newest, oldest: newest });
  await tell('recent', 59);
  await tell('just now', 0);
  expect((await events.purge()).events).toBe(1);
  expect(await names(sql`select data->>'name' as name from events order by event_id`)).toEqual(['recent', 'just now']);
});

test('what Moov has told once is known for two days, so that it is not told again', async () => {
  const { db } = fresh.store;
  const events = eventsIn(db);
  await db.execute(sql`
    insert into webhook_events (event_id, received_at)
    values ('yesterday', now() - interval '47 hours'), ('long ago', now() - interval '49 hours')`);
  expect((await events.purge()).webhookEvents).toBe(1);
  const event = { accountID: accounts.own, ticketID: 't', kind: 'updated' } as const;
  expect(await events.receive('yesterday', event, 'one signature')).toBe(false);
  expect(await events.receive('long ago', event, 'another signature')).toBe(true);
});

test('sessions and sign-ins that have ended are removed, and no others', async () => {
  const { db } = fresh.store;
  const sessions = sessionsIn(db);
  const person = { personID: 'p', issuer: 'test', subject: 'p', name: 'Mel' };
  for (const idHash of ['going on', 'idle', 'over'])
    await sessions.begin({ idHash, person, role: 'partner', idleMinutes: 60, maxHours: 12 });
  await db.execute(sql`update sessions set idle_ends_at = now() - interval '1 second' where id_hash = 'idle'`);
  await db.execute(sql`update sessions set ends_at = now() - interval '1 second' where id_hash = 'over'`);
  for (const [stateHash, lifeSeconds] of [
    ['begun', 60],
    ['too late', -1],
  ] as const)
    await sessions.beginLogin({
      stateHash,
      browserHash: 'b',
      nonce: 'n',
      codeVerifier: 'v',
      returnTo: '/',
      sessionHash: undefined,
      lifeSeconds,
    });
  expect(await sessions.count()).toBe(1);
  expect(await sessions.purge()).toEqual({ sessions: 2, logins: 1 });
  expect(await names(sql`select id_hash as name from sessions`)).toEqual(['going on']);
  expect(await names(sql`select state_hash as name from logins`)).toEqual(['begun']);
});

test('a ticket belongs to its submission for as long as that is kept, and for thirty days, so that no other takes it for its own', async () => {
  const { db } = fresh.store;
  const submissions = submissionsIn(db);
  const kept = newSubmission('Kept');
  await submissions.accept(kept, undefined);
  await submissions.created(kept.submissionID, 'old, of a submission that is kept');
  await db.execute(sql`
    insert into claims (account_id, ticket_id, submission_id) values
      (${accounts.own}, 'old', ${randomUUID()}), (${accounts.own}, 'young', ${randomUUID()})`);
  await db.execute(sql`
    update claims set claimed_at = now() - make_interval(days => case when ticket_id like 'old%' then 31 else 29 end)`);
  expect(await submissions.purge()).toEqual({ submissions: 0, claims: 1 });
  expect(await names(sql`select ticket_id as name from claims order by name`)).toEqual([
    'old, of a submission that is kept',
    'young',
  ]);
});
