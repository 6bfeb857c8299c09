import { sql } from 'drizzle-orm';
import * as z from 'zod/mini';
import { type Database, instant, rowsOf } from './store.ts';

const time = z.pipe(
  instant,
  z.transform((value) => value.toISOString()),
);
const submissionRow = z.pipe(
  z.object({
    submission_id: z.string(),
    account_id: z.string(),
    person_name: z.string(),
    state: z.string(),
    reason: z.nullable(z.string()),
    attempts: z.number(),
    may_have_arrived: z.boolean(),
    next_attempt_at: z.nullable(time),
    ticket_id: z.nullable(z.string()),
    created_at: time,
    updated_at: time,
  }),
  z.transform((row) => ({
    submissionID: row.submission_id,
    accountID: row.account_id,
    filedBy: row.person_name,
    state: row.state,
    reason: row.reason,
    attempts: row.attempts,
    mayHaveArrived: row.may_have_arrived,
    nextAttemptOn: row.next_attempt_at,
    ticketID: row.ticket_id,
    createdOn: row.created_at,
    updatedOn: row.updated_at,
  })),
);
/** A submission as an operator sees it: never what it says. */
export type OperatorSubmission = z.output<typeof submissionRow>;

const trailRow = z.pipe(
  z.object({
    at: time,
    action: z.string(),
    person_name: z.nullable(z.string()),
    ticket_id: z.nullable(z.string()),
    request_id: z.nullable(z.string()),
    upstream_request_id: z.nullable(z.string()),
  }),
  z.transform((row) => ({
    at: row.at,
    action: row.action,
    by: row.person_name,
    ticketID: row.ticket_id,
    requestID: row.request_id,
    upstreamRequestID: row.upstream_request_id,
  })),
);

const columns = sql`submission_id, account_id, person_name, state, reason, attempts, may_have_arrived, next_attempt_at, ticket_id, created_at, updated_at`;

/** What an operator asks of the database by hand. */
export function operatorsIn(db: Database) {
  return {
    /** Those in one of these states, oldest first; at most 500. */
    async submissions(states: readonly string[]): Promise<OperatorSubmission[]> {
      const list = sql.join(
        states.map((state) => sql`${state}`),
        sql`, `,
      );
      return rowsOf(
        submissionRow,
        await db.execute(
          sql`select ${columns} from submissions where state in (${list}) order by created_at limit 500`,
        ),
      );
    },
    async submission(submissionID: string): Promise<OperatorSubmission | undefined> {
      return rowsOf(
        submissionRow,
        await db.execute(sql`select ${columns} from submissions where submission_id = ${submissionID}`),
      )[0];
    },
    /** Everything that is on record about a submission, oldest first. */
    async trail(submissionID: string) {
      return rowsOf(
        trailRow,
        await db.execute(sql`
          select at, action, person_name, ticket_id, request_id, upstream_request_id from audit where submission_id = ${submissionID} order by audit_id`),
      );
    },
    /** Makes a waiting submission due now; it is still looked for first wherever it may have arrived. False when it does not wait. */
    async sendNow(submissionID: string): Promise<boolean> {
      const result = await db.execute(sql`
        with due as (
          update submissions set next_attempt_at = now() where submission_id = ${submissionID} and state = 'queued' returning submission_id, account_id)
        insert into audit (person_name, account_id, action, submission_id) select 'operator', account_id, 'submission-sent-by-hand', submission_id from due
        returning submission_id`);
      return rowsOf(z.object({ submission_id: z.string() }), result).length > 0;
    },
    /**
     * After a restore from a backup: what waited when the backup was made may have been delivered since, so all of it is
     * looked for before it is sent. @returns how many wait
     */
    async doubtAll(): Promise<number> {
      const result = await db.execute(sql`
        with doubted as (
          update submissions set state = 'queued', kept = true, reason = 'interrupted', may_have_arrived = true, settles_at = now(), next_attempt_at = now(),
            lease_owner = null, lease_ends_at = null, updated_at = now()
          where state in ('sending', 'queued') returning submission_id, account_id)
        insert into audit (person_name, account_id, action, submission_id) select 'operator', account_id, 'submission-restored', submission_id from doubted
        returning submission_id`);
      return rowsOf(z.object({ submission_id: z.string() }), result).length;
    },
    /** People whose id, subject or email address is this. */
    async people(who: string): Promise<{ personID: string; name: string }[]> {
      const result = await db.execute(
        sql`select person_id, name from people where person_id = ${who} or subject = ${who} or lower(email) = lower(${who})`,
      );
      return rowsOf(z.object({ person_id: z.string(), name: z.string() }), result).map((row) => ({
        personID: row.person_id,
        name: row.name,
      }));
    },
  };
}
