import { sql } from 'drizzle-orm';
import * as z from 'zod/mini';
import { after, type Database, rowsOf } from './store.ts';
import { told } from './submissions-change.ts';
import { columns, type StoredSubmission, submissionRow } from './submissions-row.ts';

const mostWokenAtOnce = 1_000;

const isDue = sql.raw(
  "submissions.state = 'queued' and submissions.next_attempt_at <= now() and (submissions.lease_ends_at is null or submissions.lease_ends_at < now())",
);
/** Sorts before every id. */
const noAccount = '00000000-0000-0000-0000-000000000000';
/** How many accounts one claim looks at, beside those of the submissions that have waited longest. */
const accountsAtOnce = 64;
/**
 * Leases what is due, without letting one account's flood hold up the others. The candidates are the submissions that have waited
 * longest of all, and those that have waited longest of each of the next 64 accounts with anything waiting. The walk through the
 * accounts goes in the order of their ids, by one step of an index for each, from where the claim before this one ended.
 * Of the candidates every account's first comes before any account's second.
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

/** Who works on what waits: leases are taken, given back and ended here. */
export function queueIn(db: Database) {
  /** The account at which the last claim ended its walk; after the last account it begins anew. */
  let walkedTo = noAccount;
  return {
    /**
     * Leases what is due to one worker, accounts in turn so that one account's flood does not delay another's; several
     * instances side by side get different ones. Senders that died (their lease ran out) are put back to the queue first.
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
        // The planner reckons with what an average account has waiting. For an account with a flood it would read and sort all of it.
        await tx.execute(sql`select set_config('enable_bitmapscan', 'off', true), set_config('jit', 'off', true)`);
        const claimed = await tx.execute(claim(owner, leaseMs, most, walkedTo));
        walkedTo = rowsOf(walkedRow, claimed)[0]?.walked_to ?? noAccount;
        const taken = rowsOf(submissionRow, claimed);
        // An answer that was long in coming makes what was sent seem to have been sent later, and a look would pass over its ticket.
        const waitedMs = Date.now() - askedAt;
        return taken.map((one) =>
          one.firstSentAt === undefined ? one : { ...one, firstSentAt: new Date(one.firstSentAt.getTime() - waitedMs) },
        );
      });
    },
    /** Gives back what an owner has leased, so that another takes it up at once; what it has begun to send is looked for first. */
    async handBack(owner: string) {
      for (const held of [sql`state = 'queued'`, sql`state = 'sending' and lease_ends_at > now()`])
        await db.execute(
          sql`update submissions set lease_ends_at = now() - interval '1 second' where lease_owner = ${owner} and ${held}`,
        );
    },
    /** Wakes what waits only because Moov was down; what Moov itself asked to wait, and what may have arrived, keep their time. */
    async wake() {
      // In small steps: after a long outage much may wait.
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
    /** Ends every lease: for a process that knows that it is alone. */
    async orphanAll() {
      for (const held of [
        sql`state = 'queued' and lease_owner is not null`,
        sql`state = 'sending' and lease_ends_at > now()`,
      ])
        await db.execute(sql`update submissions set lease_ends_at = now() - interval '1 second' where ${held}`);
    },
  };
}
