import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { Hono } from 'hono';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { submissionEventSchema } from '../../contract/event.ts';
import { sessionSchema } from '../../contract/session.ts';
import { submissionSchema } from '../../contract/submission.ts';
import { ticketSchema } from '../../contract/ticket.ts';
import { sandboxKeys } from '../../sandbox/keys.ts';
import { signatureHeaders } from '../../sandbox/moov/webhooks.ts';
import { createHub } from '../events/hub.ts';
import { type App, nameRequests } from '../guard/request.ts';
import { createAccounts } from '../identity/accounts.ts';
import { requireSession } from '../identity/sessions.ts';
import { createMoov } from '../moov/moov.ts';
import { connectedAccountsIn } from '../store/connected-accounts.ts';
import { eventsIn } from '../store/events.ts';
import { openStream } from '../testing/stream.ts';
import {
  accounts,
  merchant,
  nobody,
  openWorld,
  origin,
  otherMerchant,
  problemOf,
  staff,
  until,
  type World,
} from '../testing/world.ts';
import { eventRoutes } from './events.ts';

const patienceMs = 25_000;
let world: World;
beforeAll(async () => {
  // Long times, so that a slow machine does not change the answers.
  world = await openWorld({ UPSTREAM_TIMEOUT_MS: '20000', ANSWER_WITHIN_MS: '19000' }, {}, { heartbeatMs: 300 });
});
afterAll(() => world.close());

/** Writes news of changes to `count` tickets (`<prefix>-1` …) in one statement. @returns the id of the last one */
async function tellMany(prefix: string, count: number): Promise<number> {
  const [newest] = await world.rows(sql`
    with told as (
      insert into events (account_id, kind, data)
      select ${accounts.own}, 'ticket', jsonb_build_object('accountID', ${accounts.own}::text, 'ticketID', ${prefix}::text || '-' || n, 'kind', 'updated')
      from generate_series(1, ${count}::int) as n returning event_id)
    select max(event_id)::int as id from told`);
  return Number(newest?.id);
}

/** Sends a webhook about a ticket, as Moov does. @returns the id of the ticket */
async function tell(accountID: string, ticketID: string = randomUUID(), to: World = world): Promise<string> {
  const answer = await to.portal.app.request(`${origin}/webhooks/moov`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...signatureHeaders(sandboxKeys.webhookSecret, new Date()) },
    body: JSON.stringify({
      eventID: randomUUID(),
      type: 'ticket.messageAdded',
      data: { accountID, ticketID },
      createdOn: new Date().toISOString(),
    }),
  });
  expect(answer.status).toBe(204);
  return ticketID;
}
type Stream = Awaited<ReturnType<typeof openStream>>;
const ticketsTold = (stream: Stream) =>
  stream
    .dataOf('ticket')
    .map((data) => (typeof data === 'object' && data !== null && 'ticketID' in data ? data.ticketID : data));
const hears = (stream: Stream, ticketID: string) =>
  until(
    async () => ticketsTold(stream),
    (told) => told.includes(ticketID),
    patienceMs,
  );
const beats = (stream: Stream, times: number) => {
  const least = stream.state.heartbeats + times;
  return until(
    async () => stream.state.heartbeats,
    (count) => count >= least,
    patienceMs,
  );
};
const ends = (stream: Stream) =>
  until(
    async () => stream.state.open,
    (open) => !open,
    patienceMs,
  );

