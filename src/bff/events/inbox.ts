import type { StoredEvent } from '../store/events.ts';

/** How many pieces of news may wait for one page. */
const mostUnread = 1_000;

/**
 * The news that waits to be sent to one page. If there is too much of it, the page's position decides:
 * - While the page is still sent what it has missed, the waiting news is dropped (`dropped`). It is in the log, which is being read.
 * - After that (`hasCaughtUp`) the page is too slow, and its stream ends. The page then connects again and resumes.
 * @param hasCaughtUp true for a page that has missed nothing
 */
export function createInbox(hasCaughtUp: boolean) {
  const unread: StoredEvent[] = [];
  let wake: () => void = () => undefined;
  let wentBackTo: number | undefined;
  const inbox = {
    hasCaughtUp,
    dropped: false,
    /** true once nothing more is to be sent */
    isOver: false,
    /** The log has gone back to an id. The waiting news is lost there, so it is not sent. */
    wentBack(to: number) {
      unread.length = 0;
      wentBackTo = to;
      wake();
    },
    /** The id to which the log has gone back, or undefined; each time only once. */
    takeWentBackTo() {
      const to = wentBackTo;
      wentBackTo = undefined;
      return to;
    },
    /** Nothing more is to be sent. */
    end() {
      inbox.isOver = true;
      wake();
    },
    add(event: StoredEvent) {
      if (unread.length < mostUnread) unread.push(event);
      else if (inbox.hasCaughtUp) inbox.end();
      else {
        unread.length = 0;
        inbox.dropped = true;
      }
      wake();
    },
    next: () => unread.shift(),
    /** Ends the waiting, so that the stream looks again at what is to be done. */
    wake: () => wake(),
    /** Resolves when there is something to send, when it is over, when `wake` is called, or at once if `isDue` is true. */
    wait: (isDue: () => boolean) =>
      new Promise<void>((resolve) => {
        wake = resolve;
        if (unread.length > 0 || wentBackTo !== undefined || inbox.isOver || isDue()) resolve();
      }),
  };
  return inbox;
}
