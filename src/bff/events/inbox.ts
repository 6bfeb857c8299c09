import type { StoredEvent } from '../store/events.ts';

/** How much may wait for one page. */
const mostUnread = 1_000;

/**
 * The news that wait to be sent to one page. If more come than may wait, what happens depends on where the page stands:
 * - While it is being sent what it has missed, everything that waits is dropped (`dropped`): the log has it, and is being read.
 * - After that (`hasCaughtUp`) the page is too slow and its stream ends. It connects again and resumes.
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
    /** The log has gone back to an id: what waits was never told. */
    wentBack(to: number) {
      unread.length = 0;
      wentBackTo = to;
      wake();
    },
    /** Where the log has gone back to, once each time. */
    takeWentBackTo() {
      const to = wentBackTo;
      wentBackTo = undefined;
      return to;
    },
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
    /** Lets whoever waits look again. */
    wake: () => wake(),
    /** Resolves when something waits, when it is over, when it is woken, or at once if `isDue` says so. */
    wait: (isDue: () => boolean) =>
      new Promise<void>((resolve) => {
        wake = resolve;
        if (unread.length > 0 || wentBackTo !== undefined || inbox.isOver || isDue()) resolve();
      }),
  };
  return inbox;
}
