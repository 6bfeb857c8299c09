/**
 * Moov takes 40 requests a second for each account (10 in test mode) and says in a header of the 429 how long to wait
 * (docs.moov.io/api/rate-limits). Counted here in whole seconds.
 */
export function createRateLimit(requestsPerSecond: number, now: () => Date) {
  let second = 0;
  const counts = new Map<string, number>();
  return {
    /** Counts a call; gives the seconds to wait when it is one too many, else undefined. */
    count(accountID: string): number | undefined {
      const current = Math.floor(now().getTime() / 1000);
      if (current !== second) {
        second = current;
        counts.clear();
      }
      const so = (counts.get(accountID) ?? 0) + 1;
      counts.set(accountID, so);
      return so > requestsPerSecond ? 1 : undefined;
    },
  };
}
export type RateLimit = ReturnType<typeof createRateLimit>;
