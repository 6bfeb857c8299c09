import { sql } from 'drizzle-orm';
import * as z from 'zod/mini';
import type { NewTicket } from '../../contract/ticket.ts';
import { type Database, hotStatement, rowsOf } from './query.ts';
import { asCreated, told } from './submissions-change.ts';
import { columns, columnsBesideContent, type StoredSubmission, submissionRow } from './submissions-row.ts';
import { together } from './together.ts';

/** A ticket on its way into the ledger. */
export type NewSubmission = {
  submissionID: string;
  accountID: string;
  personID: string;
  personName: string;
  idempotencyKey: string;
  fingerprint: string;
  payload: NewTicket;
  asItself: boolean;
  foreignID: string;
  requestID: string;
};
type Acceptance = NewSubmission & {
  /** the process that sends it now; without one it is queued */
  owner?: string;
  leaseSeconds?: number;
  settlesInSeconds?: number;
};
type Settlement = { submissionID: string; ticketID: string; upstreamRequestID: string | undefined };

const value = sql.placeholder;
/** Accepts many submissions in one statement. Each is to be sent now (it has an `owner`) or to be queued. */
const acceptAll = hotStatement(
  'accept',
  told(
    sql`
    insert into submissions (submission_id, account_id, person_id, person_name, idempotency_key, fingerprint, payload, as_itself, foreign_id,
      request_id, state, kept, reason, attempts, may_have_arrived, first_sent_at, settles_at, lease_owner, lease_ends_at, next_attempt_at)
    select "submissionID", "accountID", "personID", "personName", "idempotencyKey", fingerprint, payload, "asItself", "foreignID",
      "requestID", case when owner is null then 'queued' else 'sending' end, owner is null, case when owner is null then 'circuit-open' end,
      case when owner is null then 0 else 1 end, owner is not null, case when owner is not null then now() end,
      now() + make_interval(secs => "settlesInSeconds"), owner, now() + make_interval(secs => "leaseSeconds"),
      case when owner is null then now() end
    from json_to_recordset(${value('given')}::json) as given (
      "submissionID" uuid, "accountID" uuid, "personID" text, "personName" text, "idempotencyKey" uuid, fingerprint text, payload jsonb,
      "asItself" boolean, "foreignID" text, "requestID" text, owner text, "settlesInSeconds" double precision,
      "leaseSeconds" double precision)
    on conflict (account_id, person_id, idempotency_key) do nothing
    returning ${columns}`,
    {},
    { results: columnsBesideContent },
  ),
);
/**
 * Settles many submissions as created in one statement, and does not wait until that is on disk. If a crash of the database undoes it,
 * it is made again: the sender's lease runs out, and the worker finds the ticket by its reference. `coalesce` keeps the planner
 * from the index of waiting submissions, in which settled rows stay until the next vacuum.
 */
const settleAll = hotStatement(
  'settle-as-created',
  told(
    sql`
      update submissions set ${asCreated(sql`upstream_ticket_id`)}
      from unnest(${value('submissionIDs')}::uuid[], ${value('ticketIDs')}::text[], ${value('upstreamRequestIDs')}::text[])
        as settled (id, upstream_ticket_id, answered_as)
      where submission_id = settled.id and coalesce(state, '') in ('sending', 'queued')
      returning ${columns}, answered_as`,
    { upstreamRequestID: sql`answered_as` },
    {
      also: sql`, claimed as (
        insert into claims (account_id, ticket_id, submission_id) select account_id, ticket_id, submission_id from changed on conflict do nothing)`,
      // Set by the statement itself, so that it applies to the commit of this statement only.
      results: sql`submission_id, set_config('synchronous_commit', 'off', true)`,
    },
  ),
);
const idRow = z.object({ submission_id: z.string() });

/** The two changes that every ticket goes through. Under load, many of them share one statement (`together.ts`). */
export function batchesIn(db: Database) {
  return {
    /** Resolves to the new row, or to undefined if there is one with this account, person and idempotency key already. */
    accept: together(async (items: readonly Acceptance[]) => {
      const rows = rowsOf(submissionRow, await db.hot(acceptAll, { given: JSON.stringify(items) }));
      const byID = new Map(rows.map((row) => [row.submissionID, row]));
      return items.map(({ submissionID, payload }): StoredSubmission | undefined => {
        const row = byID.get(submissionID);
        return row && { ...row, payload };
      });
    }),
    /** Resolves to true, or to false if the submission was settled before. */
    settleAsCreated: together(async (items: readonly Settlement[]) => {
      const settled = await db.hot(settleAll, {
        submissionIDs: items.map(({ submissionID }) => submissionID),
        ticketIDs: items.map(({ ticketID }) => ticketID),
        upstreamRequestIDs: items.map(({ upstreamRequestID }) => upstreamRequestID ?? null),
      });
      const ids = new Set(rowsOf(idRow, settled).map((row) => row.submission_id));
      return items.map(({ submissionID }) => ids.has(submissionID));
    }),
  };
}
