import { createHash } from 'node:crypto';
import type { NewTicket } from '../../contract/ticket.ts';

/** A digest of a ticket's fields: two requests with equal digests ask for the same ticket. */
export function fingerprintOf(ticket: NewTicket): string {
  const { title, body, contact, author, foreignID } = ticket;
  return createHash('sha256')
    .update(JSON.stringify([title, body, contact.email, contact.name ?? null, author ?? null, foreignID ?? null]))
    .digest('base64url');
}
