import type { Submission } from '../../contract/submission.ts';

/** A submission as the BFF gives it, which waits in the queue. */
export const submissionOf = (over: Partial<Submission> = {}): Submission => ({
  submissionID: 's1',
  accountID: 'a',
  state: 'queued',
  title: 'Payout has not arrived',
  requestID: 'r',
  filedBy: 'Mel Roberts',
  createdOn: '2026-11-23T12:00:00Z',
  updatedOn: '2026-11-23T12:00:00Z',
  attempts: 1,
  cancellable: true,
  ...over,
});
