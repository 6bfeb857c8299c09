import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import * as z from 'zod/mini';
import { type Database, rowsOf } from '../store/query.ts';
import type { NewSubmission, StoredSubmission } from '../store/submissions.ts';
import { accounts } from './world.ts';

/** A submission that is not in the ledger yet: Mel's, for the own account. */
export function newSubmission(title: string, submissionID: string = randomUUID()): NewSubmission {
  return {
    submissionID,
    accountID: accounts.own,
    personID: 'p',
    personName: 'Mel',
    idempotencyKey: randomUUID(),
    fingerprint: 'f',
    payload: { title, body: '<p>x</p>', contact: { email: 'a@example.com' } },
    asItself: true,
    foreignID: `portal-${submissionID}`,
    requestID: 'r-1',
  };
}

/** A submission as the ledger has it, sent for the second time at `sentAt`. `given` replaces any of its fields. */
export function sentSubmission(sentAt: Date, given: Partial<StoredSubmission>): StoredSubmission {
  return {
    submissionID: 's',
    accountID: 'a',
    personID: 'p',
    personName: 'Mel',
    fingerprint: 'f',
    payload: undefined,
    asItself: true,
    foreignID: 'INV-1',
    state: 'sending',
    reason: undefined,
    attempts: 2,
    mayHaveArrived: true,
    firstSentAt: sentAt,
    settlesAt: sentAt,
    nextAttemptAt: undefined,
    ticketID: undefined,
    problem: undefined,
    requestID: 'r',
    createdAt: sentAt,
    updatedAt: sentAt,
    ...given,
  };
}

const leaseRow = z.object({ owner: z.nullable(z.string()) });
/** The instance that holds a submission at the moment; null when none does. */
export async function leaseOwnerOf(db: Database, submissionID: string): Promise<string | null | undefined> {
  const result = await db.execute(
    sql`select lease_owner as owner from submissions where submission_id = ${submissionID}`,
  );
  return rowsOf(leaseRow, result)[0]?.owner;
}
