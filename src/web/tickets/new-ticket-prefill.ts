import * as z from 'zod/mini';
import type { DraftFields } from './draft-record.ts';

/** Line breaks, control characters, and marks that are not seen or turn the order of reading: a link may not bring them. */
const unwelcome = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+/gu;
const text = (most: number) =>
  z.catch(
    z.pipe(
      z.string(),
      z.transform((value: string) =>
        value
          .replace(unwelcome, ' ')
          .trim()
          .slice(0, most)
          .replace(/[\ud800-\udbff]$/, ''),
      ),
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
