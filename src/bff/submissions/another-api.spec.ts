import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { statusSchema } from '../../contract/status.ts';
import { submissionListSchema, submissionSchema } from '../../contract/submission.ts';
import { ticketSchema } from '../../contract/ticket.ts';
import { listen } from '../testing/listen.ts';
import { accounts, merchant, openWorld, problemOf, staff, until, type World } from '../testing/world.ts';

/** How long a delivery may take on a slow machine. */
const patienceMs = 60_000;
const settleMs = 1_000;
const answerWithinMs = 2_000;

type Asked = { method: string; path: string; at: number };
type Answer = { status: number; headers?: Record<string, string>; body: string };
/** Changes what happens to a call. `pass` hands it to the stand-in. @returns another answer, none, or undefined for the stand-in's own */
type Change = (asked: Asked, pass: () => Promise<Answer>) => Promise<Answer | 'cut' | 'hang' | undefined>;
const asItIs: Change = () => Promise.resolve(undefined);

let world: World;
let api: Awaited<ReturnType<typeof startOtherAPI>>;
/** A proxy in front of the stand-in that changes its answers (`change`), as another API might give them. */
async function startOtherAPI() {
  const state = { change: asItIs, target: '', asked: [] as Asked[] };
  const server = createServer((request, response) => {
    const asked = { method: request.method ?? '', path: request.url ?? '', at: performance.now() };
    state.asked.push(asked);
    let passed: Promise<Answer> | undefined;
    const pass = () => {
      passed ??= (async () => {
        const { host: _, connection: __, ...headers } = request.headers;
        const sent = await buffer(request);
        const answer = await fetch(state.target + asked.path, {
          method: asked.method,
          headers: Object.entries(headers).flatMap(([name, value]) =>
            typeof value === 'string' && name !== 'content-length' ? [[name, value]] : [],
          ),
          ...(sent.length > 0 && { body: sent }),
        });
        return { status: answer.status, body: await answer.text() };
      })();
      return passed;
    };
    const reply = async () => {
      const changed = await state.change(asked, pass);
      if (changed === 'hang') return;
      if (changed === 'cut') {
        request.socket.destroy();
        return;
      }
      const { status, body, headers = {} } = changed ?? (await pass());
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
    };
    reply().catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  const port = await listen(server);
  return Object.assign(state, {
    url: `http://127.0.0.1:${port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  });
}

beforeAll(async () => {
  api = await startOtherAPI();
  world = await openWorld({
    MOOV_API_URL: api.url,
    UPSTREAM_TIMEOUT_MS: '4000',
    ANSWER_WITHIN_MS: String(answerWithinMs),
    SETTLE_MS: String(settleMs),
  });
  api.target = world.sandbox.moovURL;
});
beforeEach(() => {
  api.change = asItIs;
});
afterAll(async () => {
  await world.close();
  api.close();
});

const isCreation = ({ method, path }: Asked) => method === 'POST' && path.endsWith('/tickets');
const isList = ({ method, path }: Asked) => method === 'GET' && /\/tickets\?/.test(path);
const isToken = ({ path }: Asked) => path === '/oauth2/token';
/** The first request to create a ticket arrives, but its answer is lost. */
function losingTheFirst(then: Change = asItIs): Change {
  let lost = false;
  return async (asked, pass) => {
    if (!isCreation(asked) || lost) return then(asked, pass);
    lost = true;
    await pass();
    return 'cut';
  };
}
const listSchema = z.looseObject({
  items: z.array(z.looseObject({ title: z.string(), foreignID: z.optional(z.string()) })),
});
const onList =
  (alter: (ticket: z.output<typeof listSchema>['items'][number]) => object): Change =>
  async (asked, pass) => {
    if (!isList(asked)) return undefined;
    const { status, body } = await pass();
    const page = listSchema.parse(JSON.parse(body));
    return { status, body: JSON.stringify({ ...page, items: page.items.map(alter) }) };
  };
const kept = async (answer: Response) => {
  expect(answer.status).toBe(202);
  return submissionSchema.parse(await answer.json());
};
const settled = (cookie: string, submissionID: string) =>
  until(
    async () =>
      submissionSchema.parse(
        await (await world.call('GET', `/api/accounts/${accounts.own}/submissions/${submissionID}`, cookie)).json(),
      ),
    ({ state }) => ['created', 'rejected', 'cancelled'].includes(state),
    patienceMs,
  );
const upstream = (title: string) =>
  world.sandbox.moov.store.tickets(accounts.own).filter(({ ticket }) => ticket.title === title);

describe('a ticket whose answer was lost is found again, and not sent again,', () => {
  test.each<[string, Change, string]>([
    [
      'where the API has tidied its title',
      onList((ticket) => ({ ...ticket, title: ticket.title.toUpperCase() })),
      '<p>Hello</p>',
    ],
    ['where the list leaves the reference out', onList(({ foreignID: _, ...ticket }) => ticket), '<p>Hello</p>'],
    [
      'where its clock is far behind and is not told',
      onList((ticket) => ({ ...ticket, createdOn: new Date(Date.now() - 3_600_000).toISOString() })),
      '<p>Hello</p>',
    ],
  ])('%s', async (_, list, body) => {
    const cookie = await world.session(merchant);
    const title = `Lost  and found ${randomUUID()}`;
    api.change = losingTheFirst(list);
    const { submissionID } = await kept(await world.file(cookie, accounts.own, { title, body }));
    const { state, ticketID } = await settled(cookie, submissionID);
    expect(state).toBe('created');
    expect(upstream(title).map(({ ticket }) => ticket.ticketID)).toEqual([ticketID]);
  });

  test.each<[string, (title: string) => string]>([
    ['white space and the forms of letters', (title) => ` ${title.replace('  ', ' ').normalize('NFD')}`],
    ['its end, cut off', (title) => `${title.slice(0, 60)}…`],
  ])(
    'with the person’s own reference, where the API changes %s of its title and the letters of its message',
    async (_, tidied) => {
      const cookie = await world.session(merchant);
      const title = `Café  closed, and the payout of last week missing ${randomUUID()}`;
      const list = onList((ticket) => ({ ...ticket, title: tidied(ticket.title) }));
      api.change = losingTheFirst(async (asked, pass) => {
        if (!asked.path.endsWith('/messages')) return list(asked, pass);
        const { status, body } = await pass();
        return { status, body: body.replaceAll('é', '&eacute;').replaceAll('’', '&rsquo;') };
      });
      const foreignID = `ref-${randomUUID()}`;
      const body = '<p>The café’s payout is missing.</p>';
      const { submissionID } = await kept(await world.file(cookie, accounts.own, { title, body, foreignID }));
      expect((await settled(cookie, submissionID)).state).toBe('created');
      expect(
        world.sandbox.moov.store.tickets(accounts.own).filter(({ ticket }) => ticket.foreignID === foreignID),
      ).toHaveLength(1);
    },
  );
});

test.each<[string, (page: z.output<typeof listSchema>) => object]>([
  ['holds the tickets elsewhere', ({ items }) => ({ tickets: items })],
  ['is an object', ({ items }) => ({ items: Object.fromEntries(items.entries()) })],
  ['has ids that cannot be read', ({ items }) => ({ items: items.map((ticket) => ({ ...ticket, ticketID: null })) })],
  ['goes on at a place that cannot be read', () => ({ items: [], nextPage: { cursor: 2 } })],
])(
  'a ticket whose answer was lost is not sent again while the list %s, and is found when it can be read',
  async (_, drift) => {
    const cookie = await world.session(merchant);
    const title = `Behind a drifted list ${randomUUID()}`;
    let looks = 0;
    api.change = losingTheFirst(async (asked, pass) => {
      if (!isList(asked) || looks === 2) return undefined;
      looks += 1;
      const { status, body } = await pass();
      return { status, body: JSON.stringify(drift(listSchema.parse(JSON.parse(body)))) };
    });
    const { submissionID } = await kept(await world.file(cookie, accounts.own, { title }));
    expect((await settled(cookie, submissionID)).state).toBe('created');
    expect(looks).toBe(2);
    expect(upstream(title)).toHaveLength(1);
  },
);

test('a ticket whose answer was lost is not sent again where its own text cannot be read, and an answer to it can', async () => {
  const cookie = await world.session(merchant);
  const title = `Half a conversation ${randomUUID()}`;
  const answered = [
    { author: 'Mel', body: null },
    { author: 'Ana', body: '<p>We are on it.</p>' },
  ];
  api.change = losingTheFirst(async ({ path }) =>
    path.endsWith('/messages') ? { status: 200, body: JSON.stringify(answered) } : undefined,
  );
  const { submissionID } = await kept(
    await world.file(cookie, accounts.own, { title, foreignID: `ref-${randomUUID()}` }),
  );
  const { state, ticketID } = await settled(cookie, submissionID);
  expect(state).toBe('created');
  expect(upstream(title).map(({ ticket }) => ticket.ticketID)).toEqual([ticketID]);
});

test.each([400, 403, 404])(
  'a token refused with %i is not the person’s matter: the ticket is kept, with its text, until it is given',
  async (status) => {
    const cookie = await world.session(merchant);
    const title = `Kept ${randomUUID()}`;
    await world.restart();
    let refused = true;
    api.change = async (asked) =>
      refused && isToken(asked) ? { status, body: JSON.stringify({ error: 'invalid_scope' }) } : undefined;
    const { submissionID, reason } = await kept(await world.file(cookie, accounts.own, { title }));
    expect(reason).toBe('unauthorized');
    expect(world.logged.join('')).toContain('ALERT Moov does not accept the credentials');
    refused = false;
    expect((await settled(cookie, submissionID)).state).toBe('created');
    expect(upstream(title)).toHaveLength(1);
  },
);

test('a 409 while it cannot be looked for is no refusal: the ticket is looked for until it is known', async () => {
  const cookie = await world.session(merchant);
  const title = `There already ${randomUUID()}`;
  let looks = 0;
  let creations = 0;
  api.change = async (asked, pass) => {
    if (isCreation(asked)) {
      creations += 1;
      await pass();
      return { status: 409, body: JSON.stringify({ error: 'foreignID exists' }) };
    }
    if (isList(asked)) {
      looks += 1;
      if (looks <= 2) return { status: 500, body: '' };
    }
    return undefined;
  };
  const { submissionID } = await kept(await world.file(cookie, accounts.own, { title }));
  expect((await settled(cookie, submissionID)).state).toBe('created');
  expect(creations).toBe(1);
  expect(upstream(title)).toHaveLength(1);
});

test('a ticket that was told as kept while Moov was slow, and is refused then, is listed until the person has read it', async () => {
  const cookie = await world.session(merchant);
  let refuse: () => void = () => undefined;
  api.change = (asked) =>
    isCreation(asked)
      ? new Promise((resolve) => {
          refuse = () => resolve({ status: 422, body: '{"title":"Say more."}' });
        })
      : Promise.resolve(undefined);
  const { submissionID, state } = await kept(await world.file(cookie, accounts.own, { title: 'Slowly refused' }));
  expect(state).toBe('sending');
  refuse();
  expect(await settled(cookie, submissionID)).toMatchObject({ state: 'rejected' });
  const path = `/api/accounts/${accounts.own}/submissions`;
  const listed = async () => submissionListSchema.parse(await (await world.call('GET', path, cookie)).json()).items;
  expect(await listed()).toContainEqual(expect.objectContaining({ submissionID }));
  expect((await world.call('DELETE', `${path}/${submissionID}`, cookie)).status).toBe(200);
  expect(await listed()).not.toContainEqual(expect.objectContaining({ submissionID }));
});

test('two equal corrections of a refused ticket at the same time are one ticket, and both are told of it', async () => {
  const cookie = await world.session(merchant);
  for (let round = 0; round < 5; round += 1) {
    const key = randomUUID();
    const title = `Corrected ${randomUUID()}`;
    api.change = async (asked) =>
      isCreation(asked) ? { status: 422, body: JSON.stringify({ title: 'Say more.' }) } : undefined;
    expect((await world.file(cookie, accounts.own, { title: 'Refused' }, key)).status).toBe(422);
    api.change = asItIs;
    const answers = await Promise.all([1, 2].map(() => world.file(cookie, accounts.own, { title }, key)));
    const ids = await Promise.all(
      answers.map(async (answer) => {
        expect(answer.status).toBe(201);
        return ticketSchema.parse(await answer.json()).ticketID;
      }),
    );
    expect(new Set(ids).size).toBe(1);
    expect(upstream(title)).toHaveLength(1);
  }
});

test('a Retry-After of a 503 is obeyed as well: nothing is asked, and nothing sent, before', async () => {
  const cookie = await world.session(merchant);
  const title = `Asked to wait ${randomUUID()}`;
  let first: number | undefined;
  const since: number[] = [];
  api.change = async (asked) => {
    if (first !== undefined && (isCreation(asked) || isList(asked))) since.push(asked.at - first);
    if (first !== undefined || !isCreation(asked)) return undefined;
    first = asked.at;
    return { status: 503, headers: { 'retry-after': '3' }, body: '' };
  };
  const { submissionID } = await kept(await world.file(cookie, accounts.own, { title }));
  expect((await settled(cookie, submissionID)).state).toBe('created');
  expect(since.length).toBeGreaterThan(1);
  expect(Math.min(...since)).toBeGreaterThanOrEqual(2_900);
});

test('a 200 whose body does not come whole is a success all the same: the ticket is looked for, and never sent again', async () => {
  const cookie = await world.session(merchant);
  const title = `Half an answer ${randomUUID()}`;
  let listedFrom = Number.POSITIVE_INFINITY;
  let sent = 0;
  api.change = async (asked, pass) => {
    if (isCreation(asked)) {
      sent += 1;
      const { status, body } = await pass();
      // Long after the settle time of a call without an answer.
      listedFrom = asked.at + world.settings.UPSTREAM_TIMEOUT_MS + 3 * settleMs;
      return { status, body: body.slice(0, 5), headers: { 'content-length': String(body.length) } };
    }
    return isList(asked) && asked.at < listedFrom ? { status: 200, body: '{"items":[]}' } : undefined;
  };
  const { submissionID } = await kept(await world.file(cookie, accounts.own, { title }));
  expect(await settled(cookie, submissionID)).toMatchObject({ state: 'created' });
  expect(sent).toBe(1);
});

test('an API that goes on saying 429 with a Retry-After of 0 is asked again after pauses that grow', async () => {
  const cookie = await world.session(merchant);
  const title = `Asked not to wait ${randomUUID()}`;
  const sent: number[] = [];
  api.change = async (asked) => {
    if (!isCreation(asked)) return undefined;
    sent.push(asked.at);
    return sent.length < 3 ? { status: 429, headers: { 'retry-after': '0' }, body: '' } : undefined;
  };
  const { submissionID } = await kept(await world.file(cookie, accounts.own, { title }));
  expect((await settled(cookie, submissionID)).state).toBe('created');
  const [first = 0, second = 0, third = 0] = sent;
  expect(second - first).toBeGreaterThanOrEqual(1_400);
  expect(third - second).toBeGreaterThanOrEqual(2_900);
});

test('a token request that hangs holds up neither an answer nor the ticket', async () => {
  await world.restart();
  const cookie = await world.session(merchant);
  const title = `No token yet ${randomUUID()}`;
  let hangs = true;
  api.change = async (asked) => (hangs && isToken(asked) ? 'hang' : undefined);
  const begun = performance.now();
  const [session, filed] = await Promise.all([
    world.call('GET', '/api/session', cookie),
    world.file(cookie, accounts.own, { title }),
  ]);
  expect(performance.now() - begun).toBeLessThan(answerWithinMs + 1_000);
  expect(session.status).toBe(200);
  const { submissionID } = await kept(filed);
  hangs = false;
  expect((await settled(cookie, submissionID)).state).toBe('created');
  expect(upstream(title)).toHaveLength(1);
});

test('a name of an account that comes slowly is no outage: tickets are sent at once', async () => {
  await world.restart();
  const isName = ({ path }: Asked) => /^\/accounts\/[^/?]+$/.test(path);
  api.change = async (asked) => (isName(asked) ? 'hang' : undefined);
  const cookie = await world.session(merchant);
  await Promise.all(Array.from({ length: 6 }, () => world.call('GET', '/api/session', cookie)));
  expect(api.asked.filter(isName).length).toBeGreaterThanOrEqual(6);
  expect(statusSchema.parse(await (await world.call('GET', '/api/status')).json()).upstream).toBe('up');
  expect((await world.file(cookie, accounts.own, { title: `At once ${randomUUID()}` })).status).toBe(201);
});

test('a list of connected accounts that comes slowly holds up no answer, and serves as soon as it is there', async () => {
  await world.restart();
  const cookie = await world.session(staff);
  api.change = async ({ path }, pass) => {
    if (!path.startsWith('/accounts?')) return undefined;
    const { status, body } = await pass();
    await new Promise((resolve) => setTimeout(resolve, answerWithinMs));
    return { status, body };
  };
  const begun = performance.now();
  const answer = await world.file(cookie, accounts.connected, { title: 'Too early' });
  expect(performance.now() - begun).toBeLessThan(answerWithinMs);
  expect((await problemOf(answer)).status).toBe(504);
  const later = await until(
    () => world.file(cookie, accounts.connected, { title: `In time ${randomUUID()}` }),
    ({ status }) => status !== 504,
  );
  expect(later.status).toBe(201);
});
