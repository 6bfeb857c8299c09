import * as z from 'zod/mini';
import { problemSchema } from './problem.ts';

/** States of a submission: sending → created | rejected | queued → sending …, queued → cancelled. */
export const submissionStates = ['sending', 'queued', 'created', 'rejected', 'cancelled'] as const;
export type SubmissionState = (typeof submissionStates)[number];

/** Why a submission has not been delivered yet: what its last attempt met, or why there was no attempt (`circuit-open`). */
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

/** A ticket that the portal has accepted: still to be delivered, or what became of it. */
export const submissionSchema = z.object({
  submissionID: z.string(),
  accountID: z.string(),
  state: z.enum(submissionStates),
  /** absent once the submission is settled (created, rejected or cancelled), because its content is erased then */
  title: z.optional(z.string()),
  /** the id of the request that filed it, for the person to quote */
  requestID: z.string(),
  /** the name of the person who filed it */
  filedBy: z.string(),
  createdOn: z.string(),
  updatedOn: z.string(),
  /** how often it has been sent so far */
  attempts: z.number(),
  /** when the portal tries next; absent while it is being sent, and once it is settled */
  nextAttemptOn: z.optional(z.string()),
  /** true while it waits in the queue and has surely not arrived at Moov */
  cancellable: z.boolean(),
  reason: z.optional(z.enum(waitingReasons)),
  /** the ticket at Moov; there once it is created */
  ticketID: z.optional(z.string()),
  /** once it is rejected: why Moov has refused it, or that operators have given it up and nobody knows whether it has arrived (`given-up`) */
  problem: z.optional(problemSchema),
});
export type Submission = z.infer<typeof submissionSchema>;
export const submissionListSchema = z.object({ items: z.array(submissionSchema) });
