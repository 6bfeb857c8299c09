import type { QueryClient } from '@tanstack/react-query';

/** How often readings that failed are tried again. */
const retryMs = 10_000;

/** Reads something in the background. Resolves to false when it failed and should be tried again, else to true. */
export type Reading = () => Promise<boolean>;

/**
 * Runs readings in the background, each under a key. A reading that fails is tried again every ten seconds, because no second event will
 * come for the same change. `stop` ends only the trying again: whoever reads must end the requests.
 */
export function createBackgroundReadings(client: QueryClient) {
  /** the readings under way, by their key; `again`: read once more when this one is over */
  const under = new Map<string, { again: boolean }>();
  const failed = new Map<string, Reading>();

  /** Runs only one reading with the same key at a time. If another is asked for meanwhile, it reads once more afterwards. */
  const once = async (key: string, work: Reading) => {
    const running = under.get(key);
    if (running !== undefined) {
      running.again = true;
      return;
    }
    const mine = { again: false };
    under.set(key, mine);
    try {
      do {
        mine.again = false;
        // If it fails again it goes to the end of the map: a reading that always fails must not keep the others from being tried.
        failed.delete(key);
        if (!(await work())) failed.set(key, work);
      } while (mine.again);
    } finally {
      under.delete(key);
    }
  };

  /** What is to be done when a query's own reading is over, by the hash of the query. */
  const afterOwn = new Map<string, () => void>();
  const stopWaiting = client.getQueryCache().subscribe((event) => {
    const { queryHash, state } = event.query;
    if (event.type === 'removed') afterOwn.delete(queryHash);
    else if (event.type === 'updated' && state.fetchStatus === 'idle') {
      const next = afterOwn.get(queryHash);
      afterOwn.delete(queryHash);
      next?.();
    }
  });
  /**
   * Like `once`, for a reading whose answer goes into the query with this key. If the query itself is being read, waits for the end of
   * that: it may have begun before the news, and its answer would overwrite the newer one.
   */
  const onceFor = (queryKey: readonly unknown[], work: Reading): Promise<void> =>
    once(String(queryKey), async () => {
      const query = client.getQueryCache().find({ queryKey });
      if (query === undefined || query.state.fetchStatus === 'idle') return work();
      afterOwn.set(query.queryHash, () => void onceFor(queryKey, work));
      return true;
    });

  /** Tries failed readings again, one after the other. Stops at the first that fails again, so as not to flood a Moov that is just back. */
  const retry = async () => {
    for (const [key, work] of failed) {
      if (under.has(key)) return;
      await once(key, work);
      if (failed.has(key)) return;
    }
  };
  const retrying = setInterval(() => void retry(), retryMs);

  return {
    once,
    onceFor,
    stop(): void {
      clearInterval(retrying);
      stopWaiting();
    },
  };
}