test('news of an account reach exactly those who may see it', async () => {
  const streams = {
    merchant: await openStream(world, await world.session(merchant)),
    otherMerchant: await openStream(world, await world.session(otherMerchant)),
    staff: await openStream(world, await world.session(staff)),
    nobody: await openStream(world, await world.session(nobody)),
  };
  const told = {
    own: await tell(accounts.own),
    other: await tell(accounts.other),
    connected: await tell(accounts.connected),
    partner: await tell(accounts.partner),
    neverConnected: await tell(accounts.neverConnected),
    unknown: await tell(accounts.unknown),
    lastOwn: await tell(accounts.own),
    lastOther: await tell(accounts.other),
  };
  await hears(streams.merchant, told.lastOwn);
  await hears(streams.otherMerchant, told.lastOther);
  await hears(streams.staff, told.lastOther);
  await beats(streams.nobody, 3);
  expect(ticketsTold(streams.merchant)).toEqual([told.own, told.lastOwn]);
  expect(ticketsTold(streams.otherMerchant)).toEqual([told.other, told.lastOther]);
  expect(ticketsTold(streams.staff)).toEqual([
    told.own,
    told.other,
    told.connected,
    told.partner,
    told.lastOwn,
    told.lastOther,
  ]);
  expect(ticketsTold(streams.nobody)).toEqual([]);
  for (const stream of Object.values(streams)) await stream.close();
});

test('a stream that the database fails is ended, and told to the operators in the log alone', async () => {
  const fresh = await openWorld();
  const toConsole = vi.spyOn(console, 'error');
  try {
    const mel = await fresh.session(merchant);
    await fresh.rows(sql`alter table events rename to events_gone`);
    const answer = await fresh.call('GET', '/api/events', mel, undefined, { 'last-event-id': '0' });
    expect(await answer.text()).toMatch(
      /^retry: 2000\nid: 0\nevent: ready\ndata: .*\n\nevent: heartbeat\ndata: \{\}\n\n$/,
    );
    const requestID = answer.headers.get('x-request-id');
    expect(fresh.logged.filter((line) => line.includes(`"requestID":"${requestID}"`)).join('')).toContain(
      'a stream of live events failed',
    );
    expect(toConsole).not.toHaveBeenCalled();
  } finally {
    toConsole.mockRestore();
    await fresh.rows(sql`alter table events_gone rename to events`);
    await fresh.close();
  }
});

test('who reads because of news does not get what was being read before them', async () => {
  const fresh = await openWorld();
  try {
    const mel = await fresh.session(merchant);
    const path = `/api/accounts/${accounts.own}/tickets`;
    expect((await fresh.call('GET', path, mel)).status).toBe(200);
    const stream = await openStream(fresh, mel);
    const readings = () => fresh.sandbox.moov.received.filter(({ path: of }) => of.endsWith(`${accounts.own}/tickets`));
    const before = readings().length;
    fresh.sandbox.moov.outage.set('slow');
    const underWay = fresh.call('GET', path, mel);
    await until(
      async () => readings().length - before,
      (calls) => calls === 1,
    );
    const ticketID = await tell(accounts.own, undefined, fresh);
    await until(
      async () => ticketsTold(stream),
      (told) => told.includes(ticketID),
    );
    const because = fresh.call('GET', path, mel);
    await until(
      async () => readings().length - before,
      (calls) => calls === 2,
    );
    await Promise.all([underWay, because, stream.close()]);
  } finally {
    await fresh.close();
  }
});

test('news that come while Moov cannot say who may see them are told later, not lost', async () => {
  const fresh = await openWorld();
  try {
    fresh.sandbox.moov.outage.set('down');
    const pat = await fresh.session(staff);
    const stream = await openStream(fresh, pat);
    const ticketID = await tell(accounts.connected, randomUUID(), fresh);
    await ends(stream);
    expect(ticketsTold(stream)).toEqual([]);
    fresh.sandbox.moov.outage.set('up');
    const back = await openStream(fresh, pat, { lastEventID: stream.state.lastID });
    await hears(back, ticketID);
    await back.close();
  } finally {
    await fresh.close();
  }
});

test('in an outage a stream goes on past news of an account that the last list did not have', async () => {
  const fresh = await openWorld();
  try {
    fresh.sandbox.moov.outage.set('down');
    await fresh.rows(sql`
      insert into connected_accounts (partner_account_id, accounts, listed_at)
      values (${accounts.partner}, ${JSON.stringify([{ accountID: accounts.connected }])}::jsonb, now() - interval '1 hour')`);
    const stream = await openStream(fresh, await fresh.session(staff));
    await tell(accounts.neverConnected, undefined, fresh);
    await hears(stream, await tell(accounts.connected, undefined, fresh));
    await stream.close();
  } finally {
    await fresh.close();
  }
});

