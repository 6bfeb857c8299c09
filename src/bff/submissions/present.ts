import type { Submission } from '../../contract/submission.ts';
import type { StoredSubmission } from '../store/submissions.ts';

/** A submission as the browser gets it. Each field is named, so that nothing else of the row gets out. */
export function presentSubmission(stored: StoredSubmission): Submission {
  return {
    submissionID: stored.submissionID,
    accountID: stored.accountID,
    state: stored.state,
    ...(stored.payload !== undefined && { title: stored.payload.title }),
    requestID: stored.requestID,
    filedBy: stored.personName,
    createdOn: stored.createdAt.toISOString(),
    updatedOn: stored.updatedAt.toISOString(),
    attempts: stored.attempts,
    ...(stored.nextAttemptAt !== undefined && { nextAttemptOn: stored.nextAttemptAt.toISOString() }),
    cancellable: stored.state === 'queued' && !stored.mayHaveArrived,
    ...(stored.reason !== undefined && { reason: stored.reason }),
    ...(stored.ticketID !== undefined && { ticketID: stored.ticketID }),
    ...(stored.problem !== undefined && { problem: stored.problem }),
  };
}
