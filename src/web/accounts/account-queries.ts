import { infiniteQueryOptions, keepPreviousData } from '@tanstack/react-query';
import { type PageOfAccounts, pageOfAccountsSchema } from '../../contract/account.ts';
import { call } from '../../contract/paths.ts';
import { reading } from '../api/request.ts';

/**
 * The query of the accounts that the person may act for, page by page.
 * @param q a part of a name or an id; all accounts when empty. While the accounts for a new search are read, the last ones stay.
 */
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
