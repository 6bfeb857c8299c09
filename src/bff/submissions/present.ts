import type { Submission } from '../../contract/submission.ts';
import { makeProblem } from '../guard/problem.ts';
import type { StoredSubmission } from '../store/submissions.ts';

/** What people are told of a submission that operators have given up. */
export const givenUpProblem = (requestID: string) =>
  makeProblem(
    'given-up',
    {
      detail:
        'Our operators have ended the search for it, and its text has been erased from the portal. Look at your tickets before you submit it again.',
    },
    requestID,
  );

/** A submission as the browser gets it. Each field is named, so that nothing else of the row gets out. */
export function presentSubmission(stored: StoredSubmission): Submission {
  // Earlier builds wrote one that operators gave up as cancelled. Nothing else that is cancelled may have arrived.
  if (stored.state === 'cancelled' && stored.mayHaveArrived)
    return presentSubmission({ ...stored, state: 'rejected', problem: givenUpProblem(stored.requestID) });
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
