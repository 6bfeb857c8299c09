import * as z from 'zod/mini';
import { messageLimits } from './message.ts';

/**
 * A ticket as the Moov API returns it (reference page "Create a support ticket", v2026.01.00), field by field.
 * `status` is a plain string on the wire: a status that Moov adds later must not break a list. Dates are RFC 3339.
 */
export const ticketSchema = z.object({
  ticketID: z.string(),
  number: z.number(),
  title: z.string(),
  contact: z.object({ email: z.string(), name: z.optional(z.string()) }),
  status: z.string(),
  createdOn: z.string(),
  updatedOn: z.string(),
  latestMessageOn: z.optional(z.string()),
  closedOn: z.optional(z.string()),
  foreignID: z.optional(z.string()),
  /**
   * The name of the person who filed it through this portal, whatever the ticket gives as its author. Not Moov's: the BFF adds it,
   * and only to a single ticket, not in lists.
   */
  filedBy: z.optional(z.string()),
});
export type Ticket = z.infer<typeof ticketSchema>;

/** The four statuses that Moov documents; anything else is shown in Moov's own word. */
export const ticketStatuses = ['new', 'in-progress', 'on-hold', 'closed'] as const;
export type TicketStatus = (typeof ticketStatuses)[number];

/** One page of tickets, newest first; `nextPage` is absent on the last page. */
export const pageOfTicketsSchema = z.object({
  items: z.array(ticketSchema),
  nextPage: z.optional(z.object({ cursor: z.string() })),
});
export type PageOfTickets = z.infer<typeof pageOfTicketsSchema>;

/**
 * The six fields of a request, as dotted paths: exactly the keys of Moov's 422 answer to create, and exactly the
 * inputs of the form.
 */
export const newTicketFields = ['title', 'body', 'author', 'contact.email', 'contact.name', 'foreignID'] as const;
export type NewTicketField = (typeof newTicketFields)[number];

/**
 * Takes away what cannot be stored or sent as UTF-8: nul characters are removed (PostgreSQL refuses them), half a surrogate pair
 * becomes \ufffd.
 */
const wellFormed = z.overwrite((value: string) => value.replaceAll('\0', '').toWellFormed());
/** Text of at most 1,000 characters, trimmed. `what` is its name in the sentences; `missing` is the sentence if it is not there. */
const short = (what: string, missing = `Enter ${what} as text.`) =>
  z
    .string({ error: ({ input }) => (input === undefined || input === null ? missing : `Enter ${what} as text.`) })
    .check(wellFormed, z.trim(), z.maxLength(1000, `Shorten ${what} to 1,000 characters.`));
/** An optional field that is left empty is left out of the request: Moov takes an absent field, but not an empty one. */
const optionalShort = (what: string) =>
  z.optional(
    z.pipe(
      z.nullable(short(what)),
      z.transform((value) => (value === '' || value === null ? undefined : value)),
    ),
  );

/** Deliberately loose: something before an @ and something after. Moov's own check has the last word. */
const looksLikeEmail = /^[^\s@]+@[^\s@]+$/;

const titleMissing = 'Enter a title, for example “Payout of 12 May has not arrived”.';
const emailMissing = 'Enter the email address where answers should arrive, for example name@example.com.';

/**
 * What a person files. Local rules are few, on purpose: what Moov can judge is left to Moov, whose sentences are shown.
 * The message's own rules (which HTML, how much) are in `message.ts` and applied by the cleaner and the form.
 */
export const newTicketSchema = z.object({
  title: short('the title', titleMissing).check(z.minLength(1, titleMissing)),
  body: z
    .string(messageLimits.empty)
    .check(z.minLength(1, messageLimits.empty), z.maxLength(messageLimits.bytes, messageLimits.tooLong)),
  contact: z.pipe(
    // Without a contact the address is what is missing, so the sentence must be about `contact.email`, which is an input of the form.
    z.transform(
      (contact: unknown) => (typeof contact === 'object' && !Array.isArray(contact) ? contact : undefined) ?? {},
    ),
    z.object({
      email: z
        .string(emailMissing)
        .check(
          wellFormed,
          z.trim(),
          z.minLength(1, emailMissing),
          z.maxLength(320, 'Shorten the email address to 320 characters.'),
          z.regex(looksLikeEmail, 'Enter a complete email address, for example name@example.com.'),
        ),
      name: optionalShort('the contact name'),
    }),
  ),
  author: optionalShort('the author'),
  foreignID: optionalShort('your reference'),
});
/** A new ticket after the checks: texts are trimmed, and optional fields that were empty are gone. */
export type NewTicket = z.output<typeof newTicketSchema>;

/**
 * The `foreignID` that the portal gives a ticket without one, so that the portal can always find it again at Moov.
 * It is never shown as the person's own reference.
 */
export const portalReference = (submissionID: string) => `portal-${submissionID}`;
/** The reference that the person gave the ticket, or undefined if there is none or the portal made it. */
export const ownReference = (ticket: { foreignID?: string | undefined }) =>
  ticket.foreignID !== undefined && /^portal-[0-9a-f-]{36}$/.test(ticket.foreignID) ? undefined : ticket.foreignID;