test('staff who may see an account again are told to read anew what they were not told of it meanwhile', async () => {
  const fresh = await openWorld({}, {}, { heartbeatMs: 300 });
  try {
    const pat = await fresh.session(staff);
    const stream = await openStream(fresh, pat);
    await tell(accounts.neverConnected, undefined, fresh);
    await hears(stream, await tell(accounts.connected, undefined, fresh));
    await beats(stream, 2);
    expect(stream.dataOf('reset')).toEqual([]);
    const account = fresh.sandbox.moov.store.account(accounts.neverConnected);
    if (account === undefined) throw new Error('no such account');
    account.connection = 'connected';
    await until(
      async () => (await fresh.call('GET', `/api/accounts/${accounts.neverConnected}`, pat)).status,
      (status) => status === 200,
      patienceMs,
    );
    await until(
      async () => stream.dataOf('reset').length,
      (resets) => resets === 1,
      patienceMs,
    );
    await beats(stream, 3);
    expect(stream.dataOf('reset'), 'once').toHaveLength(1);
    await stream.close();
  } finally {
    await fresh.close();
  }
});

test('after a check of the session between two heartbeats the next one comes no later than after any other', async () => {
  const fresh = await openWorld({}, {}, { heartbeatMs: 2_000 });
  try {
    const stream = await openStream(fresh, await fresh.session(merchant));
    const openedAt = performance.now();
    await until(
      async () => performance.now() - openedAt,
      (ms) => ms > 500,
    );
    await fresh.rows(sql`update sessions set ends_at = ends_at - interval '1 minute' returning id_hash`);
    await beats(stream, 1);
    const checkedAt = performance.now();
    await beats(stream, 1);
    expect(performance.now() - checkedAt).toBeLessThan(3_000);
    await stream.close();
  } finally {
    await fresh.close();
  }
});

test('what becomes of tickets filed here is told to those who may see them', async () => {
  const mel = await world.session(merchant);
  const [own, other] = [await openStream(world, mel), await openStream(world, await world.session(otherMerchant))];
  const filed = ticketSchema.parse(await (await world.file(mel, accounts.own, { title: 'Told' })).json());
  const kept = submissionSchema.parse(await (await world.file(mel, accounts.own, { title: 'fault:401 told' })).json());
  await world.call('DELETE', `/api/accounts/${accounts.own}/submissions/${kept.submissionID}`, mel);
  await world.call('PATCH', `/api/accounts/${accounts.own}/tickets/${filed.ticketID}`, mel, { status: 'closed' });
  await hears(own, filed.ticketID);
  const submissions = own.dataOf('submission').map((data) => submissionEventSchema.parse(data));
  const first = submissions.find(({ ticketID }) => ticketID === filed.ticketID)?.submissionID;
  expect(submissions.filter(({ submissionID }) => submissionID === first).map(({ state }) => state)).toEqual([
    'sending',
    'created',
  ]);
  const states = submissions.filter(({ submissionID }) => submissionID === kept.submissionID).map(({ state }) => state);
  expect(states.slice(0, 2)).toEqual(['sending', 'queued']);
  expect(states.at(-1)).toBe('cancelled');
  expect(own.dataOf('ticket')).toEqual([{ accountID: accounts.own, ticketID: filed.ticketID, kind: 'updated' }]);
  await beats(other, 2);
  expect(other.news.map(({ event }) => event)).toEqual(['ready']);
  await own.close();
  await other.close();
});

