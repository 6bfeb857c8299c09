import * as z from 'zod/mini';
import { problemSchema } from '../../contract/problem.ts';
import { newTicketFields } from '../../contract/ticket.ts';

const fieldsSchema = z.partialRecord(z.enum(newTicketFields), z.string());
/** The fields of a draft, by dotted path. A field that was never touched is absent: in the form it gets its default. */
export type DraftFields = z.infer<typeof fieldsSchema>;

/** A draft as it is stored on the device. */
export const draftSchema = z.object({
  draftID: z.string(),
  /** '' while it is not known who is signed in */
  userID: z.string(),
  accountID: z.string(),
  idempotencyKey: z.string(),
  /** the draft was sent with this key, and it is not known what became of it */
  attempted: z.boolean(),
  fields: fieldsSchema,
  /** what the link in the address filled in when the draft was begun */
  prefill: fieldsSchema,
  /** in the form of `toISOString`, so that two of them can be compared as strings */
  savedOn: z.string(),
  /** this is not a draft but the copy of an accepted ticket; it is kept until the submission is settled */
  submissionID: z.optional(z.string()),
  /** the submission whose copy this was before it became a draft again */
  restoredFrom: z.optional(z.string()),
  /** why Moov has refused the ticket after the portal had accepted it */
  problem: z.optional(problemSchema),
});
export type Draft = z.infer<typeof draftSchema>;

/** Whose draft it is, and for which account. Different environments have different origins, which the browser keeps apart. */
export type DraftScope = { userID: string; accountID: string };

/** Whether a draft holds anything but what a link filled in. */
export const hasContent = ({ fields, prefill }: Pick<Draft, 'fields' | 'prefill'>): boolean =>
  newTicketFields.some((path) => (fields[path] ?? '') !== '' && fields[path] !== prefill[path]);

/** Whether both have the same fields. An empty field equals an absent one. */
export const sameFields = (one: DraftFields, other: DraftFields): boolean =>
  newTicketFields.every((path) => (one[path] ?? '') === (other[path] ?? ''));

/** Whether there is a field that is not empty in either, and has different texts. */
export const inConflict = (one: DraftFields, other: DraftFields): boolean =>
  newTicketFields.some((path) => (one[path] ?? '') !== '' && (other[path] ?? '') !== '' && one[path] !== other[path]);
