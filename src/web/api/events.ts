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

/** Who is told of live news. */
export type NewsListener = {
  onTicket(event: TicketEvent): void;
  onSubmission(event: SubmissionEvent): void;
  /** when news cannot be had, or may have been missed: look for yourself */
  onLook(): void;
};

const pollMs = 30_000;
/** A stream that says nothing for so long is dead: two heartbeats are missing. */
const silentMs = 2.5 * heartbeat.everyMs;
const reconnectMs = { first: 2_000, most: 60_000 };
/** How long a tab without a place goes on following the news out of sight: whoever comes back soon has missed no connection. */
const outOfSightMs = 10_000;

/**
 * Follows the live news of every account that the person may see, from those `after` this number on, until the returned
 * function is called. A stream that is broken or has fallen silent is resumed after the last news seen; while there is none,
 * or Moov tells the portal nothing (it has no webhooks), `onLook` is called every half minute as long as the page is in sight.
 * Of the tabs out of sight only a few follow them; the others are told all that they have missed when they come into sight.
 */
export function followNews(listener: NewsListener, after: number): () => void {
  let source: EventSource | undefined;
  let again: ReturnType<typeof setTimeout> | undefined;
  let pause = reconnectMs.first;
  /** all news come by the stream */
  let live = false;
  let seen = after;
  let stopped = false;
  /** there was something to look for while the page was out of sight */
  let behind = false;
  /** the portal is known to send heartbeats: one of the version before does not */
  let beats = false;
  let silence: ReturnType<typeof setTimeout> | undefined;
  /** out of sight, and without a place */
  let resting = false;
  let rest: ReturnType<typeof setTimeout> | undefined;
  let leave: (() => void) | undefined;
  /** the page is being left: one that has a place, or waits for one, is not kept by the browser for going back to */
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
    /** Waits anew for the stream to fall silent: the browser does not notice a line on which nothing passes any more. */
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
      // Closed means refused (signed out, too many streams, a fault): the browser will not try again, so we do.
      if (mine.readyState !== EventSource.CLOSED || stopped) return;
      clearTimeout(silence);
      // Whoever is signed out, in another tab perhaps, is told so by the first answer.
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
    // The server no longer remembers everything since the stream broke.
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
