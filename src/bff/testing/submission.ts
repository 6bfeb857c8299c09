import { randomUUID } from 'node:crypto';
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
    leaseOwner: undefined,
    ticketID: undefined,
    problem: undefined,
    requestID: 'r',
    createdAt: sentAt,
    updatedAt: sentAt,
    ...given,
  };
}
