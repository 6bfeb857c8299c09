import type { SubmissionState } from '../../contract/submission.ts';
import type { StoredSubmission, Submissions } from '../store/submissions.ts';

/** The states in which a submission ends. */
export const settledStates = ['created', 'rejected', 'cancelled'] as const satisfies readonly SubmissionState[];
export type SettledState = (typeof settledStates)[number];

/** Wraps the ledger so that `tell` is called for each submission that this process settles: for a metric, which then needs no query. */
export function tellSettled(submissions: Submissions, tell: (state: SettledState) => void): Submissions {
  const telling =
    <Given extends unknown[], Done extends StoredSubmission | boolean | undefined>(
      state: SettledState,
      settle: (...given: Given) => Promise<Done>,
    ) =>
    async (...given: Given) => {
      const done = await settle(...given);
      // False or undefined means that somebody else has settled it, or that it could not be settled.
      if (done) tell(state);
      return done;
    };
  return {
    ...submissions,
    created: telling('created', submissions.created),
    found: telling('created', submissions.found),
    rejected: telling('rejected', submissions.rejected),
    cancelled: telling('cancelled', submissions.cancelled),
  };
}
