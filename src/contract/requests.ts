import * as z from 'zod/mini';
import { ticketStatuses } from './ticket.ts';

// Schemas of requests that only the BFF checks. They have a file of their own, so that they are not in what the browser loads.

/** The query string of the list of accounts. `cursor` is the number of accounts to pass over. */
export const accountQuerySchema = z.object({
  q: z.optional(z.string().check(z.maxLength(200, 'Shorten the search to 200 characters.'))),
  cursor: z.optional(
    z
      .string()
      .check(z.maxLength(20, 'Start again from the first page.'), z.regex(/^\d+$/, 'Start again from the first page.')),
  ),
});

/** The query string of the list of tickets. `cursor` is Moov's, and means nothing to the portal. */
export const ticketQuerySchema = z.object({
  status: z.optional(z.enum(ticketStatuses, 'Choose a status: new, in-progress, on-hold or closed.')),
  foreignID: z.optional(z.string().check(z.maxLength(1000, 'Shorten the reference to 1,000 characters.'))),
  cursor: z.optional(z.string().check(z.maxLength(4096, 'Start again from the first page.'))),
  count: z.optional(
    z.coerce
      .number('Ask for 1 to 1000 tickets.')
      .check(
        z.int('Ask for 1 to 1000 tickets.'),
        z.minimum(1, 'Ask for 1 to 1000 tickets.'),
        z.maximum(1000, 'Ask for 1 to 1000 tickets.'),
      ),
  ),
});
export type TicketQuery = z.infer<typeof ticketQuerySchema>;

/** The body of a change to a ticket. Moov knows one change only: to close it. */
export const ticketChangeSchema = z.object({
  status: z.literal('closed', 'A ticket can only be closed: send {"status":"closed"}.'),
});