test('a stream says that it is still there though nothing but news of others comes in', async () => {
  const stream = await openStream(world, await world.session(merchant));
  const least = stream.state.heartbeats + 3;
  await until(
    async () => {
      await tell(accounts.other);
      return stream.state.heartbeats;
    },
    (count) => count >= least,
    patienceMs,
  );
  expect(stream.news.map(({ event }) => event)).toEqual(['ready']);
  await stream.close();
});

test('a page that was away hears everything that it missed, once and in order, while more comes in', async () => {
  const mel = await world.session(merchant);
  const before = await openStream(world, mel);
  const seen = await tell(accounts.own);
  await hears(before, seen);
  await before.close();

  const missed = await world.rows(sql`
    insert into events (account_id, kind, data)
    select ${accounts.own}, 'ticket', jsonb_build_object('accountID', ${accounts.own}::text, 'ticketID', 'missed-' || n, 'kind', 'updated')
    from generate_series(1, 1200) as n returning event_id`);
  expect(missed).toHaveLength(1200);
  const live = Array.from({ length: 20 }, () => tell(accounts.own));
  const after = await openStream(world, mel, { lastEventID: before.state.lastID });
  const told = await Promise.all(live);
  for (const ticketID of told) await hears(after, ticketID);
  const heard = after.news.filter(({ event }) => event === 'ticket');
  expect(heard).toHaveLength(1220);
  const ids = heard.map(({ id }) => Number(id));
  expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
  expect(ticketsTold(after).slice(0, 1200)).toEqual(Array.from({ length: 1200 }, (_, n) => `missed-${n + 1}`));
  expect(ticketsTold(after).slice(1200).sort()).toEqual([...told].sort());
  expect(after.dataOf('reset')).toEqual([]);
  await after.close();
});

test('a page that was away hears everything, however much comes in while it is being sent what it missed', async () => {
  const mel = await world.session(merchant);
  const [store, { log, settings }] = [world.portal.store, world];
  const events = eventsIn(store.db);
  const hub = await createHub({ store, events, log, heard: () => undefined });
  const moov = createMoov(settings, log, () => undefined);
  const lastEventID = String(hub.position());
  let looks = 0;
  const app = new Hono<App>()
    .use(nameRequests(log))
    .use(requireSession(world.portal.sessions, settings))
    .route(
      '/api/events',
      eventRoutes({
        hub,
        sessions: world.portal.sessions,
        accounts: createAccounts({
          moov,
          settings,
          kept: connectedAccountsIn(store.db, settings.MOOV_PARTNER_ACCOUNT_ID),
          log,
        }),
        settings,
        events: {
          ...events,
          async after(...given) {
            const missed = await events.after(...given);
            looks += 1;
            // Before the first answer is there, more news comes than may wait for one page.
            if (looks === 1) {
              const newest = await tellMany('meanwhile', 1100);
              await until(
                async () => hub.position(),
                (position) => position >= newest,
              );
            }
            return missed;
          },
        },
      }),
    );
  const stream = await openStream(
    {
      ...world,
      call: async (_, path, cookie = '', __, headers) =>
        app.request(origin + path, { headers: { cookie, ...headers } }),
    },
    mel,
    { lastEventID },
  );
  await hears(stream, 'meanwhile-1100');
  expect(ticketsTold(stream)).toEqual(Array.from({ length: 1100 }, (_, n) => `meanwhile-${n + 1}`));
  await stream.close();
  await hub.stop();
  await moov.close();
});

