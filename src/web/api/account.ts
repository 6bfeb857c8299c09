import { queryOptions } from '@tanstack/react-query';
import { call } from '../../contract/paths.ts';
import { reading } from './request.ts';

/** The query of one account. Fails with a problem of status 404 when the account does not exist or the person may not see it. */
export const accountQuery = (accountID: string) =>
  queryOptions({
    queryKey: ['account', accountID],
    queryFn: reading(call.account(accountID), (answers) => answers.accountSchema),
    staleTime: 5 * 60_000,
  });
