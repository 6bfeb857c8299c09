import { createHmac, randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sandboxKeys } from '../../sandbox/keys.ts';
import { signatureHeaders } from '../../sandbox/moov/webhooks.ts';
import { type App, nameRequests } from '../guard/request.ts';
import { accounts, openWorld, origin, problemOf, type World } from '../testing/world.ts';
import { webhookRoutes } from './webhooks.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const minuteMs = 60_000;
const signed = (at: Date = new Date(), secret: string = sandboxKeys.webhookSecret) => signatureHeaders(secret, at);
const eventOf = (ticketID: string, more: Record<string, unknown> = {}) => ({
  eventID: randomUUID(),
  type: 'ticket.updated',
  data: { accountID: accounts.own, ticketID, status: 'closed' },
  createdOn: new Date().toISOString(),
  ...more,
});
/** A call as Moov makes it: no cookie, no origin. */
const post = (body: unknown, headers: Record<string, string> = signed(), to: World = world) =>
  Promise.resolve(
    to.portal.app.request(`${origin}/webhooks/moov`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  );
const newsOf = async (ticketID: string) =>
  (await world.rows(sql`select data from events where data->>'ticketID' = ${ticketID}`)).map(({ data }) => data);

test.each([
  ['ticket.created', 'created'],
  ['ticket.updated', 'updated'],
  ['ticket.messageAdded', 'messageAdded'],
])('a signed %s becomes news of the ticket, holding ids alone', async (type, kind) => {
  const ticketID = randomUUID();
  const answer = await post(eventOf(ticketID, { type }));
  expect(answer.status).toBe(204);
  expect(await newsOf(ticketID)).toEqual([{ accountID: accounts.own, ticketID, kind }]);
});

describe('a webhook is refused and tells nothing', () => {
  const right = signed();
  const without = (name: string) => Object.fromEntries(Object.entries(signed()).filter(([key]) => key !== name));
  test.each<[string, () => Record<string, string>]>([
    ['signed with another secret', () => signed(new Date(), 'another secret')],
    ['signed with an empty secret', () => signed(new Date(), '')],
    ['not signed', () => ({})],
    ['without a timestamp', () => without('x-timestamp')],
    ['without a nonce', () => without('x-nonce')],
    ['without a webhook id', () => without('x-webhook-id')],
    ['without a signature', () => without('x-signature')],
    ['with an empty signature', () => ({ ...signed(), 'x-signature': '' })],
    ['with half a signature', () => ({ ...signed(), 'x-signature': right['x-signature'].slice(0, 64) })],
    ['with a signature that is no hex', () => ({ ...signed(), 'x-signature': 'z'.repeat(128) })],
    ['with another nonce than signed', () => ({ ...signed(), 'x-nonce': 'other' })],
    [
      'with a fresher timestamp than signed',
      () => ({ ...signed(new Date(Date.now() - 6 * minuteMs)), 'x-timestamp': new Date().toISOString() }),
    ],
    ['more than five minutes old', () => signed(new Date(Date.now() - 5 * minuteMs - 5_000))],
    ['more than five minutes ahead', () => signed(new Date(Date.now() + 5 * minuteMs + 60_000))],
    ['from the year 1970', () => signed(new Date(0))],
    ['with a time that is none', () => signedAs('soon', randomUUID(), randomUUID())],
  ])('%s', async (_, headers) => {
    const ticketID = randomUUID();
    const problem = await problemOf(await post(eventOf(ticketID), headers()));
    expect(problem).toMatchObject({ status: 401, title: 'Not signed' });
    // The operator must see this in the log: if the two secrets differ, every webhook is refused.
    const [line] = world.logged.filter((one) => one.includes(problem.requestID));
    expect(line).toContain('a webhook with a wrong signature');
    expect(await newsOf(ticketID)).toEqual([]);
  });
});

test.each([
  ['four minutes late', -4 * minuteMs],
  ['four minutes ahead', 4 * minuteMs],
])('a webhook of a clock that is %s is taken', async (_, offMs) => {
  const ticketID = randomUUID();
  expect((await post(eventOf(ticketID), signed(new Date(Date.now() + offMs)))).status).toBe(204);
  expect(await newsOf(ticketID)).toHaveLength(1);
});

/** Headers with a right signature over these values, even if the values themselves are not acceptable. */
function signedAs(timestamp: string, nonce: string, id: string) {
  const signature = createHmac('sha512', sandboxKeys.webhookSecret).update(`${timestamp}|${nonce}|${id}`).digest('hex');
  return { 'x-timestamp': timestamp, 'x-nonce': nonce, 'x-webhook-id': id, 'x-signature': signature };
}

test('webhooks that differ in their time, their nonce or their id alone are all taken', async () => {
  const ticketID = randomUUID();
  const [now, before] = [new Date().toISOString(), new Date(Date.now() - minuteMs).toISOString()];
  const [nonce, id] = [randomUUID(), randomUUID()];
  for (const headers of [
    signedAs(now, nonce, id),
    signedAs(before, nonce, id),
    signedAs(now, randomUUID(), id),
    signedAs(now, nonce, randomUUID()),
  ])
    expect((await post(eventOf(ticketID), headers)).status).toBe(204);
  expect(await newsOf(ticketID)).toHaveLength(4);
});

test.each([
  ['seconds', 1_000],
  ['milliseconds', 1],
])('a webhook that tells its time in %s since 1970 is taken in time, and refused when it is old', async (_, unitMs) => {
  const answers = [0, 6 * minuteMs].map((ago) => {
    const headers = signed();
    const timestamp = String(Math.floor((Date.now() - ago) / unitMs));
    return post(eventOf(randomUUID()), signedAs(timestamp, headers['x-nonce'], headers['x-webhook-id']));
  });
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([204, 401]);
});

test('a repeated event is answered as before and told once, even when all come at the same time', async () => {
  const ticketID = randomUUID();
  const event = eventOf(ticketID);
  const answers = await Promise.all(Array.from({ length: 20 }, () => post(event)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]));
  expect((await post(event)).status).toBe(204);
  expect(await newsOf(ticketID)).toHaveLength(1);
  const lines = world.logged.filter((line) => line.includes('webhook received') && line.includes(event.eventID));
  expect(lines, 'an operator sees each of them').toHaveLength(21);
  expect(
    lines.filter((line) => line.includes('"news":true')),
    '… and which one was news',
  ).toHaveLength(1);
});

