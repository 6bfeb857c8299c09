import { QueryClient } from '@tanstack/react-query';
import { isRefusal, ProblemError } from './request.ts';
import { watchSession } from './session.ts';
import { statusQuery } from './status.ts';

const retries = 2;

/**
 * One cache for the page. What was read stays fresh for half a minute: live news say earlier when it has changed. A
 * refusal (4xx) is never asked again by itself; a lost line or a fault of the server is, twice, unless Moov is known to be
 * away: then it is told at once, and read again when Moov is back.
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
        // The browser's own idea of being offline is often wrong: ask, and tell what came of it.
        networkMode: 'always',
      },
      mutations: { retry: false, networkMode: 'always' },
    },
  });
  watchSession(client);
  return client;
}
