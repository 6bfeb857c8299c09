import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { Store } from '../store/engine.ts';
import type { Events, StoredEvent } from '../store/events.ts';

/** How often the log is read even if no notice comes. */
const pollMs = 1_000;
const batch = 500;

type Listener = (event: StoredEvent) => void;
/** `closed` is called when the process stops. `wentBack` is called when the log has gone back to an id: news beyond it may be lost. */
type Ends = { closed(): void; wentBack(to: number): void };

/**
 * Hands each piece of live news to every open stream of this process, in order. A notice of the database only says that there is news.
 * The hub then reads it from the log, after the last id it has seen. It also reads once a second, in case a notice was lost.
 * @param parts `heard` is called with each piece of news before any stream gets it
 */
export async function createHub(parts: {
  store: Pick<Store, 'listen'>;
  events: Pick<Events, 'range' | 'after'>;
  log: Pick<Logger, 'error'>;
  heard: Listener;
}) {
  const { store, events, log, heard } = parts;
  const listeners = new Set<Listener>();
  let last = (await events.range()).newest;
  let reading: Promise<void> | undefined;
  let again = false;
  let stopped = false;
  const ends = new Set<Ends>();
  /** The news with the id `last`, once it has been read. */
  let atLast: StoredEvent | undefined;

  async function read() {
    do {
      again = false;
      for (;;) {
        // The last one is read again: if it is not there or is another, the log has not only grown, but the database has lost news.
        const news = await events.after(last - 1, batch);
        const [first] = news;
        const isSame = first?.eventID === last && (atLast === undefined || isDeepStrictEqual(first, atLast));
        if (last > 0 && !isSame) await goBack();
        else {
          for (const event of news) {
            if (event.eventID > last) {
              heard(event);
              for (const listener of listeners) listener(event);
            }
            last = event.eventID;
            atLast = event;
          }
          if (news.length < batch) break;
        }
      }
    } while (again && !stopped);
  }
  /**
   * The database has lost its latest news, in a crash or by a failover to a replica that was behind, and will give the same ids to other
   * news. So the hub starts again from the newest that is left, and pages read everything anew.
   */
  async function goBack() {
    const { newest } = await events.range();
    log.error({ from: last, to: newest }, 'the database has lost live news: pages are told to read everything anew');
    last = newest;
    atLast = undefined;
    for (const { wentBack } of ends) wentBack(newest);
  }
  /** Reads the log now, or once more after the reading that is under way. */
  function look() {
    if (stopped) return;
    if (reading !== undefined) {
      again = true;
      return;
    }
    reading = read()
      .catch((error: unknown) => log.error({ err: error }, 'live news could not be read; trying again'))
      .finally(() => {
        reading = undefined;
      });
  }
  const listening = await store.listen('portal_events', look);
  const timer = setInterval(look, pollMs);
  timer.unref();

  return {
    /** The id of the last news that was handed out. */
    position: () => last,
    /** Calls `listener` with each piece of news until the returned function is called. */
    subscribe(listener: Listener, end: Ends): () => void {
      if (stopped) end.closed();
      listeners.add(listener);
      ends.add(end);
      return () => {
        listeners.delete(listener);
        ends.delete(end);
      };
    },
    /** how many streams are subscribed */
    size: () => listeners.size,
    async stop() {
      stopped = true;
      clearInterval(timer);
      for (const { closed } of [...ends]) closed();
      await listening.stop();
      await reading;
    },
  };
}
export type Hub = Awaited<ReturnType<typeof createHub>>;
