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

/** Keeps proxies from closing the stream, and lets a page notice that its stream is dead. The session is checked before each one. */
const stillHere = `event: ${heartbeat.event}\ndata: {}\n\n`;
/** When a page connects again after its instance has stopped (ms): soon, but not all pages at the same moment. */
const reconnectMs = () => 100 + Math.round(Math.random() * 900);
/** How many streams may be open at a time in this process, of one person and of all. Each takes memory for as long as it lasts. */
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

/**
 * `GET /api/events`: live news of the accounts that a person may see, as server-sent events. The stream starts after the news that
 * `Last-Event-ID` or else `?after=` names, or now if neither is given.
 */
export function eventRoutes(parts: EventParts) {
  const { hub, mostStreams = usualCaps } = parts;
  const openOf = new Map<string, number>();
  return new Hono<App>().get('/', (c) => {
    const { personID } = sessionOf(c);
    const opened = openOf.get(personID) ?? 0;
    // The header wins: when the browser connects again it names the last event it saw, while `after` is where the page began.
    const given = c.req.header('last-event-id') ?? c.req.query('after');
    const resumeAfter = given !== undefined && /^\d{1,15}$/.test(given) ? Number(given) : undefined;
    c.header('x-accel-buffering', 'no');
    // Nobody reads the answer to a HEAD request, so its stream would never end.
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
    // Hono sets `no-cache`, which would let a browser store the stream.
    answer.headers.set('cache-control', 'no-store');
    return answer;
  });
}

/**
 * Writes the stream of one page, from its first byte to its last: first the news that the page has missed, then each new one. Ends
 * when the page goes away, is too slow, its session ends, or the process stops.
 * @param resumeAfter the id of the last news that the page has seen; undefined: it needs only new ones
 */
async function sendNews(
  c: Context<App>,
  stream: SSEStreamingApi,
  { hub, events, sessions, accounts, settings, heartbeatMs = heartbeat.everyMs }: EventParts,
  resumeAfter: number | undefined,
): Promise<void> {
  const session = sessionOf(c);
  const inbox = createInbox(resumeAfter === undefined);
  let isStopping = false;
  // Subscribed before the replay, so that no news falls between the two. What comes during the replay waits in the inbox; what the
  // replay has sent already is left out (`position`).
  const unsubscribe = hub.subscribe(inbox.add, {
    closed() {
      isStopping = true;
      inbox.end();
    },
    wentBack: inbox.wentBack,
  });
  stream.onAbort(inbox.end);
  let position = resumeAfter ?? hub.position();
  // Not `Date.now`: if somebody set the machine's clock back, the session would not be checked for that time.
  let checkedAt = performance.now();
  const isDue = () => performance.now() - checkedAt >= heartbeatMs - 100;

  /**
   * Accounts whose news was left out because these staff may not see them at the moment. Their pages may still show such an account, so
   * when Moov lists it again the page is told to read everything anew.
   */
  const passedOver = new Set<string>();

  let pulse: NodeJS.Timeout | undefined;
  /** From each check on, however it came about, the next one is due after one heartbeat. */
  function noteCheck() {
    checkedAt = performance.now();
    clearTimeout(pulse);
    pulse = setTimeout(inbox.wake, heartbeatMs);
  }

  /** Ends the stream if the session has ended or its rights have changed; else sends the heartbeat. */
  async function check() {
    noteCheck();
    const now = await findSession(c, sessions);
    if (now === undefined || now.role !== session.role || now.accountID !== session.accountID) inbox.end();
    // The heartbeat is sent from here, so that it also comes while all news is about accounts that this person may not see.
    else {
      if ([...passedOver].some(accounts.isListed)) {
        passedOver.clear();
        await stream.write(`event: reset\ndata: {}\n\n`);
      }
      await stream.write(stillHere);
    }
  }
  /** Sends one piece of news, if this person may see it and it was not sent before. */
  async function send(event: StoredEvent) {
    // If a page stops reading for a while, `check` blocks at writing the heartbeat, and the session may end in that time. So the check is
    // repeated until none is due, and nothing is sent to a session that has ended.
    while (!inbox.isOver && isDue()) await check();
    if (inbox.isOver || event.eventID <= position) return;
    const allowed = await accounts.mayHear(session, event.accountID);
    // If it is not known whether the person may see it, the stream ends, so that the news is not lost: the page resumes before it.
    if (allowed.kind !== 'ok') return inbox.end();
    position = event.eventID;
    if (!allowed.value && session.role === 'partner') passedOver.add(event.accountID);
    if (allowed.value)
      await stream.writeSSE({ id: String(event.eventID), event: event.kind, data: JSON.stringify(event.data) });
  }
  /** If the log of news has gone back (see `createHub`): tells the page to read everything anew, and to resume from there. */
  async function startAnew() {
    const to = inbox.takeWentBackTo();
    if (to === undefined) return;
    position = to;
    await stream.write(`id: ${position}\nevent: reset\ndata: {}\n\n`);
  }
  /** Sends the news after an id from the log, until the page has caught up. If some of it is gone, the page must read everything anew. */
  async function replay(after: number) {
    const { oldest, newest } = await events.range();
    // An id beyond the newest comes from a database that is gone, for example before a restore from a backup.
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

  noteCheck();
  // When the session ends or its rights change, check it now and not at the next heartbeat.
  const unwatch = sessions.watch(sessionHashOf(c) ?? '', () => {
    checkedAt = Number.NEGATIVE_INFINITY;
    inbox.wake();
  });
  try {
    const ready: ReadyEvent = { webhooks: settings.MOOV_WEBHOOK_SECRET !== undefined };
    // With this id, a page that has seen no news yet can resume from here too.
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
    // Caught here, because Hono would write the error to the console, or, with an error handler, send its message to the page.
    c.get('log').error({ err: error }, 'a stream of live events failed');
  } finally {
    clearTimeout(pulse);
    unwatch();
    unsubscribe();
  }
}
