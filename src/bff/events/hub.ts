import type { Logger } from 'pino';
import type { Events, StoredEvent } from '../store/events.ts';
import type { Store } from '../store/store.ts';

const pollMs = 1_000;
const batch = 500;

type Listener = (event: StoredEvent) => void;

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
  const closing = new Set<() => void>();

  async function read() {
    do {
      again = false;
      for (;;) {
        const news = await events.after(last, batch);
        for (const event of news) {
          last = event.eventID;
          heard(event);
          for (const listener of listeners) listener(event);
        }
        if (news.length < batch) break;
      }
    } while (again && !stopped);
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
    /** Hands news on to `listener` until the returned function is called. `closed` is called when the process stops. */
    subscribe(listener: Listener, closed: () => void): () => void {
      if (stopped) closed();
      listeners.add(listener);
      closing.add(closed);
      return () => {
        listeners.delete(listener);
        closing.delete(closed);
      };
    },
    size: () => listeners.size,
    async stop() {
      stopped = true;
      clearInterval(timer);
      for (const closed of [...closing]) closed();
      await listening.stop();
      await reading;
    },
  };
}
export type Hub = Awaited<ReturnType<typeof createHub>>;
