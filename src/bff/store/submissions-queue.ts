import { sql } from 'drizzle-orm';
import * as z from 'zod/mini';
import { after, type Database, rowsOf } from './query.ts';
import { told } from './submissions-change.ts';
import { columns, type StoredSubmission, submissionRow } from './submissions-row.ts';

const mostWokenAtOnce = 1_000;

const isDue = sql.raw(
  "submissions.state = 'queued' and submissions.next_attempt_at <= now() and (submissions.lease_ends_at is null or submissions.lease_ends_at < now())",
);
/** An account id that sorts before all others. */
const noAccount = '00000000-0000-0000-0000-000000000000';
/** How many accounts one claim walks through, in addition to those of the submissions that have waited longest. */
const accountsAtOnce = 64;
/**
 * Leases due submissions to a worker, so that a flood of one account does not hold up the others. The candidates are the 256
 * submissions that have waited longest of all (`due`, first part), and the longest waiting ones of each of the next 64 accounts
 * with a queue (`walk`). The walk goes through the accounts in the order of their ids, one index lookup for each, and begins
 * where the last claim ended. Of the candidates, the first of every account is taken before the second of any (`turns`).
 */
const claim = (owner: string, leaseMs: number, most: number, walkedTo: string) => sql`
  with recursive
    walk as (
      (select account_id, 1 as step from submissions where state = 'queued' and account_id > ${walkedTo}::uuid order by account_id limit 1)
      union all
      select another.account_id, before.step + 1
      from walk as before cross join lateral (
        select account_id from submissions where state = 'queued' and account_id > before.account_id order by account_id limit 1) as another
      where before.step < ${accountsAtOnce}::int),
    due as (
      (select submission_id, account_id, next_attempt_at from submissions where ${isDue} order by next_attempt_at limit 256)
      union
      select submission_id, account_id, next_attempt_at
      from (select account_id from walk) as accounts (id)
      cross join lateral (
        select submission_id, account_id, next_attempt_at from submissions
        where account_id = accounts.id and ${isDue} order by next_attempt_at limit ${most}::int) as its_oldest),
    turns as (
      select submission_id, next_attempt_at, row_number() over (partition by account_id order by next_attempt_at) as turn from due),
    mine as (
      select locked.submission_id from (select submission_id from turns order by turn, next_attempt_at) as candidates
      cross join lateral (
        select submission_id from submissions
        where submissions.submission_id = candidates.submission_id and ${isDue} for update skip locked) as locked
      limit ${most}::int)
  update submissions set lease_owner = ${owner}, lease_ends_at = ${after(leaseMs)}
  where submission_id = any (array(select submission_id from mine))
  returning ${columns}, (select account_id from walk where step = ${accountsAtOnce}::int) as walked_to`;
const walkedRow = z.object({ walked_to: z.nullable(z.string()) });

/** The queue of submissions: takes, gives back and ends the leases with which workers hold them. */
export function queueIn(db: Database) {
  /** The account at which the last claim ended its walk. After the last account the walk begins anew. */
  let walkedTo = noAccount;
  return {
    /**
     * Leases at most `most` due submissions to one worker, taking accounts in turn; instances that claim at the same time get different
     * ones. Before that, submissions whose sender has died (its lease ran out) are put back into the queue.
     */
    async claimDue(owner: string, leaseMs: number, most: number): Promise<StoredSubmission[]> {
      await db.execute(
        told(sql`
          update submissions set state = 'queued', kept = true, reason = 'interrupted', next_attempt_at = now(), lease_owner = null, lease_ends_at = null, updated_at = now()
          where submission_id in (
            select submission_id from submissions where state = 'sending' and lease_ends_at < now() limit 100 for update skip locked)
          returning *`),
      );
      const askedAt = Date.now();
      return db.transaction(async (tx) => {
        // The planner expects as much in the queue as an average account has. For an account with a flood it would read and sort all of it.
        await tx.execute(sql`select set_config('enable_bitmapscan', 'off', true), set_config('jit', 'off', true)`);
        const claimed = await tx.execute(claim(owner, leaseMs, most, walkedTo));
        walkedTo = rowsOf(walkedRow, claimed)[0]?.walked_to ?? noAccount;
        const taken = rowsOf(submissionRow, claimed);
        // If the database took long to answer, `sendingTimes` makes the sending seem later than it was, and a look would miss its ticket.
        const waitedMs = Date.now() - askedAt;
        return taken.map((one) =>
          one.firstSentAt === undefined ? one : { ...one, firstSentAt: new Date(one.firstSentAt.getTime() - waitedMs) },
        );
      });
    },
    /** Ends the leases of an owner, so that another worker continues at once. What the owner has begun to send is looked for first. */
    async handBack(owner: string) {
      for (const held of [sql`state = 'queued'`, sql`state = 'sending' and lease_ends_at > now()`])
        await db.execute(
          sql`update submissions set lease_ends_at = now() - interval '1 second' where lease_owner = ${owner} and ${held}`,
        );
    },
    /** Makes due what waits only because Moov was down. What Moov asked to wait, and what may have arrived, keeps its time. */
    async wake() {
      // In steps of 1,000 rows: after a long outage many may wait.
      for (;;) {
        const result = await db.execute(sql`
          with woken as (
            update submissions set next_attempt_at = now()
            where submission_id in (
              select submission_id from submissions
              where state = 'queued' and reason in ('circuit-open', 'unavailable', 'timeout', 'broken') and not may_have_arrived and next_attempt_at > now()
              order by next_attempt_at limit ${mostWokenAtOnce} for update skip locked)
            returning 1)
          select count(*)::int as count from woken`);
        if ((rowsOf(z.object({ count: z.number() }), result)[0]?.count ?? 0) < mostWokenAtOnce) return;
      }
    },
    /** Ends all leases, whoever holds them. Only for a process that knows that no other one uses the database. */
    async orphanAll() {
      for (const held of [
        sql`state = 'queued' and lease_owner is not null`,
        sql`state = 'sending' and lease_ends_at > now()`,
      ])
        await db.execute(sql`update submissions set lease_ends_at = now() - interval '1 second' where ${held}`);
    },
  };
}
