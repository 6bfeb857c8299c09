import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { accountIDs } from '../people.ts';
import { createMoov } from './app.ts';

const secret = 'a-signing-secret';
const eventSchema = z.object({
  eventID: z.string(),
  type: z.string(),
  data: z.record(z.string(), z.unknown()),
  createdOn: z.string(),
});
type Seen = { headers: IncomingHttpHeaders; event: z.infer<typeof eventSchema> };

const seen: Seen[] = [];
/** The statuses with which the receiver answers the next events; 204 when the list is empty. */
const answers: number[] = [];
let url = '';
const listener = createServer((request, response) => {
  let text = '';
  request.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  request.on('end', () => {
    seen.push({ headers: request.headers, event: eventSchema.parse(JSON.parse(text)) });
    response.writeHead(answers.shift() ?? 204).end();
  });
});
beforeEach(async () => {
  seen.length = 0;
  answers.length = 0;
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  url = `http://127.0.0.1:${address.port}/webhooks/moov`;
});
afterEach(() => new Promise((resolve) => listener.close(resolve)));

const start = () => createMoov({ webhook: { url, secret } });
const request = { title: 'A title', body: '<p>Text</p>', contact: { email: 'a@example.com' } };

test('creating, answering and closing each tell the portal, signed, with ids alone', async () => {
  const moov = start();
  const { ticketID } = moov.store.create(accountIDs.lanternBooks, { ...request, foreignID: 'LB-1' });
  const record = moov.store.ticket(ticketID);
  if (record === undefined) throw new Error('no ticket');
  await moov.webhooks.settled();
  moov.store.addMessage(record, 'Jordan', '<p>An answer</p>');
  await moov.webhooks.settled();
  moov.store.setStatus(record, 'closed');
  await moov.webhooks.settled();

  const data = { accountID: accountIDs.lanternBooks, ticketID, foreignID: 'LB-1' };
  expect(seen.map(({ event }) => [event.type, event.data])).toEqual([
    ['ticket.created', data],
    ['ticket.messageAdded', data],
    ['ticket.updated', { ...data, status: 'closed' }],
  ]);
  expect(new Set(seen.map(({ event }) => event.eventID)).size).toBe(3);
  for (const { headers } of seen) {
    const signed = `${headers['x-timestamp']}|${headers['x-nonce']}|${headers['x-webhook-id']}`;
    expect(headers['x-signature']).toBe(createHmac('sha512', secret).update(signed).digest('hex'));
  }
});

test('an event that is not taken is sent again, the same event with a new signature', async () => {
  answers.push(503);
  const moov = start();
  moov.store.create(accountIDs.lanternBooks, request);
  await moov.webhooks.settled();
  expect(seen).toHaveLength(2);
  expect(seen[0]?.event).toEqual(seen[1]?.event);
  expect(seen[0]?.headers['x-nonce']).not.toBe(seen[1]?.headers['x-nonce']);
  expect(moov.webhooks.deliveries.map(({ attempt, status }) => [attempt, status])).toEqual([
    [2, 204],
    [1, 503],
  ]);
});

test('stopping gives up what is under way', async () => {
  answers.push(503, 503, 503, 503);
  const moov = start();
  moov.store.create(accountIDs.lanternBooks, request);
  await expect.poll(() => moov.webhooks.deliveries.length).toBe(1);
  await moov.webhooks.stop();
  moov.store.create(accountIDs.lanternBooks, request);
  await moov.webhooks.settled();
  expect(seen).toHaveLength(1);
});

test('the help page sends a test event', async () => {
  const moov = start();
  await moov.app.request('/_sandbox/webhooks/test', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
  });
  await moov.webhooks.settled();
  expect(seen.map(({ event }) => [event.type, event.data])).toEqual([['event.test', { ping: true }]]);
});
