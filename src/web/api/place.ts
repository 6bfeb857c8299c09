/**
 * Locks (Web Locks) that all tabs share; a hidden tab needs one of them to keep its stream of news. Over HTTP/1.1 a browser opens at
 * most six connections to a server, for all tabs together. Three places leave connections for the visible tab.
 */
const places = ['news-1', 'news-2', 'news-3'];

/** Whether the browser has Web Locks, which it needs to share places among tabs. Without https it has none. */
export const hasPlaces = () => Boolean(navigator.locks);

/**
 * Waits for one of the places, and calls `taken` as soon as this tab has one.
 * @returns gives the place up, or stops waiting for one
 */
export function takePlace(taken: () => void): () => void {
  const waiting = new AbortController();
  let leave = () => waiting.abort();
  for (const place of places)
    navigator.locks
      .request(place, { signal: waiting.signal }, () => {
        // Two places may become free at once. This tab needs only one.
        if (waiting.signal.aborted) return undefined;
        waiting.abort();
        taken();
        return new Promise<void>((resolve) => {
          leave = resolve;
        });
      })
      // Rejected because this tab stopped waiting, or has another place. If the browser refuses all locks, the tab gets no place, and
      // hears the news when it becomes visible.
      .catch(() => undefined);
  return () => leave();
}
