import { type Context, Hono } from 'hono';
import { type SSEStreamingApi, streamSSE } from 'hono/streaming';
import { heartbeat, type ReadyEvent } from '../../contract/event.ts';
import type { Hub } from '../events/hub.ts';
import { createInbox } from '../events/inbox.ts';
import { ProblemError } from '../guard/problem.ts';
import type { App } from '../guard/request.ts';
import type { Accounts } from '../identity/accounts.ts';
import { findSession, sessionHashOf, sessionOf } from '../identity/sessions.ts';
import type { Settings } from '../settings.ts';
import type { Events, StoredEvent } from '../store/events.ts';
import type { RememberedSessions } from '../store/session-memory.ts';

/** Keeps proxies from closing the stream, lets a page notice one that has fallen silent, and is when the session is checked again. */
const stillHere = `event: ${heartbeat.event}\ndata: {}\n\n`;
/** When a page whose instance stops connects again: soon, and not all at the same moment. */
const reconnectMs = () => 100 + Math.round(Math.random() * 900);
/** Streams that may be open at a time in this process: each takes memory for as long as it lasts. */
export type StreamCaps = { ofOnePerson: number; ofAll: number };
const usualCaps: StreamCaps = { ofOnePerson: 60, ofAll: 10_000 };
const mostReplayedAtOnce = 500;

type EventParts = {
  hub: Hub;
  events: Events;
  sessions: RememberedSessions;
  accounts: Accounts;
  settings: Pick<Settings, 'MOOV_WEBHOOK_SECRET'>;
  heartbeatMs?: number | undefined;
  mostStreams?: StreamCaps | undefined;
};

/** Live news of the accounts that a person may see, as server-sent events; starts after `Last-Event-ID`, or after `?after=`. */
export function eventRoutes(parts: EventParts) {
  const { hub, mostStreams = usualCaps } = parts;
  const openOf = new Map<string, number>();
  return new Hono<App>().get('/', (c) => {
    const { personID } = sessionOf(c);
    const opened = openOf.get(personID) ?? 0;
    // What the browser has seen since it connected is newer than where the page began.
    const given = c.req.header('last-event-id') ?? c.req.query('after');
    const resumeAfter = given !== undefined && /^\d{1,15}$/.test(given) ? Number(given) : undefined;
    c.header('x-accel-buffering', 'no');
    // Nobody reads the answer to a HEAD, so nobody would ever end its stream.
    if (c.req.method === 'HEAD') return c.body(null);
    if (opened >= mostStreams.ofOnePerson || hub.size() >= mostStreams.ofAll) {
      c.get('log').warn({ opened, all: hub.size() }, 'a stream of live events was refused: too many are open');
      throw new ProblemError('too-many-requests', {
        detail: 'Too many pages are open at once. This one looks for news by itself; close some of the others.',
        retryAfter: 60,
      });
    }
    openOf.set(personID, opened + 1);
    const answer = streamSSE(c, (stream) =>
      sendNews(c, stream, parts, resumeAfter).finally(() => {
        const others = (openOf.get(personID) ?? 1) - 1;
        if (others === 0) openOf.delete(personID);
        else openOf.set(personID, others);
      }),
    );
    // Hono says no-cache here, which would let a browser keep it.
    answer.headers.set('cache-control', 'no-store');
    return answer;
  });
}

