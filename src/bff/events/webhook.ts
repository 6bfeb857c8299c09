import { createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod/mini';
import { idSchema } from '../../contract/account.ts';
import type { TicketEvent } from '../../contract/event.ts';
import { ticketIDPattern } from '../../contract/paths.ts';

/** A webhook older, or further ahead, than this is refused. */
const windowMs = 5 * 60_000;

/**
 * Whether a webhook was signed with the secret just now: hex HMAC-SHA512 over `timestamp|nonce|webhook-id`, compared in
 * constant time (moov-go, pkg/mhooks/signature.go). The body is not signed: the event is a hint, never a fact.
 */
export function isSigned(header: (name: string) => string | undefined, secret: string, now: number): boolean {
  const [timestamp, nonce, id, signature] = ['x-timestamp', 'x-nonce', 'x-webhook-id', 'x-signature'].map(header);
  if (timestamp === undefined || nonce === undefined || id === undefined || signature === undefined) return false;
  const expected = createHmac('sha512', secret).update(`${timestamp}|${nonce}|${id}`).digest();
  const given = Buffer.from(signature, 'hex');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return false;
  // Seconds or milliseconds since 1970, or RFC 3339.
  const number = Number(timestamp);
  const sentAt = Number.isFinite(number) ? (number > 100_000_000_000 ? number : number * 1000) : Date.parse(timestamp);
  return Math.abs(now - sentAt) <= windowMs;
}

const kinds = {
  'ticket.created': 'created',
  'ticket.updated': 'updated',
  'ticket.messageAdded': 'messageAdded',
} as const;
const webhookSchema = z.object({
  eventID: z.string().check(z.maxLength(200), z.regex(/^\P{C}+$/u)),
  type: z.string(),
  data: z.catch(z.object({ accountID: idSchema, ticketID: z.string().check(z.regex(ticketIDPattern)) }), {
    accountID: '',
    ticketID: '',
  }),
});

/** The news in a webhook; `event` is undefined for a ping and for types that the portal does not follow. */
export function readWebhook(json: unknown): { eventID: string; event?: TicketEvent } | undefined {
  const parsed = webhookSchema.safeParse(json);
  if (!parsed.success) return undefined;
  const { eventID, type, data } = parsed.data;
  const kind = Object.entries(kinds).find(([name]) => name === type)?.[1];
  return { eventID, ...(kind !== undefined && data.accountID !== '' && { event: { ...data, kind } }) };
}
