import { queryOptions } from '@tanstack/react-query';
import { call } from '../../contract/paths.ts';
import { reading } from './request.ts';

/** One account, as the person may see it; a problem 404 when there is none or it is not theirs. */
export const accountQuery = (accountID: string) =>
  queryOptions({
    queryKey: ['account', accountID],
    queryFn: reading(call.account(accountID), (answers) => answers.accountSchema),
    staleTime: 5 * 60_000,
  });
