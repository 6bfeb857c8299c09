import * as z from 'zod/mini';
import type { DraftFields } from './draft-record.ts';

/** Marks that change the order in which a text is read, and all other invisible ones: a link may not bring them. */
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]+/gu;
const text = (most: number) =>
  z.catch(
    z.pipe(
      z.string(),
      z.transform((value: string) => [...value.replace(invisible, ' ').trim()].slice(0, most).join('')),
    ),
    '',
  );
/** The lengths are those of `newTicketSchema`. */
const prefillSchema = z.object({ title: text(1000), foreignID: text(1000), email: text(320) });

/**
 * What a link fills in: `?title=&foreignID=&email=`, as plain text, capped; anything else in the query means nothing.
 * @param search with or without the question mark
 */
export function prefillOf(search: string): DraftFields {
  const { title, foreignID, email } = prefillSchema.parse(Object.fromEntries(new URLSearchParams(search)));
  return {
    ...(title !== '' && { title }),
    ...(email !== '' && { 'contact.email': email }),
    ...(foreignID !== '' && { foreignID }),
  };
}
