import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { Events, StoredEvent } from '../store/events.ts';
import type { Store } from '../store/store.ts';

const pollMs = 1_000;
const batch = 500;

type Listener = (event: StoredEvent) => void;
/** Called when the process stops, and when the log has gone back to an id: whatever was told beyond it may not have been. */
type Ends = { closed(): void; wentBack(to: number): void };

/**
 * Hands each piece of news to every open stream of this process, in order. The database tells that there is news; what
 * it is, is read from the log after the last id seen, and once a second in case a notice was lost.
 * @param parts `heard` is called with each piece before any stream
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
  /** The news at `last`, once it has been read. */
  let atLast: StoredEvent | undefined;

  async function read() {
    do {
      again = false;
      for (;;) {
        // From the last one on, which stays as it is for as long as the log has gone nowhere but on.
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
  /** A database that lost what it had last, in a crash or to a replica that was behind, gives out the same ids again. */
  async function goBack() {
    const { newest } = await events.range();
    log.error({ from: last, to: newest }, 'the database has lost live news: pages are told to read everything anew');
    last = newest;
    atLast = undefined;
    for (const { wentBack } of ends) wentBack(newest);
  }
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
    /** Where the log stands for this process: news up to this id have been handed out. */
    position: () => last,
    /** Hands news on to `listener` until the returned function is called. */
    subscribe(listener: Listener, end: Ends): () => void {
      if (stopped) end.closed();
      listeners.add(listener);
      ends.add(end);
      return () => {
        listeners.delete(listener);
        ends.delete(end);
      };
    },
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
