import * as z from 'zod/mini';
import { problemSchema } from '../../contract/problem.ts';
import { newTicketFields } from '../../contract/ticket.ts';

const fieldsSchema = z.partialRecord(z.enum(newTicketFields), z.string());
/** What the person has entered, by dotted path. A field that was never touched is absent, so that it takes its default. */
export type DraftFields = z.infer<typeof fieldsSchema>;

/** A draft as the device keeps it. */
export const draftSchema = z.object({
  draftID: z.string(),
  /** empty while it is not known who is signed in */
  userID: z.string(),
  accountID: z.string(),
  idempotencyKey: z.string(),
  /** sent with this key, and no outcome known */
  attempted: z.boolean(),
  fields: fieldsSchema,
  /** what a link had filled in */
  prefill: fieldsSchema,
  savedOn: z.string(),
  /** a copy of what was accepted and not delivered yet, kept until that is settled */
  submissionID: z.optional(z.string()),
  /** the submission as whose copy it stood here before it was put back into the form */
  restoredFrom: z.optional(z.string()),
  /** why Moov has refused it after all */
  problem: z.optional(problemSchema),
});
export type Draft = z.infer<typeof draftSchema>;

/** Whose draft, and for which account. The environment is part of it by itself: the browser keeps origins apart. */
export type DraftScope = { userID: string; accountID: string };

/** Whether anything was entered beyond what a link had filled in. */
export const hasContent = ({ fields, prefill }: Pick<Draft, 'fields' | 'prefill'>): boolean =>
  newTicketFields.some((path) => (fields[path] ?? '') !== '' && fields[path] !== prefill[path]);

/** Whether both say the same; an empty field says as much as an absent one. */
export const sameFields = (one: DraftFields, other: DraftFields): boolean =>
  newTicketFields.every((path) => (one[path] ?? '') === (other[path] ?? ''));

/** Whether both say something about the same field, and not the same. */
export const inConflict = (one: DraftFields, other: DraftFields): boolean =>
  newTicketFields.some((path) => (one[path] ?? '') !== '' && (other[path] ?? '') !== '' && one[path] !== other[path]);
