import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ticketSchema } from '../../contract/ticket.ts';
import { sandboxKeys } from '../../sandbox/keys.ts';
import { signatureHeaders } from '../../sandbox/moov/webhooks.ts';
import { listen } from '../testing/listen.ts';
import { openStream } from '../testing/stream.ts';
import { accounts, merchant, openWorld, origin, problemOf, staff, until, type World } from '../testing/world.ts';

type Answer = { status: number; json?: unknown };
/** The answers of a Moov that does not keep to its own documentation, by method and path. */
let answers: Record<string, () => Answer> = {};
let asked: string[] = [];
const server = createServer((request, response) => {
  const call = `${request.method} ${request.url}`;
  asked.push(call);
  request.resume();
  const token: Answer = { status: 200, json: { access_token: 'secret-token', expires_in: 900 } };
  const { status, json } = call === 'POST /oauth2/token' ? token : (answers[call]?.() ?? { status: 404 });
  response.writeHead(status).end(json === undefined ? undefined : JSON.stringify(json));
});
let world: World;
beforeAll(async () => {
  world = await openWorld({ MOOV_API_URL: `http://127.0.0.1:${await listen(server)}` });
});
afterEach(() => {
  answers = {};
  asked = [];
});
afterAll(async () => {
  await world.close();
  server.close();
  server.closeAllConnections();
});

const ticketOf = (ticketID: string, status = 'new') => ({
  ticketID,
  number: 7,
  title: 'Drifted',
  contact: { email: 'a@example.com' },
  status,
  createdOn: '2026-01-02T03:04:05Z',
  updatedOn: '2026-01-02T03:04:05Z',
});
const upstream = `/accounts/${accounts.own}/tickets`;
const own = `/api${upstream}`;

test.each(['E0F0C0A0-0000-4000-8000-00000000000A', 'tkt_123'])(
  'a ticket that Moov calls %s is read, closed and told of by that name, from where it was filed on',
  async (ticketID) => {
    const ok = (json: unknown) => () => ({ status: 200, json });
    answers = {
      [`POST ${upstream}`]: ok(ticketOf(ticketID)),
      [`GET ${upstream}/${ticketID}`]: ok(ticketOf(ticketID)),
      [`GET ${upstream}/${ticketID}/messages`]: ok([
        { author: 'Mel', body: '<p>x</p>', sentOn: '2026-01-02T03:04:05Z' },
      ]),
      [`PATCH ${upstream}/${ticketID}`]: ok(ticketOf(ticketID, 'closed')),
    };
    const mel = await world.session(merchant);
    const stream = await openStream(world, mel);
    const location = (await world.file(mel, accounts.own, { title: 'Drifted' })).headers.get('location') ?? '';
    expect(location).toBe(`${own}/${ticketID}`);
    const read = ticketSchema.parse(await (await world.call('GET', location, mel)).json());
    expect(read).toMatchObject({ ticketID, filedBy: 'Mel Roberts' });
    expect((await world.call('GET', `${location}/messages`, mel)).status).toBe(200);
    const webhook = await world.portal.app.request(`${origin}/webhooks/moov`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...signatureHeaders(sandboxKeys.webhookSecret, new Date()) },
      body: JSON.stringify({
        eventID: `e-${ticketID}`,
        type: 'ticket.messageAdded',
        data: { accountID: accounts.own, ticketID },
      }),
    });
    expect(webhook.status).toBe(204);
    expect((await world.call('PATCH', location, mel, { status: 'closed' })).status).toBe(200);
    const told = await until(
      async () => stream.dataOf('ticket'),
      (news) => news.length >= 2,
    );
    expect(told).toEqual(['messageAdded', 'updated'].map((kind) => ({ accountID: accounts.own, ticketID, kind })));
    await stream.close();
  },
);

