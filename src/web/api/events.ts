import * as z from 'zod/mini';
import {
  heartbeat,
  readyEventSchema,
  type SubmissionEvent,
  submissionEventSchema,
  type TicketEvent,
  ticketEventSchema,
} from '../../contract/event.ts';
import { call } from '../../contract/paths.ts';
import { hasPlaces, takePlace } from './place.ts';

/** What `followNews` calls. */
export type NewsListener = {
  onTicket(event: TicketEvent): void;
  onSubmission(event: SubmissionEvent): void;
  /** there are no live news, or some may have been missed: read again what is on the screen */
  onLook(): void;
};

const pollMs = 30_000;
/** After this time without any event a stream is considered dead: two heartbeats are missing. */
const silentMs = 2.5 * heartbeat.everyMs;
const reconnectMs = { first: 2_000, most: 60_000 };
/** How long a hidden tab that waits for a place (see `place.ts`) keeps its stream: a short look elsewhere costs no new connection. */
const outOfSightMs = 10_000;

/**
 * Follows the live news of all accounts that the person may see.
 *
 * A stream that breaks or falls silent is resumed after the last event seen. While there is no stream, or when Moov sends the portal no
 * webhooks (so that the stream cannot tell everything), `onLook` is called every 30 seconds as long as the page is visible.
 * Only a few hidden tabs keep a stream (`place.ts`). Any other tab gets what it missed from the stream when it becomes visible.
 * @param after the number of the last event that the page already knows
 * @returns stops following
 */
export function followNews(listener: NewsListener, after: number): () => void {
  let source: EventSource | undefined;
  let again: ReturnType<typeof setTimeout> | undefined;
  let pause = reconnectMs.first;
  /** the stream is open and tells all news, so there is no need to poll */
  let live = false;
  /** the number of the last event received */
  let seen = after;
  let stopped = false;
  /** `onLook` was due while the page was hidden: it is called when the page becomes visible */
  let behind = false;
  /** the portal has sent a heartbeat. An earlier version of the portal sends none, and may be silent for long */
  let beats = false;
  let silence: ReturnType<typeof setTimeout> | undefined;
  /** the page is hidden, has no place, and has no stream */
  let resting = false;
  let rest: ReturnType<typeof setTimeout> | undefined;
  let leave: (() => void) | undefined;
  /** the page is being left. It must not hold a place or wait for one then, or the browser would not keep it for going back to (bfcache) */
  let isLeft = false;

  const look = () => {
    behind = document.visibilityState !== 'visible';
    if (!behind) listener.onLook();
  };
  const poll = setInterval(() => {
    if (!live) look();
  }, pollMs);

  const connect = () => {
    const mine = new EventSource(call.events(seen));
    source = mine;
    /** Starts waiting for silence again. The browser itself does not notice a connection on which nothing arrives any more. */
    const listen = () => {
      clearTimeout(silence);
      if (!beats) return;
      silence = setTimeout(() => {
        mine.close();
        live = false;
        connect();
      }, silentMs);
    };
    listen();
    mine.addEventListener(heartbeat.event, () => {
      beats = true;
      listen();
    });
    mine.addEventListener('error', () => {
      live = false;
      // CLOSED means that the server refused the stream (signed out, too many streams, a fault). The browser does not try again then.
      if (mine.readyState !== EventSource.CLOSED || stopped) return;
      clearTimeout(silence);
      // Looks once, at the first failure: if the person was signed out, perhaps in another tab, the answer says so.
      if (pause === reconnectMs.first) look();
      again = setTimeout(connect, pause);
      pause = Math.min(pause * 2, reconnectMs.most);
    });
    const note = ({ lastEventId }: MessageEvent) => {
      if (/^\d+$/.test(lastEventId)) seen = Number(lastEventId);
      listen();
    };
    mine.addEventListener('ready', (event) => {
      note(event);
      pause = reconnectMs.first;
      live = parse(readyEventSchema, event.data)?.webhooks ?? true;
    });
    // The server no longer has all events since the stream broke.
    mine.addEventListener('reset', (event) => {
      note(event);
      look();
    });
    mine.addEventListener('ticket', (event) => {
      note(event);
      const news = parse(ticketEventSchema, event.data);
      if (news) listener.onTicket(news);
      else look();
    });
    mine.addEventListener('submission', (event) => {
      note(event);
      const news = parse(submissionEventSchema, event.data);
      if (news) listener.onSubmission(news);
      else look();
    });
  };
  const disconnect = () => {
    clearTimeout(again);
    clearTimeout(silence);
    source?.close();
  };
  /** Keeps the stream, or opens it again: the page is visible, or has got a place. */
  const stay = () => {
    clearTimeout(rest);
    if (resting) connect();
    resting = false;
  };
  const onSight = () => {
    leave?.();
    leave = undefined;
    if (document.visibilityState === 'visible') {
      if (!live || behind) look();
      stay();
    } else if (hasPlaces() && !isLeft) {
      leave = takePlace(stay);
      clearTimeout(rest);
      rest = setTimeout(() => {
        resting = true;
        disconnect();
      }, outOfSightMs);
    }
  };
  const onLeave = () => {
    isLeft = true;
    leave?.();
    leave = undefined;
  };
  const onReturn = () => {
    isLeft = false;
  };
  document.addEventListener('visibilitychange', onSight);
  addEventListener('pagehide', onLeave);
  addEventListener('pageshow', onReturn);
  if (document.visibilityState === 'visible' || !hasPlaces()) connect();
  else {
    resting = true;
    leave = takePlace(stay);
  }

  return () => {
    stopped = true;
    document.removeEventListener('visibilitychange', onSight);
    removeEventListener('pagehide', onLeave);
    removeEventListener('pageshow', onReturn);
    clearInterval(poll);
    clearTimeout(rest);
    leave?.();
    disconnect();
  };
}

function parse<T>(schema: z.ZodMiniType<T>, data: unknown): T | undefined {
  if (typeof data !== 'string') return undefined;
  try {
    return z.safeParse(schema, JSON.parse(data)).data;
  } catch {
    return undefined;
  }
}