test.each(['ticket.updated', 'event.test'])(
  'a signed %s that the database cannot keep is answered by a failure, so that it is sent again',
  async (type) => {
    const fails = () => Promise.reject(new Error('the database is away'));
    const app = new Hono<App>().use(nameRequests(world.log)).route(
      '/webhooks',
      webhookRoutes({
        settings: world.settings,
        events: { receive: fails, spend: fails },
      }),
    );
    app.onError(() => new Response(null, { status: 503 }));
    const body = JSON.stringify(eventOf(randomUUID(), { type }));
    const answer = await app.request(`${origin}/webhooks/moov`, { method: 'POST', headers: signed(), body });
    expect(answer.status).toBe(503);
  },
);

describe('a signature serves once, since it does not cover what is told: whoever has seen one', () => {
  test('cannot tell anything else with it', async () => {
    const [first, forged] = [randomUUID(), randomUUID()];
    const headers = signed();
    expect((await post(eventOf(first), headers)).status).toBe(204);
    expect((await post(eventOf(forged), headers)).status).toBe(204);
    const shouted = { ...headers, 'x-signature': headers['x-signature'].toUpperCase() };
    expect((await post(eventOf(forged), shouted)).status).toBe(204);
    expect(await newsOf(first)).toHaveLength(1);
    expect(await newsOf(forged)).toEqual([]);
  });
  test('cannot tell it, or anything else with it, to a portal that has started again on the same database', async () => {
    const [first, forged] = [randomUUID(), randomUUID()];
    const headers = signed();
    const event = eventOf(first);
    expect((await post(event, headers)).status).toBe(204);
    await world.restart();
    expect((await post(event, headers)).status).toBe(204);
    expect((await post(eventOf(forged), headers)).status).toBe(204);
    expect(await newsOf(first)).toHaveLength(1);
    expect(await newsOf(forged)).toEqual([]);
  });
  test('of a ping cannot make news of it, though the ping itself may be repeated', async () => {
    const forged = randomUUID();
    const headers = signed();
    const ping = { eventID: randomUUID(), type: 'event.test', data: {} };
    for (let times = 0; times < 2; times += 1) expect((await post(ping, headers)).status).toBe(204);
    expect((await post(eventOf(forged), headers)).status).toBe(204);
    expect(await newsOf(forged)).toEqual([]);
  });
});