test.each([
  ['is new', false],
  ['had been away', true],
])(
  'a page that %s and reads too slowly is ended and not told with gaps: it connects again and hears all',
  async (_, wasAway) => {
    const mel = await world.session(merchant);
    const newsAfter = async () =>
      sessionSchema.parse(await (await world.call('GET', '/api/session', mel)).json()).newsAfter;
    const from: Record<string, string> = wasAway ? { 'last-event-id': String(await newsAfter()) } : {};
    const slow = await world.call('GET', '/api/events', mel, undefined, from);
    const reader = slow.body?.pipeThrough(new TextDecoderStream()).getReader();
    let read = '';
    const readOn = async (isEnough: () => boolean) => {
      while (!isEnough()) {
        const next = await reader?.read();
        if (next?.value === undefined) return;
        read += next.value;
      }
    };
    // The first one may still belong to what the page has missed. When the second one comes, the page has surely caught up.
    for (let told = 0; told < 2; told += 1) {
      const ticketID = await tell(accounts.own);
      await readOn(() => read.includes(ticketID));
    }
    const newest = await tellMany('unread', 1500);
    await until(newsAfter, (position) => position >= newest);
    await readOn(() => false);
    const heard = [...read.matchAll(/"unread-(\d+)"/g)].map(([, n]) => Number(n));
    const lastEventID = [...read.matchAll(/^id: (\d+)$/gm)].at(-1)?.[1] ?? '';
    const again = await openStream(world, mel, { lastEventID });
    await hears(again, 'unread-1500');
    expect([...heard.map((n) => `unread-${n}`), ...ticketsTold(again)]).toEqual(
      Array.from({ length: 1500 }, (_, n) => `unread-${n + 1}`),
    );
    await again.close();
  },
);

test('a page hears what came between its reading and its stream', async () => {
  const mel = await world.session(merchant);
  const { newsAfter } = sessionSchema.parse(await (await world.call('GET', '/api/session', mel)).json());
  const between = await tell(accounts.own);
  const stream = await openStream(world, mel, { after: newsAfter });
  await hears(stream, between);
  expect(ticketsTold(stream)).toEqual([between]);
  await stream.close();
  const missed = await tell(accounts.own);
  const again = await openStream(world, mel, { after: newsAfter, lastEventID: stream.state.lastID });
  await hears(again, missed);
  expect(ticketsTold(again), 'the browser connects again where the page began, and knows how far it has come').toEqual([
    missed,
  ]);
  await again.close();
});

test('a page that saw no news yet resumes from where its stream began', async () => {
  const mel = await world.session(merchant);
  const quiet = await openStream(world, mel);
  await beats(quiet, 1);
  await quiet.close();
  expect(quiet.state.lastID).toMatch(/^\d+$/);
  const ticketID = await tell(accounts.own);
  const back = await openStream(world, mel, { lastEventID: quiet.state.lastID });
  await hears(back, ticketID);
  expect(ticketsTold(back)).toEqual([ticketID]);
  await back.close();
});

test('a restart of the portal ends the streams, and the pages that come back have missed nothing', async () => {
  const mel = await world.session(merchant);
  const stream = await openStream(world, mel);
  const first = await tell(accounts.own);
  await hears(stream, first);
  const unread = await world.call('GET', '/api/events', mel);
  await world.restart();
  await ends(stream);
  // The last thing that a page is told is when to connect again: soon, but not all pages at the same moment.
  const comesBackInMs = Number(/\n\nretry: (\d+)\n\n$/.exec(await unread.text())?.[1]);
  expect(comesBackInMs).toBeGreaterThanOrEqual(100);
  expect(comesBackInMs).toBeLessThanOrEqual(1_000);
  const missed = await tell(accounts.own);
  const back = await openStream(world, mel, { lastEventID: stream.state.lastID });
  await hears(back, missed);
  expect(ticketsTold(back)).toEqual([missed]);
  await back.close();
});

test.each([
  ['of a log that reached further, as before a restore of the database', '999999999999999'],
  ['of a log that was emptied since', '0'],
])('a page that knows an id %s is told to read everything anew, and hears what comes', async (_, lastEventID) => {
  const cookie = await world.session(merchant);
  // The process has read the newest, which stays: had it not, it would take the log for one that has lost news.
  const before = await openStream(world, cookie);
  await hears(before, await tell(accounts.own));
  await before.close();
  await world.rows(sql`delete from events where event_id < (select max(event_id) from events) returning 1`);
  const stream = await openStream(world, cookie, { lastEventID });
  // The page reads everything anew, so the news that was deleted is not lost for it.
  await until(
    async () => stream.dataOf('reset'),
    ({ length }) => length > 0,
    patienceMs,
  );
  const ticketID = await tell(accounts.own);
  await hears(stream, ticketID);
  await stream.close();
  expect(stream.dataOf('reset')).toHaveLength(1);
});

