import { sql } from 'drizzle-orm';
import * as z from 'zod/mini';
import { problemSchema } from '../../contract/problem.ts';
import { submissionStates, waitingReasons } from '../../contract/submission.ts';
import type { NewTicket } from '../../contract/ticket.ts';
import { instant } from './query.ts';

/**
 * The content of a submission. Only its shape is checked: the rules for new tickets were applied when it was accepted, and may have
 * changed since. A ticket that would be too large today must still be listed, delivered and cancelled.
 */
const storedTicket: z.ZodMiniType<NewTicket> = z.object({
  title: z.string(),
  body: z.string(),
  contact: z.object({ email: z.string(), name: z.optional(z.string()) }),
  author: z.optional(z.string()),
  foreignID: z.optional(z.string()),
});

/**
 * When a ticket was first sent, and when the last attempt can no longer arrive, converted to this process's clock. The database's clock
 * may differ, so each time is moved by the difference between the two clocks at the moment of reading.
 */
const sendingTimes = (row: { first_sent_at: Date | null; settles_at: Date | null; read_at: Date }) => {
  const behindMs = Date.now() - row.read_at.getTime();
  const byOwnClock = (time: Date | null) => (time === null ? undefined : new Date(time.getTime() + behindMs));
  return { firstSentAt: byOwnClock(row.first_sent_at), settlesAt: byOwnClock(row.settles_at) };
};

export const submissionRow = z.pipe(
  z.object({
    submission_id: z.string(),
    account_id: z.string(),
    person_id: z.string(),
    person_name: z.string(),
    fingerprint: z.string(),
    payload: z.nullable(storedTicket),
    as_itself: z.boolean(),
    foreign_id: z.string(),
    state: z.enum(submissionStates),
    reason: z.nullable(z.enum(waitingReasons)),
    attempts: z.number(),
    may_have_arrived: z.boolean(),
    first_sent_at: z.nullable(instant),
    settles_at: z.nullable(instant),
    next_attempt_at: z.nullable(instant),
    ticket_id: z.nullable(z.string()),
    problem: z.nullable(problemSchema),
    request_id: z.string(),
    created_at: instant,
    updated_at: instant,
    read_at: instant,
  }),
  z.transform((row) => ({
    submissionID: row.submission_id,
    accountID: row.account_id,
    personID: row.person_id,
    personName: row.person_name,
    fingerprint: row.fingerprint,
    /** the cleaned request; undefined once settled */
    payload: row.payload ?? undefined,
    asItself: row.as_itself,
    foreignID: row.foreign_id,
    state: row.state,
    reason: row.reason ?? undefined,
    attempts: row.attempts,
    mayHaveArrived: row.may_have_arrived,
    ...sendingTimes(row),
    nextAttemptAt: row.next_attempt_at ?? undefined,
    ticketID: row.ticket_id ?? undefined,
    problem: row.problem ?? undefined,
    requestID: row.request_id,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  })),
);
/** The columns of `submissionRow`. By name, because the result of a prepared statement must stay the same when a column is added. */
const columnNames =
  'submission_id, account_id, person_id, person_name, fingerprint, payload, as_itself, foreign_id, state, reason, ' +
  'attempts, may_have_arrived, first_sent_at, settles_at, next_attempt_at, ticket_id, problem, request_id, ' +
  'created_at, updated_at, now() as read_at';
export const columns = sql.raw(columnNames);
/** The same columns without the content, for a caller that has the content already. */
export const columnsBesideContent = sql.raw(columnNames.replace('payload', 'null::jsonb as payload'));
/** A submission as it stands in the ledger. */
export type StoredSubmission = z.output<typeof submissionRow>;