test.each<[string, unknown, number]>([
  ['a ping', { eventID: 'p', type: 'event.test', data: { ping: true } }, 204],
  [
    'an event that the portal does not follow',
    { eventID: 'q', type: 'transfer.created', data: { accountID: accounts.own } },
    204,
  ],
  [
    'a type that is a property of every object',
    { eventID: 'c', type: 'constructor', data: { accountID: accounts.own, ticketID: randomUUID() } },
    204,
  ],
  ['an event without data', { eventID: 'd', type: 'ticket.updated' }, 204],
  [
    'an event about a malformed account',
    { eventID: 'e', type: 'ticket.updated', data: { accountID: '../x', ticketID: randomUUID() } },
    204,
  ],
  [
    'an event about a malformed ticket',
    { eventID: 'f', type: 'ticket.updated', data: { accountID: accounts.own, ticketID: '../x' } },
    204,
  ],
  ['no event', {}, 400],
  ['a list', [], 400],
  ['an event without an id', { type: 'ticket.updated', data: {} }, 400],
  ['an event whose id is no text', { eventID: 7, type: 'ticket.updated', data: {} }, 400],
  ['an event with an empty id', { eventID: '', type: 'ticket.updated', data: {} }, 400],
  ['an event with an endless id', { eventID: 'x'.repeat(10_000), type: 'ticket.updated', data: {} }, 400],
  ['broken JSON', '{"eventID":', 400],
])('%s, signed, tells nothing', async (_, body, status) => {
  const before = await world.rows(sql`select count(*)::int as count from events`);
  const answer = await post(body);
  expect(answer.status).toBe(status);
  if (status >= 400) await problemOf(answer);
  expect(await world.rows(sql`select count(*)::int as count from events`)).toEqual(before);
});

test.each(['a\0b', '\ud800', ' ', '😀'.repeat(60)])(
  'an event with the odd id %j is taken or refused, never by a failure',
  async (eventID) => {
    const ticketID = randomUUID();
    const answer = await post(eventOf(ticketID, { eventID }));
    expect([204, 400]).toContain(answer.status);
    expect(await newsOf(ticketID)).toHaveLength(answer.status === 204 ? 1 : 0);
  },
);

test('more than 1 MB is refused by 413', async () => {
  expect((await problemOf(await post(`{"x":"${'x'.repeat(1_100_000)}"}`))).status).toBe(413);
});

test.each([undefined, '', 'text/plain', 'application/x-www-form-urlencoded', 'application/cloudevents+json'])(
  'a signed webhook whose content type is %j becomes news, and one that is not signed is refused',
  async (type) => {
    const send = (ticketID: string, headers: Record<string, string>) =>
      world.portal.app.request(`${origin}/webhooks/moov`, {
        method: 'POST',
        headers: { ...headers, ...(type !== undefined && { 'content-type': type }) },
        // Bytes, because `fetch` adds a content type to text.
        body: new TextEncoder().encode(JSON.stringify(eventOf(ticketID))),
      });
    const [told, forged] = [randomUUID(), randomUUID()];
    expect((await send(told, signed())).status).toBe(204);
    expect(await newsOf(told)).toHaveLength(1);
    expect((await send(forged, signed(new Date(), 'another secret'))).status).toBe(401);
    expect(await newsOf(forged)).toEqual([]);
  },
);

test('without a secret there is no such address', async () => {
  const plain = await openWorld({ MOOV_WEBHOOK_SECRET: '' });
  try {
    const problem = await problemOf(await post(eventOf(randomUUID()), signed(new Date(), ''), plain));
    const nothing = await problemOf(await plain.call('GET', '/api/nothing', 'x=y'));
    expect(problem.status).toBe(404);
    expect(nothing.status).toBe(401);
    expect(await plain.rows(sql`select 1 from events`)).toEqual([]);
  } finally {
    await plain.close();
  }
});
