import { queryOptions } from '@tanstack/react-query';
import { call } from '../../contract/paths.ts';
import { request, unwrap } from './request.ts';

/**
 * How Moov is doing, asked about once a minute while the page is in sight, and often while people wait for it, or for the portal
 * itself, to come back.
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
