import * as z from 'zod/mini';
import { submissionStates } from './submission.ts';

/** What a stream of live news begins with: whether Moov tells the portal of its tickets; without that, pages look for themselves. */
export const readyEventSchema = z.object({ webhooks: z.boolean() });
export type ReadyEvent = z.infer<typeof readyEventSchema>;

/**
 * How often, at least, a stream says that it is still there, by an event of its own that carries nothing. The first comes
 * at once; one that has said nothing for much longer is dead, whatever the line says.
 */
export const heartbeat = { event: 'heartbeat', everyMs: 15_000 } as const;

/** The two kinds of live news, as `event:` names of the stream, and what each carries. */
export const ticketEventSchema = z.object({
  accountID: z.string(),
  ticketID: z.string(),
  kind: z.enum(['created', 'updated', 'messageAdded']),
});
export type TicketEvent = z.infer<typeof ticketEventSchema>;

export const submissionEventSchema = z.object({
  accountID: z.string(),
  submissionID: z.string(),
  state: z.enum(submissionStates),
  ticketID: z.optional(z.string()),
});
export type SubmissionEvent = z.infer<typeof submissionEventSchema>;
