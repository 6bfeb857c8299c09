import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod/mini';
import type { Problem } from '../../contract/problem.ts';
import type { WaitingReason } from '../../contract/submission.ts';
import { purge } from './purge.ts';
import { after, type Database, mostCounted, rowsOf } from './query.ts';
import { batchesIn, type NewSubmission } from './submissions-batches.ts';
import { asCreated, told } from './submissions-change.ts';
import { queueIn } from './submissions-queue.ts';
import { columns, type StoredSubmission, submissionRow } from './submissions-row.ts';

export type { NewSubmission, StoredSubmission };

/** How long settled submissions are kept: if a request is sent again within that time, it gets the same answer. */
export const keepSettledDays = 30;

/** Who sends a submission, for how long they may hold it, and when what they send can no longer arrive; both times in ms from now. */
export type Sending = { owner: string; leaseMs: number; settlesInMs: number };

/** Who changes a submission by hand, and in which request. */
type By = { personID: string; personName: string; requestID: string };

/** Moov has confirmed the ticket within the last hour, but its answer could not be read. Such a submission has a settle time years from now. */
const createdLately = sql.raw("(settles_at > now() + interval '1 day' and updated_at > now() - interval '1 hour')");

const waitingRow = z.object({ sending: z.number(), queued: z.number() });
const idRow = z.object({ submission_id: z.string() });

/**
 * The ledger of submissions. Every change names the state it starts from and does nothing in any other, so that the database decides
 * all races. Every change of state also writes its audit row and its live news (`told`).
 */
