import { queryOptions } from '@tanstack/react-query';
import { call } from '../../contract/paths.ts';
import { request, unwrap } from './request.ts';

/**
 * The query of how Moov is doing. While the page is visible it is read once a minute, and every 5 seconds while Moov is slow or down
 * or the portal itself cannot be reached.
 */
export const statusQuery = queryOptions({
  queryKey: ['status'],
  queryFn: async ({ signal }) =>
    unwrap(
      await request('GET', call.status(), { schema: (answers) => answers.statusSchema, signal, background: true }),
    ),
  staleTime: 30_000,
  refetchInterval: ({ state: { data, error } }) =>
    error === null && (data === undefined || data.upstream === 'up') ? 60_000 : 5_000,
  refetchIntervalInBackground: false,
  retry: false,
});