/** The stream of one page, from its first byte to its last: what the page has missed, then what comes. */
async function sendNews(
  c: Context<App>,
  stream: SSEStreamingApi,
  { hub, events, sessions, accounts, settings, heartbeatMs = heartbeat.everyMs }: EventParts,
  resumeAfter: number | undefined,
): Promise<void> {
  const session = sessionOf(c);
  const inbox = createInbox(resumeAfter === undefined);
  let isStopping = false;
  // Registered before anything is replayed: what comes meanwhile waits, and what was replayed is passed over.
  const unsubscribe = hub.subscribe(inbox.add, {
    closed() {
      isStopping = true;
      inbox.end();
    },
    wentBack: inbox.wentBack,
  });
  stream.onAbort(inbox.end);
  let position = resumeAfter ?? hub.position();
  // Not the clock of the machine: set back, it would leave a session unchecked for as long.
  let checkedAt = performance.now();
  const isDue = () => performance.now() - checkedAt >= heartbeatMs - 100;

  /** Accounts whose news were not for these staff, who may have them on the screen from before, and may see them again later. */
  const passedOver = new Set<string>();

  /** Ends the stream if the session has ended or its rights have changed; else sends the heartbeat. */
  async function check() {
    checkedAt = performance.now();
    const now = await findSession(c, sessions);
    if (now === undefined || now.role !== session.role || now.accountID !== session.accountID) inbox.end();
    // Here, so that it also comes while there is nothing but news of others, which are not passed on.
    else {
      if ([...passedOver].some(accounts.isListed)) {
        passedOver.clear();
        await stream.write(`event: reset\ndata: {}\n\n`);
      }
      await stream.write(stillHere);
    }
  }
  async function send(event: StoredEvent) {
    // A page that stopped reading is sent what waits for it only while its session lasts. That may have ended by the time
    // that the page has read the heartbeat, so it is checked until nothing is due.
    while (!inbox.isOver && isDue()) await check();
    if (inbox.isOver || event.eventID <= position) return;
    const allowed = await accounts.mayHear(session, event.accountID);
    // Not knowing who may see it is no reason to lose it: the page connects again and resumes before it.
    if (allowed.kind !== 'ok') return inbox.end();
    position = event.eventID;
    if (!allowed.value && session.role === 'partner') passedOver.add(event.accountID);
    if (allowed.value)
      await stream.writeSSE({ id: String(event.eventID), event: event.kind, data: JSON.stringify(event.data) });
  }
  /** Tells the page to read everything anew, and to resume from where the log went back to. */
  async function startAnew() {
    const to = inbox.takeWentBackTo();
    if (to === undefined) return;
    position = to;
    await stream.write(`id: ${position}\nevent: reset\ndata: {}\n\n`);
  }
  async function replay(after: number) {
    const { oldest, newest } = await events.range();
    // Ids beyond the newest were given out by a database that is gone: as before a restore from a backup.
    if (after > newest) position = newest;
    if (after + 1 < oldest || after > newest) await stream.writeSSE({ event: 'reset', data: '{}' });
    for (;;) {
      inbox.dropped = false;
      const missed = await events.after(position, mostReplayedAtOnce);
      for (const event of missed) await send(event);
      if (inbox.isOver || (missed.length < mostReplayedAtOnce && !inbox.dropped)) break;
    }
    inbox.hasCaughtUp = true;
  }

  const pulse = setInterval(inbox.wake, heartbeatMs);
  // The session has ended, or may do less from now on: looked at now, and not with the next heartbeat.
  const unwatch = sessions.watch(sessionHashOf(c) ?? '', () => {
    checkedAt = Number.NEGATIVE_INFINITY;
    inbox.wake();
  });
  try {
    const ready: ReadyEvent = { webhooks: settings.MOOV_WEBHOOK_SECRET !== undefined };
    // The id at the start lets a page that saw no news resume from here.
    await stream.write(`retry: 2000\nid: ${position}\nevent: ready\ndata: ${JSON.stringify(ready)}\n\n`);
    await stream.write(stillHere);
    if (resumeAfter !== undefined) await replay(resumeAfter);
    while (!inbox.isOver) {
      await startAnew();
      for (let event = inbox.next(); event !== undefined && !inbox.isOver; event = inbox.next()) {
        await send(event);
        await startAnew();
      }
      if (inbox.isOver) break;
      await inbox.wait(isDue);
      if (isDue()) await check();
    }
    if (isStopping) await stream.write(`retry: ${reconnectMs()}\n\n`);
  } catch (error) {
    // Hono would write it to the console or, where it is given somebody to tell, its message to the page as well.
    c.get('log').error({ err: error }, 'a stream of live events failed');
  } finally {
    clearInterval(pulse);
    unwatch();
    unsubscribe();
  }
}