export function submissionsIn(db: Database) {
  const one = async (query: SQL) => rowsOf(submissionRow, await db.execute(query))[0];
  const { accept, settleAsCreated } = batchesIn(db);
  const { claimDue, handBack, wake, orphanAll } = queueIn(db);

  return {
    claimDue,
    handBack,
    wake,
    orphanAll,
    /**
     * Accepts a submission, before Moov is called. Without `sending` it goes straight to the queue, as one that waits for the circuit to close.
     * @returns the row, or undefined if there is one with this account, person and idempotency key already
     */
    accept(submission: NewSubmission, sending: Sending | undefined): Promise<StoredSubmission | undefined> {
      return accept({
        ...submission,
        ...(sending !== undefined && {
          owner: sending.owner,
          leaseSeconds: sending.leaseMs / 1000,
          settlesInSeconds: sending.settlesInMs / 1000,
        }),
      });
    },
    /** Accepts corrected content for a submission that Moov has rejected; undefined if it is not rejected (any more), or was given up. */
    acceptCorrected(
      submissionID: string,
      corrected: Pick<NewSubmission, 'fingerprint' | 'payload' | 'foreignID' | 'requestID'>,
      sending: Sending | undefined,
    ) {
      return one(
        told(sql`
          update submissions set fingerprint = ${corrected.fingerprint}, payload = ${JSON.stringify(corrected.payload)}::jsonb, foreign_id = ${corrected.foreignID},
            request_id = ${corrected.requestID}, problem = null, settled_at = null, kept = ${sending === undefined}, updated_at = now(), may_have_arrived = ${sending !== undefined},
            ${
              sending === undefined
                ? sql`state = 'queued', reason = 'circuit-open', next_attempt_at = now()`
                : sql`state = 'sending', reason = null, attempts = attempts + 1, first_sent_at = now(), settles_at = ${after(sending.settlesInMs)},
                      lease_owner = ${sending.owner}, lease_ends_at = ${after(sending.leaseMs)}, next_attempt_at = null`
            }
          where submission_id = ${submissionID} and state = 'rejected' and not may_have_arrived
          returning *`),
      );
    },
    findByKey: (accountID: string, personID: string, idempotencyKey: string) =>
      one(
        sql`select ${columns} from submissions where account_id = ${accountID} and person_id = ${personID} and idempotency_key = ${idempotencyKey}`,
      ),
    find: (accountID: string, submissionID: string) =>
      one(sql`select ${columns} from submissions where account_id = ${accountID} and submission_id = ${submissionID}`),
    /**
     * The submissions of an account that are not delivered yet, and those that Moov has refused or operators have given up after the person
     * was told that they are kept, until the person has read that. Newest first; at most 200.
     */
    async waiting(accountID: string): Promise<StoredSubmission[]> {
      return rowsOf(
        submissionRow,
        await db.execute(sql`
          select ${columns} from submissions where account_id = ${accountID} and (state in ('sending', 'queued') or (state = 'rejected' and kept))
          order by created_at desc limit 200`),
      );
    },

    /** Moov has created the ticket. This is recorded whoever holds the lease. @returns false if it was settled before */
    created(submissionID: string, ticketID: string, upstreamRequestID?: string): Promise<boolean> {
      return settleAsCreated({ submissionID, ticketID, upstreamRequestID });
    },
    /** A ticket was found at Moov: settles the submission with it; undefined if another submission has the ticket, or this one is settled. */
    found(submission: StoredSubmission, ticketID: string, upstreamRequestID?: string) {
      return db.transaction(async (tx) => {
        // A settled submission must not claim the ticket: it may be another one's, which would not find it and file it again.
        const waiting = rowsOf(
          idRow,
          await tx.execute(
            sql`select submission_id from submissions where submission_id = ${submission.submissionID} and state in ('sending', 'queued') for update`,
          ),
        )[0];
        if (waiting === undefined) return undefined;
        const claimed = rowsOf(
          idRow,
          await tx.execute(sql`
            insert into claims (account_id, ticket_id, submission_id) values (${submission.accountID}, ${ticketID}, ${submission.submissionID})
            on conflict (account_id, ticket_id) do update set claimed_at = claims.claimed_at where claims.submission_id = excluded.submission_id
            returning submission_id`),
        )[0];
        if (claimed === undefined) return undefined;
        return rowsOf(
          submissionRow,
          await tx.execute(
            told(
              sql`update submissions set ${asCreated(ticketID)}
                  where submission_id = ${submission.submissionID} and state in ('sending', 'queued')
                  returning *`,
              { upstreamRequestID },
            ),
          ),
        )[0];
      });
    },
    /** Moov has refused the ticket. Undefined if the submission was settled before. */
    rejected(submissionID: string, problem: Problem, upstreamRequestID?: string) {
      return one(
        told(
          sql`update submissions set state = 'rejected', reason = null, payload = null, problem = ${JSON.stringify(problem)}::jsonb, may_have_arrived = false,
                lease_owner = null, lease_ends_at = null, next_attempt_at = null, updated_at = now(), settled_at = now()
              where submission_id = ${submissionID} and state in ('sending', 'queued')
              returning *`,
          { upstreamRequestID },
        ),
      );
    },
    /** The attempt got no definite answer: back to the queue. Undefined if `owner` does not hold the submission any more. */
    requeued(
      submissionID: string,
      owner: string,
      why: { reason: WaitingReason; mayHaveArrived: boolean; againInMs: number; settlesInMs?: number | undefined },
      upstreamRequestID?: string,
    ) {
      const change = sql`update submissions set state = 'queued', kept = true, reason = ${why.reason}, may_have_arrived = ${why.mayHaveArrived},
          next_attempt_at = ${after(why.againInMs)}, ${why.settlesInMs === undefined ? sql`` : sql`settles_at = ${after(why.settlesInMs)},`}
          lease_owner = null, lease_ends_at = null, updated_at = now()
        where submission_id = ${submissionID} and state = 'sending' and lease_owner = ${owner}
        returning *`;
      return one(told(change, { upstreamRequestID }));
    },
    /** Gives back a queued submission that was looked for and not sent. Its state does not change, so there is no news and no audit row. */
    async postponed(submissionID: string, owner: string, againInMs: number) {
      await db.execute(sql`
        update submissions set next_attempt_at = ${after(againInMs)}, lease_owner = null, lease_ends_at = null
        where submission_id = ${submissionID} and state = 'queued' and lease_owner = ${owner}`);
    },
    /** Marks a queued submission as being sent; undefined if it was cancelled or taken over by another owner. */
    sendingAgain(submissionID: string, sending: Sending) {
      return one(
        told(sql`
          update submissions set state = 'sending', reason = null, attempts = attempts + 1, may_have_arrived = true, first_sent_at = coalesce(first_sent_at, now()),
            settles_at = ${after(sending.settlesInMs)}, lease_ends_at = ${after(sending.leaseMs)}, next_attempt_at = null, updated_at = now()
          where submission_id = ${submissionID} and state = 'queued' and lease_owner = ${sending.owner}
          returning *`),
      );
    },
    /** Notes that the person was told that the ticket is kept and will be delivered later. */
    async kept(submissionID: string) {
      await db.execute(sql`update submissions set kept = true where submission_id = ${submissionID} and not kept`);
    },
    /** Somebody has read that the ticket was refused or given up: it leaves the list of `waiting`, and the audit trail names who read it. */
    async dismissed(accountID: string, submissionID: string, by: By) {
      await db.execute(sql`
        with gone as (
          update submissions set kept = false where account_id = ${accountID} and submission_id = ${submissionID} and state = 'rejected' and kept
          returning submission_id, account_id)
        insert into audit (person_id, person_name, account_id, action, submission_id, request_id)
        select ${by.personID}, ${by.personName}, account_id, 'refusal-read', submission_id, ${by.requestID} from gone`);
    },
    /** Cancels a queued submission that has surely not arrived; undefined if that is not sure, or it is being sent or settled. */
    cancelled: (accountID: string, submissionID: string, by: By) =>
      one(
        told(
          sql`update submissions set state = 'cancelled', reason = null, payload = null, lease_owner = null, lease_ends_at = null, next_attempt_at = null,
                updated_at = now(), settled_at = now()
              where submission_id = ${submissionID} and state = 'queued' and account_id = ${accountID} and not may_have_arrived
              returning *`,
          by,
        ),
      ),
    /**
     * Rejects a queued submission that may have arrived, which the row still says afterwards; undefined if it has surely not arrived or is
     * not in the queue. For operators alone: nobody else can tell that it will never be known.
     * @param problem what the person is told
     */
    givenUp: (submissionID: string, by: By, problem: Problem) =>
      one(
        told(
          sql`update submissions set state = 'rejected', kept = true, reason = null, payload = null, problem = ${JSON.stringify(problem)}::jsonb,
                lease_owner = null, lease_ends_at = null, next_attempt_at = null, updated_at = now(), settled_at = now()
              where submission_id = ${submissionID} and state = 'queued' and may_have_arrived
              returning *`,
          by,
        ),
      ),
    /** Those of the tickets that belong to another submission. */
    async claimedByOthers(accountID: string, submissionID: string, ticketIDs: string[]): Promise<Set<string>> {
      if (ticketIDs.length === 0) return new Set();
      const result = await db.execute(sql`
        select ticket_id from claims where account_id = ${accountID} and submission_id <> ${submissionID}
          and ticket_id in (${sql.join(
            ticketIDs.map((id) => sql`${id}`),
            sql`, `,
          )})`);
      return new Set(rowsOf(z.object({ ticket_id: z.string() }), result).map((row) => row.ticket_id));
    },
    /** Whether another submission with the same reference is being sent: a ticket that is found now may belong to that one. */
    async twinOnTheWire(submission: StoredSubmission): Promise<boolean> {
      const result = await db.execute(sql`
        select 1 as one from submissions where account_id = ${submission.accountID} and foreign_id = ${submission.foreignID}
          and submission_id <> ${submission.submissionID} and state = 'sending' and lease_ends_at > now() limit 1`);
      return rowsOf(z.object({ one: z.number() }), result).length > 0;
    },
    /**
     * Whether another submission with the same reference may have arrived and is being looked for. It counts until its settle time is
     * over. One that Moov has confirmed in an answer that could not be read has no such end: it counts for an hour.
     */
    async twinLookedFor(submission: StoredSubmission): Promise<boolean> {
      const result = await db.execute(sql`
        select 1 as one from submissions where account_id = ${submission.accountID} and foreign_id = ${submission.foreignID}
          and submission_id <> ${submission.submissionID} and state in ('sending', 'queued') and may_have_arrived
          and (settles_at between now() and now() + interval '1 day' or ${createdLately}) limit 1`);
      return rowsOf(z.object({ one: z.number() }), result).length > 0;
    },
    /**
     * Whether Moov has confirmed another submission with the same reference, content and person in an answer that could not be read,
     * less than an hour ago, and its ticket has not been found yet.
     */
    async twinCreated(submission: StoredSubmission): Promise<boolean> {
      const result = await db.execute(sql`
        select 1 as one from submissions where account_id = ${submission.accountID} and foreign_id = ${submission.foreignID}
          and submission_id <> ${submission.submissionID} and state = 'queued' and ${createdLately}
          and fingerprint = ${submission.fingerprint} and person_name = ${submission.personName} limit 1`);
      return rowsOf(z.object({ one: z.number() }), result).length > 0;
    },
    /**
     * Created submissions that took more than one attempt and whose doubles nobody has looked for yet, settled more than a minute and less
     * than `sinceHours` ago; oldest first, at most `most`, after passing over the first `passedOver`.
     */
    async toReconcile(sinceHours: number, most: number, passedOver: number): Promise<StoredSubmission[]> {
      return rowsOf(
        submissionRow,
        await db.execute(sql`
          select ${columns} from submissions where state = 'created' and attempts > 1 and reconciled_at is null
            and settled_at > now() - make_interval(hours => ${sinceHours}) and settled_at < now() - interval '1 minute'
          order by settled_at limit ${most} offset ${passedOver}`),
      );
    },
    /** Notes that doubles of a submission have been looked for; false if another instance has noted it before. */
    async reconciled(submissionID: string): Promise<boolean> {
      const result = await db.execute(sql`
        update submissions set reconciled_at = now() where submission_id = ${submissionID} and reconciled_at is null returning submission_id`);
      return rowsOf(idRow, result).length > 0;
    },
    /** How many submissions wait in each state. At most 10,000 of each are counted, so that the query is fast however many wait. */
    async countWaiting(): Promise<{ sending: number; queued: number }> {
      const upToMost = (state: string) =>
        sql`(select count(*)::int from (select 1 from submissions where state = ${state} order by created_at limit ${mostCounted}) as waiting)`;
      const result = await db.execute(sql`select ${upToMost('sending')} as sending, ${upToMost('queued')} as queued`);
      return rowsOf(waitingRow, result)[0] ?? { sending: 0, queued: 0 };
    },
    /** The age in seconds of the oldest submission that is queued or being sent; 0 if there is none. */
    async oldestWaitingSeconds(): Promise<number> {
      const result = await db.execute(sql`
        select coalesce(extract(epoch from now() - least(
          (select min(created_at) from submissions where state = 'sending'),
          (select min(created_at) from submissions where state = 'queued'))), 0)::double precision as age`);
      return rowsOf(z.object({ age: z.number() }), result)[0]?.age ?? 0;
    },
    /** Removes submissions settled more than `keepSettledDays` ago, and claims of that age whose submission is gone. @returns how many of each */
    async purge(): Promise<{ submissions: number; claims: number }> {
      const before = sql`now() - make_interval(days => ${keepSettledDays})`;
      return {
        submissions: await purge(
          db,
          'submissions',
          sql`submission_id`,
          sql`settled_at < ${before} order by settled_at`,
        ),
        claims: await purge(
          db,
          'claims',
          sql`account_id, ticket_id`,
          sql`claimed_at < ${before} and not exists (select 1 from submissions where submissions.submission_id = claims.submission_id) order by claimed_at`,
        ),
      };
    },
  };
}
export type Submissions = ReturnType<typeof submissionsIn>;