describe.each<[string, Answer]>([
  ['204', { status: 204 }],
  ['200 and what is no ticket', { status: 200, json: { ok: true } }],
])('a ticket whose closing Moov answers with %s is closed', (_, closed) => {
  async function close(read: Answer) {
    const ticketID = randomUUID();
    answers = { [`PATCH ${upstream}/${ticketID}`]: () => closed, [`GET ${upstream}/${ticketID}`]: () => read };
    const mel = await world.session(merchant);
    const stream = await openStream(world, mel);
    const answer = await world.call('PATCH', `${own}/${ticketID}`, mel, { status: 'closed' });
    expect(await world.rows(sql`select person_name, action from audit where ticket_id = ${ticketID}`)).toEqual([
      { person_name: 'Mel Roberts', action: 'ticket-closed' },
    ]);
    await until(
      async () => stream.dataOf('ticket'),
      (news) => news.length === 1,
    );
    await stream.close();
    return answer;
  }

  test('and shown as it is read again', async () => {
    const answer = await close({ status: 200, json: ticketOf('read-again', 'closed') });
    expect(answer.status).toBe(200);
    expect(ticketSchema.parse(await answer.json())).toEqual(ticketOf('read-again', 'closed'));
  });

  test('and said to be so where it cannot be read again', async () => {
    const problem = await problemOf(await close({ status: 500 }));
    expect(problem).toMatchObject({ status: 503, detail: expect.stringContaining('has closed the ticket') });
  });
});

test.each<[string, Answer, object[]]>([
  ['may have been done', { status: 504 }, [{ person_name: 'Mel Roberts', action: 'ticket-close-unclear' }]],
  ['has surely not been done', { status: 429 }, []],
])('who closes a ticket is in the audit trail where it %s, though Moov does not say', async (_, closed, trail) => {
  const ticketID = randomUUID();
  answers = { [`PATCH ${upstream}/${ticketID}`]: () => closed };
  const answer = await world.call('PATCH', `${own}/${ticketID}`, await world.session(merchant), { status: 'closed' });
  expect(answer.status).toBeGreaterThanOrEqual(503);
  expect(await world.rows(sql`select person_name, action from audit where ticket_id = ${ticketID}`)).toEqual(trail);
});

test('an empty list that Moov writes as null is an empty list', async () => {
  answers = {
    'GET /accounts?skip=0&count=200': () => ({ status: 200, json: null }),
    [`GET ${upstream}/t/messages`]: () => ({ status: 200, json: null }),
  };
  const listed = await world.call('GET', '/api/accounts', await world.session(staff));
  expect(await listed.json()).toEqual({ items: [{ accountID: accounts.partner }] });
  const messages = await world.call('GET', `${own}/t/messages`, await world.session(merchant));
  expect(await messages.json()).toEqual([]);
});

test.each([400, 403, 404])(
  'a list of accounts that is refused with %i says nothing about an account, and staff are told so wherever it is needed',
  async (status) => {
    // A portal that has no list yet.
    const fresh = await openWorld({ MOOV_API_URL: world.settings.MOOV_API_URL });
    try {
      answers = { 'GET /accounts?skip=0&count=200': () => ({ status }) };
      const pat = await fresh.session(staff);
      for (const path of ['/api/accounts', `/api/accounts/${accounts.connected}`]) {
        const problem = await problemOf(await fresh.call('GET', path, pat));
        expect(problem).toMatchObject({
          status: 503,
          detail: expect.stringContaining('Moov cannot answer this right now'),
        });
      }
    } finally {
      await fresh.close();
    }
  },
);

test('a conversation of which nothing can be read is not told as empty', async () => {
  answers = {
    [`GET ${upstream}/t/messages`]: () => ({ status: 200, json: [{ author: 'Mel', body: { html: '<p>x</p>' } }] }),
  };
  const problem = await problemOf(await world.call('GET', `${own}/t/messages`, await world.session(merchant)));
  expect(problem).toMatchObject({ status: 503, detail: expect.stringContaining('cannot read') });
});

test.each(['..', '%2e%2e', '..%2f..%2foauth2', 'a%2Fb', 'a%3Fb', 'a%00', 'a b', '%ff', 'x'.repeat(129)])(
  'an address whose ticket is %j is not found, and Moov is not asked',
  async (id) => {
    const mel = await world.session(merchant);
    for (const path of [`${own}/${id}`, `${own}/${id}/messages`])
      expect((await world.call('GET', path, mel)).status).toBe(404);
    expect((await world.call('PATCH', `${own}/${id}`, mel, { status: 'closed' })).status).toBe(404);
    expect(asked).toEqual([]);
  },
);
