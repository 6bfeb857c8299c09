import { QueryClient } from '@tanstack/react-query';
import { isRefusal, ProblemError } from './request.ts';
import { watchSession } from './session.ts';
import { statusQuery } from './status.ts';

/** How often a query that failed is tried again. */
const retries = 2;

/**
 * Creates the cache of everything that the page reads. Data stays fresh for 30 seconds; live news tell earlier when something has
 * changed. After a refusal (4xx) a query is not tried again. After a lost connection or a fault of the server it is tried again twice,
 * unless Moov is known to be down: then the problem is shown at once, and `ReadAgain` reads again when Moov is back.
 */
export function createQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        gcTime: 30 * 60_000,
        retry: (failures, error) =>
          failures < retries &&
          client.getQueryData(statusQuery.queryKey)?.upstream !== 'down' &&
          error instanceof ProblemError &&
          !isRefusal(error),
        retryDelay: (failures) => Math.min(1000 * 2 ** failures, 8000),
        // The browser is often wrong about being offline. So the request is always made, and its outcome is shown.
        networkMode: 'always',
      },
      mutations: { retry: false, networkMode: 'always' },
    },
  });
  watchSession(client);
  return client;
}
