import * as z from 'zod/mini';
import { problemSchema } from './problem.ts';

/** States of a submission: sending → created | rejected | queued → sending …, queued → cancelled. */
export const submissionStates = ['sending', 'queued', 'created', 'rejected', 'cancelled'] as const;
export type SubmissionState = (typeof submissionStates)[number];

/** Why a submission has not been delivered yet. */
export const waitingReasons = [
  'rate-limited',
  'unavailable',
  'timeout',
  'broken',
  'unauthorized',
  'unreadable',
  'circuit-open',
  'interrupted',
] as const;
export type WaitingReason = (typeof waitingReasons)[number];

/** A ticket that the portal has accepted and not (yet) delivered, or what became of it. */
export const submissionSchema = z.object({
  submissionID: z.string(),
  accountID: z.string(),
  state: z.enum(submissionStates),
  /** absent once it is settled: the content is erased then */
  title: z.optional(z.string()),
  /** the portal's reference of the request that filed it, to quote */
  requestID: z.string(),
  /** who filed it */
  filedBy: z.string(),
  createdOn: z.string(),
  updatedOn: z.string(),
  /** how often it has been sent so far */
  attempts: z.number(),
  /** when it is tried next; absent while it is being sent or settled */
  nextAttemptOn: z.optional(z.string()),
  /** true while it surely has not arrived */
  cancellable: z.boolean(),
  reason: z.optional(z.enum(waitingReasons)),
  /** once created */
  ticketID: z.optional(z.string()),
  /** once rejected: why */
  problem: z.optional(problemSchema),
});
export type Submission = z.infer<typeof submissionSchema>;
export const submissionListSchema = z.object({ items: z.array(submissionSchema) });
