import { Hono } from 'hono';
import * as z from 'zod/mini';
import { isSigned, readWebhook } from '../events/webhook.ts';
import { notFound, ProblemError } from '../guard/problem.ts';
import { type App, readBody } from '../guard/request.ts';
import { hashOf } from '../identity/cookies.ts';
import type { Settings } from '../settings.ts';
import type { Events } from '../store/events.ts';

/** `POST /webhooks/moov`: receives Moov's webhooks. Their content is only a hint: pages then read the ticket from the API. */
export function webhookRoutes(parts: { settings: Settings; events: Pick<Events, 'receive' | 'spend'> }) {
  const { settings, events } = parts;
  return new Hono<App>().post('/moov', async (c) => {
    if (settings.MOOV_WEBHOOK_SECRET === undefined) throw notFound();
    if (!isSigned((name) => c.req.header(name), settings.MOOV_WEBHOOK_SECRET, Date.now())) {
      c.get('log').warn({}, 'a webhook with a wrong signature or an old timestamp was refused');
      throw new ProblemError('not-signed-in', {
        title: 'Not signed',
        detail: 'The signature or the timestamp of this webhook is not right.',
      });
    }
    const signedAs = hashOf(
      ['x-timestamp', 'x-nonce', 'x-webhook-id'].map((name) => c.req.header(name) ?? '').join('|'),
    );
    // Any content type is accepted: Moov's documentation does not name one, and the signature keeps others out.
    const webhook = readWebhook(await readBody(c, z.unknown(), { anyType: true }));
    if (webhook === undefined)
      throw new ProblemError('malformed-request', { detail: 'This webhook has no event id or type.' });
    if (webhook.event === undefined) await events.spend(signedAs);
    else {
      const news = await events.receive(webhook.eventID, webhook.event, signedAs);
      c.get('log').info(
        { eventID: webhook.eventID, kind: webhook.event.kind, accountID: webhook.event.accountID, news },
        'webhook received',
      );
    }
    return c.body(null, 204);
  });
}
