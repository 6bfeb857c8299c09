/** Over HTTP/1.1 a browser opens six connections to a portal, for all of its tabs: these leave some for what is in sight. */
const places = ['news-1', 'news-2', 'news-3'];

/** Whether the browser can share out places among its tabs; one without Web Locks, or without https, cannot. */
export const hasPlaces = (locks: LockManager | null | undefined = navigator.locks) => Boolean(locks);

/**
 * Waits for a place among the few tabs that may follow the news out of sight, and calls `taken` when it has one.
 * @returns what gives the place up, or ends the wait
 */
export function takePlace(taken: () => void): () => void {
  const waiting = new AbortController();
  let leave = () => waiting.abort();
  for (const place of places)
    navigator.locks
      .request(place, { signal: waiting.signal }, () => {
        // Two may come free at once.
        if (waiting.signal.aborted) return undefined;
        waiting.abort();
        taken();
        return new Promise<void>((resolve) => {
          leave = resolve;
        });
      })
      // It was given up, or others were no longer needed. Where no place is to be had at all the tab hears all when it is looked at.
      .catch(() => undefined);
  return () => leave();
}