test('an open page is told to read everything anew when the database has lost what it told last, and hears what comes', async () => {
  const stream = await openStream(world, await world.session(merchant));
  for (let times = 0; times < 3; times += 1) await hears(stream, await tell(accounts.own));
  await world.rows(sql`
    with lost as (delete from events where event_id > (select max(event_id) - 2 from events) returning event_id)
    select setval('events_id', min(event_id) - 1) from lost`);
  await tell(accounts.own);
  await until(
    async () => stream.dataOf('reset'),
    ({ length }) => length > 0,
    patienceMs,
  );
  const after = await tell(accounts.own);
  await hears(stream, after);
  await stream.close();
});

test.each(['-1', '1.5', 'abc', '1e3', '9'.repeat(400), ' '])(
  'a Last-Event-ID that is none, “%s”, begins with what comes',
  async (id) => {
    const cookie = await world.session(merchant);
    const before = await openStream(world, cookie);
    // Wait until the portal has handed out the latest news, so that the stream below does not get it.
    await hears(before, await tell(accounts.own));
    await before.close();
    const stream = await openStream(world, cookie, { lastEventID: id });
    const ticketID = await tell(accounts.own);
    await hears(stream, ticketID);
    expect(ticketsTold(stream)).toEqual([ticketID]);
    await stream.close();
  },
);

test('without a webhook secret a page is told to look for itself; with one, that it hears of everything', async () => {
  const secretless = await openWorld({ MOOV_WEBHOOK_SECRET: '' }, {}, { heartbeatMs: 3_600_000 });
  const mel = await secretless.session(merchant);
  const stream = await openStream(secretless, mel);
  await until(
    async () => stream.dataOf('ready'),
    (ready) => ready.length > 0,
  );
  expect(stream.dataOf('ready')).toEqual([{ webhooks: false }]);
  // The page hears news at once, not at the next heartbeat, which is in an hour.
  await secretless.rows(
    sql`insert into events (account_id, kind, data) values (${accounts.own}, 'ticket', '{"ticketID": "at once"}') returning 1`,
  );
  await hears(stream, 'at once');
  // And the stream ends as soon as its session does, an hour before the next regular check.
  expect((await secretless.call('POST', '/auth/logout', mel)).status).toBe(200);
  await ends(stream);
  await secretless.close();

  const telling = await openStream(world, await world.session(merchant));
  await until(
    async () => telling.dataOf('ready'),
    (ready) => ready.length > 0,
  );
  expect(telling.dataOf('ready')).toEqual([{ webhooks: true }]);
  await telling.close();
});

test('a stream ends soon after its session: signed out, timed out, or ended by an administrator', async () => {
  for (const end of [
    (cookie: string) => world.call('POST', '/auth/logout', cookie),
    (_: string, personID: string) =>
      world.rows(
        sql`update sessions set idle_ends_at = now() - interval '1 second' where person_id = ${personID} returning 1`,
      ),
    (_: string, personID: string) =>
      world.rows(
        sql`update sessions set ends_at = now() - interval '1 second' where person_id = ${personID} returning 1`,
      ),
    (_: string, personID: string) => world.rows(sql`delete from sessions where person_id = ${personID} returning 1`),
  ]) {
    const subject = randomUUID();
    const cookie = await world.session(merchant, subject);
    const stream = await openStream(world, cookie);
    await beats(stream, 2);
    expect(stream.state.open).toBe(true);
    await end(cookie, subject.slice(0, 22));
    await ends(stream);
    expect((await world.call('GET', '/api/events', cookie)).status).toBe(401);
  }
});

