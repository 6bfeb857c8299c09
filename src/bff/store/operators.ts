import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod/mini';
import { type SubmissionState, submissionStates } from '../../contract/submission.ts';
import { after, type Database, instant, rowsOf } from './query.ts';

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
    request_id: z.string(),
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
    requestID: row.request_id,
    createdOn: row.created_at,
    updatedOn: row.updated_at,
  })),
);
/** A submission as an operator sees it: never its content. */
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

const sessionRow = z.pipe(
  z.object({
    person_id: z.string(),
    name: z.string(),
    role: z.nullable(z.string()),
    account_id: z.nullable(z.string()),
    created_at: time,
    seen_at: time,
    ends_at: time,
  }),
  z.transform((row) => ({
    personID: row.person_id,
    name: row.name,
    role: row.role,
    accountID: row.account_id,
    begunOn: row.created_at,
    seenOn: row.seen_at,
    endsOn: row.ends_at,
  })),
);
/** A session as an operator sees it: never the id, or its hash, with which it could be taken over. */
type OperatorSession = z.output<typeof sessionRow>;

const [oldestFirst, newestFirst] = [sql.raw('asc'), sql.raw('desc')];
type Part = { which: SQL; order: SQL };
const inState = (state: SubmissionState, order: SQL): Part => ({ which: sql`state = ${state}`, order });
/** What an operator may list. A list is made of parts; each part is a query that one index answers in the right order. */
const lists = {
  waiting: [inState('sending', oldestFirst), inState('queued', oldestFirst)],
  // Accepted, but not delivered unless somebody helps: refused (or given up) after the person was told that it is kept, or waiting for
  // over a day.
  dead: [
    { which: sql`state = 'rejected' and kept`, order: oldestFirst },
    { which: sql`state = 'sending' and created_at < now() - interval '1 day'`, order: oldestFirst },
    { which: sql`state = 'queued' and created_at < now() - interval '1 day'`, order: oldestFirst },
  ],
  sending: [inState('sending', oldestFirst)],
  queued: [inState('queued', oldestFirst)],
  created: [inState('created', newestFirst)],
  rejected: [inState('rejected', newestFirst)],
  cancelled: [inState('cancelled', newestFirst)],
} satisfies Record<'waiting' | 'dead' | SubmissionState, [Part, ...Part[]]>;
/** The name of a list: waiting submissions, dead ones, or those in one state. */
type OperatorList = keyof typeof lists;
export const operatorLists = ['waiting', 'dead', ...submissionStates] as const satisfies readonly OperatorList[];

/** Of a refusal only the status is shown: Moov's sentences may quote what the person wrote. */
const columns = sql`submission_id, account_id, person_name, state,
  coalesce(reason, case when state = 'rejected' and may_have_arrived then 'given-up' else 'refused-' || (problem ->> 'status') end) as reason,
  attempts, may_have_arrived, next_attempt_at, ticket_id, request_id, created_at, updated_at`;

/** The queries behind `npm run admin`. */
export function operatorsIn(db: Database) {
  return {
    /** The submissions of a list, at most `most`. Waiting and dead ones come oldest first, those in a settled state newest first. */
    async submissions(kind: OperatorList, most: number): Promise<OperatorSubmission[]> {
      const parts = lists[kind];
      const each = parts.map(
        ({ which, order }) =>
          sql`(select ${columns} from submissions where ${which} order by created_at ${order} limit ${most})`,
      );
      const result = await db.execute(
        sql`select * from (${sql.join(each, sql` union all `)}) as listed order by created_at ${parts[0].order} limit ${most}`,
      );
      return rowsOf(submissionRow, result);
    },
    /**
     * Sessions that have not ended, of everybody or of these people: those begun last first. Of more than `most`, those whose absolute end
     * is the latest, which an index gives.
     */
    async sessions(personIDs: readonly string[] | undefined, most: number): Promise<OperatorSession[]> {
      const whose = personIDs === undefined ? sql`` : sql`and person_id = any (${sql.param(personIDs)}::text[])`;
      const result = await db.execute(sql`
        select * from (
          select person_id, name, role, account_id, created_at, seen_at, least(idle_ends_at, ends_at) as ends_at from sessions
          where idle_ends_at > now() and ends_at > now() ${whose}
          order by sessions.ends_at desc limit ${most}) as listed
        order by created_at desc`);
      return rowsOf(sessionRow, result);
    },
    async submission(submissionID: string): Promise<OperatorSubmission | undefined> {
      return rowsOf(
        submissionRow,
        await db.execute(sql`select ${columns} from submissions where submission_id = ${submissionID}`),
      )[0];
    },
    /** The audit rows of a submission, oldest first. */
    async trail(submissionID: string) {
      return rowsOf(
        trailRow,
        await db.execute(sql`
          select at, action, person_name, ticket_id, request_id, upstream_request_id from audit where submission_id = ${submissionID} order by audit_id`),
      );
    },
    /**
     * Makes a queued submission due now. If it may have arrived, the worker still looks for it first, but for no longer than the settle
     * time. This also releases an “unreadable” submission, which is never sent again by itself.
     * @returns false if it is not in the queue
     */
    async sendNow(submissionID: string, settlesInMs: number): Promise<boolean> {
      const result = await db.execute(sql`
        with due as (
          update submissions set next_attempt_at = now(), settles_at = least(settles_at, ${after(settlesInMs)}) where submission_id = ${submissionID} and state = 'queued' returning submission_id, account_id)
        insert into audit (person_name, account_id, action, submission_id) select 'operator', account_id, 'submission-sent-by-hand', submission_id from due
        returning submission_id`);
      return rowsOf(z.object({ submission_id: z.string() }), result).length > 0;
    },
    /**
     * For use after a restore from a backup. Everything that waited at the time of the backup may have been delivered since, so it is
     * marked to be looked for before it is sent. The instances that ran before the restore may have had requests on the wire when
     * they ended, so nothing is sent before the settle time has passed. @returns how many submissions wait
     */
    async doubtAll(settlesInMs: number): Promise<number> {
      return db.transaction(async (tx) => {
        // All rows are changed in one statement or none is. There may be many, so it has no time limit.
        await tx.execute(sql`select set_config('statement_timeout', '0', true)`);
        const result = await tx.execute(sql`
        with doubted as (
          update submissions set state = 'queued', kept = true, reason = 'interrupted', may_have_arrived = true, settles_at = greatest(settles_at, ${after(settlesInMs)}), next_attempt_at = now(),
            lease_owner = null, lease_ends_at = null, updated_at = now()
          where state in ('sending', 'queued') returning submission_id, account_id)
        insert into audit (person_name, account_id, action, submission_id) select 'operator', account_id, 'submission-restored', submission_id from doubted
        returning submission_id`);
        return rowsOf(z.object({ submission_id: z.string() }), result).length;
      });
    },
    /** People with this id, this subject or this email address (in capitals or not). */
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
