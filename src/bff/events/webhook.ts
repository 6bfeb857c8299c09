import { createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod/mini';
import { idSchema } from '../../contract/account.ts';
import type { TicketEvent } from '../../contract/event.ts';
import { ticketIDPattern } from '../../contract/paths.ts';

/** A webhook whose timestamp is further than this in the past or in the future is refused. */
const windowMs = 5 * 60_000;

/**
 * Whether a webhook was signed with the secret within the last five minutes. The signature is a hex HMAC-SHA512 over
 * `timestamp|nonce|webhook-id` (moov-go, pkg/mhooks/signature.go), compared in constant time. It does not cover the body, so the
 * event in it is only a hint.
 * @param now the time (ms since 1970)
 */
export function isSigned(header: (name: string) => string | undefined, secret: string, now: number): boolean {
  const [timestamp, nonce, id, signature] = ['x-timestamp', 'x-nonce', 'x-webhook-id', 'x-signature'].map(header);
  if (timestamp === undefined || nonce === undefined || id === undefined || signature === undefined) return false;
  const expected = createHmac('sha512', secret).update(`${timestamp}|${nonce}|${id}`).digest();
  const given = Buffer.from(signature, 'hex');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return false;
  // Moov does not document the form of the timestamp: seconds or milliseconds since 1970, or RFC 3339.
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

/**
 * Reads the body of a webhook. `event` is undefined for a ping, for types that the portal does not follow, and without readable ids.
 * @returns undefined if the body has no event id or no type
 */
export function readWebhook(json: unknown): { eventID: string; event?: TicketEvent } | undefined {
  const parsed = webhookSchema.safeParse(json);
  if (!parsed.success) return undefined;
  const { eventID, type, data } = parsed.data;
  const kind = Object.entries(kinds).find(([name]) => name === type)?.[1];
  return { eventID, ...(kind !== undefined && data.accountID !== '' && { event: { ...data, kind } }) };
}
