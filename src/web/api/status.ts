import { queryOptions } from '@tanstack/react-query';
import { statusSchema } from '../../contract/event.ts';
import { call } from '../../contract/paths.ts';
import { request, unwrap } from './request.ts';

/** How Moov is doing, asked about once a minute while the page is in sight. */
export const statusQuery = queryOptions({
  queryKey: ['status'],
  queryFn: async ({ signal }) =>
    unwrap(await request('GET', call.status(), { schema: statusSchema, signal, background: true })),
  staleTime: 30_000,
  refetchInterval: 60_000,
  refetchIntervalInBackground: false,
  retry: false,
});
