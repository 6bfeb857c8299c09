import type { SubmissionState } from '../../contract/submission.ts';
import type { StoredSubmission, Submissions } from '../store/submissions.ts';

/** How a submission can end. */
export const settledStates = ['created', 'rejected', 'cancelled'] as const satisfies readonly SubmissionState[];
export type SettledState = (typeof settledStates)[number];

/** The ledger, which also calls `tell` for each submission that it settles: what is counted as it happens need not be counted in the table. */
export function tellSettled(submissions: Submissions, tell: (state: SettledState) => void): Submissions {
  const telling =
    <Given extends unknown[], Done extends StoredSubmission | boolean | undefined>(
      state: SettledState,
      settle: (...given: Given) => Promise<Done>,
    ) =>
    async (...given: Given) => {
      const done = await settle(...given);
      // False or undefined when somebody else has settled it, or it could not be.
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