test('an open page alone does not keep a session alive', async () => {
  const subject = randomUUID();
  const cookie = await world.session(merchant, subject);
  const ages = sql`select seen_at, idle_ends_at from sessions where person_id = ${subject.slice(0, 22)}`;
  await world.rows(
    sql`update sessions set seen_at = now() - interval '5 minutes', idle_ends_at = now() + interval '55 minutes' where person_id = ${subject.slice(0, 22)} returning 1`,
  );
  const before = await world.rows(ages);
  const answer = await world.call('GET', '/api/events', cookie, undefined, { 'x-background': '1' });
  expect(answer.status).toBe(200);
  await answer.body?.cancel();
  expect(await world.rows(ages)).toEqual(before);
});

test('nothing stays behind of streams that are gone, or were never read', async () => {
  const cookie = await world.session(merchant);
  const open = async () =>
    Number(/^portal_event_streams (\d+)$/m.exec(await world.portal.metrics.registry.metrics())?.[1]);
  await until(open, (count) => count === 0, patienceMs);
  const streams = await Promise.all(Array.from({ length: 5 }, () => openStream(world, cookie)));
  expect(await open()).toBe(5);
  for (const stream of streams) await stream.close();
  const head = await world.call('HEAD', '/api/events', cookie);
  expect(head.status).toBe(200);
  await until(open, (count) => count === 0, patienceMs);
});

test('one person cannot hold more than 60 streams open; nobody else notices, and a closed page makes room', async () => {
  const flooding = await world.session(merchant);
  const open = await Promise.all(Array.from({ length: 60 }, () => openStream(world, flooding)));
  const refused = await world.call('GET', '/api/events', flooding);
  expect(await problemOf(refused)).toMatchObject({ type: '/problems/too-many-requests', retryAfter: 60 });
  expect(refused.headers.get('retry-after')).toBe('60');
  const other = await openStream(world, await world.session(merchant));
  await open.pop()?.close();
  await until(
    async () => {
      const answer = await world.call('GET', '/api/events', flooding);
      await answer.body?.cancel();
      return answer.status;
    },
    (status) => status === 200,
  );
  const ticketID = await tell(accounts.own);
  await hears(other, ticketID);
  for (const stream of open) await hears(stream, ticketID);
  await Promise.all([other, ...open].map((stream) => stream.close()));
});

test('a process that holds as many streams as it may refuses one more of anybody, in a sentence, and takes the next when one has gone', async () => {
  const small = await openWorld({}, {}, { mostStreams: { ofOnePerson: 2, ofAll: 3 } });
  try {
    const [mel, pat] = [await small.session(merchant), await small.session(staff)];
    const refusal = async (cookie: string) => problemOf(await small.call('GET', '/api/events', cookie));
    const open = [await openStream(small, mel), await openStream(small, mel)];
    expect(await refusal(mel), 'of one person').toMatchObject({ status: 429, retryAfter: 60 });
    open.push(await openStream(small, pat));
    const late = await small.session(otherMerchant);
    expect(await refusal(late), 'of all').toMatchObject({ status: 429, retryAfter: 60 });
    expect((await small.call('GET', '/api/session', late)).status, 'all else goes on').toBe(200);
    await open.pop()?.close();
    open.push(await openStream(small, late));
    await Promise.all(open.map((stream) => stream.close()));
  } finally {
    await small.close();
  }
});

test('a page that stopped reading is told nothing of what came after its session ended, however late it reads on', async () => {
  const subject = randomUUID();
  const stalled = await world.call('GET', '/api/events', await world.session(merchant, subject));
  const clock = await openStream(world, await world.session(merchant));
  // More news than the buffers on the way can hold.
  for (let told = 0; told < 20; told += 1) await tell(accounts.own);
  await world.portal.sessions.endAll({ personID: subject.slice(0, 22) });
  const after = await tell(accounts.own);
  await hears(clock, after);
  await beats(clock, 3);
  expect(await stalled.text()).not.toContain(after);
  await clock.close();
});
