import * as z from 'zod/mini';
import { submissionStates } from './submission.ts';

/**
 * The first event of a stream of live news. `webhooks`: whether Moov sends webhooks to this portal. If it does not, the stream
 * has no news of changes at Moov, and pages ask again by themselves.
 */
export const readyEventSchema = z.object({ webhooks: z.boolean() });
export type ReadyEvent = z.infer<typeof readyEventSchema>;

/**
 * An empty event that the portal sends on every stream of live news at least every `everyMs`; the first one at once. If a page
 * hears nothing for much longer, the stream is dead, even if the connection still looks open.
 */
export const heartbeat = { event: 'heartbeat', everyMs: 15_000 } as const;

// The two kinds of live news. The stream sends the first as `event: ticket`, the second as `event: submission`.

/** Something has happened to a ticket. */
export const ticketEventSchema = z.object({
  accountID: z.string(),
  ticketID: z.string(),
  kind: z.enum(['created', 'updated', 'messageAdded']),
});
export type TicketEvent = z.infer<typeof ticketEventSchema>;

/** A submission has got another state. `ticketID` is there once the ticket exists. */
export const submissionEventSchema = z.object({
  accountID: z.string(),
  submissionID: z.string(),
  state: z.enum(submissionStates),
  ticketID: z.optional(z.string()),
});
export type SubmissionEvent = z.infer<typeof submissionEventSchema>;
