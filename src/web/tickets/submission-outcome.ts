import { problemType } from '../../contract/problem.ts';
import type { Submission, SubmissionState } from '../../contract/submission.ts';

/**
 * What to tell of a submission: its state, or `given-up` when it was rejected because operators have ended the search for it. Then it is
 * not known whether it has arrived at Moov.
 */
export const outcomeOf = ({ state, problem }: Submission): SubmissionState | 'given-up' =>
  problem?.type === problemType('given-up') ? 'given-up' : state;
