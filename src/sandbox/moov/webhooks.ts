import { createHmac, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { TicketEvent, TicketRecord } from './store.ts';

/** The address that events are sent to, and the secret that signs them. */
export type WebhookTarget = { url: string; secret: string };

/** One try to deliver an event. `status` is undefined if there was no answer. */
type Delivery = { eventID: string; type: string; attempt: number; status: number | undefined; at: string };

const webhookID = '3f1d7a52-0f5e-4c0b-9a3e-7f6d5c4b3a21';
const deadlineMs = 5_000;
/** Pauses before the second try and the following ones. */
const pausesMs = [500, 2_000, 5_000];
const mostKept = 100;

/**
 * The headers that prove who sent an event: the signature is a hex HMAC-SHA512 over `timestamp|nonce|webhook-id`. The body is not signed
 * (moov-go, pkg/mhooks/signature.go).
 */
export function signatureHeaders(secret: string, at: Date) {
  const timestamp = at.toISOString();
  const nonce = randomUUID();
  return {
    'x-timestamp': timestamp,
    'x-nonce': nonce,
    'x-webhook-id': webhookID,
    'x-signature': createHmac('sha512', secret).update(`${timestamp}|${nonce}|${webhookID}`).digest('hex'),
  };
}

/** Sends events about tickets to the target, again up to three times if an event is not answered 2xx. Without a target it sends nothing. */
export function createWebhooks(target: WebhookTarget | undefined, now: () => Date) {
  const deliveries: Delivery[] = [];
  const underWay = new Set<Promise<void>>();
  const stopping = new AbortController();

  async function attempt({ url, secret }: WebhookTarget, body: string): Promise<number | undefined> {
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...signatureHeaders(secret, now()) },
        body,
        redirect: 'manual',
        signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(deadlineMs)]),
      });
      await answer.body?.cancel();
      return answer.status;
    } catch {
      // Nobody answers, or too slowly: there is another try, and the help page shows this one.
      return undefined;
    }
  }

  async function deliver(to: WebhookTarget, type: string, data: Record<string, unknown>) {
    const eventID = randomUUID();
    // The form of an event is from moov-go, pkg/mhooks/event.go.
    const body = JSON.stringify({ eventID, type, data, createdOn: now().toISOString() });
    for (const [before, pauseMs] of [0, ...pausesMs].entries()) {
      if (before > 0) await pause(pauseMs, undefined, { signal: stopping.signal }).catch(() => 'stopping');
      if (stopping.signal.aborted) return;
      const status = await attempt(to, body);
      deliveries.unshift({ eventID, type, attempt: before + 1, status, at: now().toISOString() });
      deliveries.length = Math.min(deliveries.length, mostKept);
      if (status !== undefined && status >= 200 && status < 300) return;
    }
  }

  function send(type: string, data: Record<string, unknown>) {
    if (target === undefined || stopping.signal.aborted) return;
    const delivery = deliver(target, type, data).finally(() => underWay.delete(delivery));
    underWay.add(delivery);
  }

  return {
    target,
    /** the last tries, newest first */
    deliveries,
    /** Sends an event about a ticket: only ids, and the status if it may have changed (`@moovio/sdk` webhookdataticketupdated). */
    tell(type: TicketEvent, { accountID, ticket }: TicketRecord) {
      const { ticketID, foreignID, status } = ticket;
      send(type, {
        accountID,
        ticketID,
        ...(foreignID !== undefined && { foreignID }),
        ...(type === 'ticket.updated' && { status }),
      });
    },
    /** Sends the event that checks an address (docs.moov.io, "How to set up webhooks"). */
    test: () => send('event.test', { ping: true }),
    /** Resolves when the deliveries under way have ended. */
    settled: async () => {
      await Promise.all(underWay);
    },
    async stop() {
      stopping.abort();
      await Promise.all(underWay);
    },
  };
}
export type Webhooks = ReturnType<typeof createWebhooks>;
