import { infiniteQueryOptions, keepPreviousData } from '@tanstack/react-query';
import { type PageOfAccounts, pageOfAccountsSchema } from '../../contract/account.ts';
import { call } from '../../contract/paths.ts';
import { reading } from '../api/request.ts';

/** The accounts that the person may act for, under a search, page by page; the last ones stay while the next come. */
export const accountListQuery = (q: string) =>
  infiniteQueryOptions({
    queryKey: ['accounts', q] as const,
    queryFn: ({ pageParam, signal }): Promise<PageOfAccounts> =>
      reading(call.accounts({ q, cursor: pageParam }), pageOfAccountsSchema)({ signal }),
    initialPageParam: '',
    getNextPageParam: (last) => last.nextPage?.cursor,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
