import * as z from 'zod/mini';
import type { DraftFields } from './draft-record.ts';

/** Characters that a link must not fill in: control characters, line breaks, and invisible marks, also those for the direction of text. */
const unwelcome = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+/gu;
/** Cleans a text and cuts it to so many UTF-16 units, without half of a surrogate pair at the end; '' for anything that is no text. */
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
/** The lengths are the same as in `newTicketSchema` (contract/ticket.ts). */
const prefillSchema = z.object({ title: text(1000), foreignID: text(1000), email: text(320) });

/**
 * The fields that a link fills in by `?title=&foreignID=&email=`, as plain text of limited length. Everything else in the query is ignored.
 * @param search the query, with or without the question mark
 * @returns only the fields that are not empty
 */
export function prefillOf(search: string): DraftFields {
  const { title, foreignID, email } = prefillSchema.parse(Object.fromEntries(new URLSearchParams(search)));
  return {
    ...(title !== '' && { title }),
    ...(email !== '' && { 'contact.email': email }),
    ...(foreignID !== '' && { foreignID }),
  };
}
