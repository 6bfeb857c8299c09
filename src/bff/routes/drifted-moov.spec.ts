import { createServer } from 'node:http';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ticketSchema } from '../../contract/ticket.ts';
import { sandboxKeys } from '../../sandbox/keys.ts';
import { signatureHeaders } from '../../sandbox/moov/webhooks.ts';
import { listen } from '../testing/listen.ts';
import { openStream } from '../testing/stream.ts';
import { accounts, merchant, openWorld, origin, until, type World } from '../testing/world.ts';

/** What a Moov that does not keep to its own page answers: a status, and a body where there is one. */
type Answers = Record<string, () => { status: number; json?: unknown }>;

let answers: Answers = {};
let asked: string[] = [];
const server = createServer((request, response) => {
  const call = `${request.method} ${request.url}`;
  asked.push(call);
  request.resume();
  const token = { status: 200, json: { access_token: 'secret-token', expires_in: 900 } };
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
