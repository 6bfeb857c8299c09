import { useQuery } from '@tanstack/react-query';
import type { Account } from '../../contract/account.ts';
import { accountQuery } from '../api/account.ts';
import { ProblemError } from '../api/request.ts';
import { useSession } from '../api/session.ts';
import { layoutWords } from '../words/layout.ts';

/** The name under which an account is shown: its own, or words that stand in for a name that is not known. */
export const accountName = ({ accountID, displayName }: Account): string =>
  displayName ?? layoutWords.nameless(accountID);

/**
 * The account that a page is about. For a merchant the answer comes from the session: they have one account, and any other is missing.
 * For partner staff the BFF is asked.
 * @param accountID undefined on a page that is about no account
 * @returns `name`: undefined until it is known, and when the account is missing; a stand-in when it could not be read. `missing`: true
 *   when the account does not exist or the person may not see it
 */
export function useAccount(accountID: string | undefined): { name: string | undefined; missing: boolean } {
  const { session } = useSession();
  const own = session?.account;
  const merchant = session?.user.role === 'merchant';
  const { data, error } = useQuery({
    ...accountQuery(accountID ?? ''),
    enabled: accountID !== undefined && session?.user.role === 'partner',
  });
  if (accountID === undefined || session === undefined) return { name: undefined, missing: false };
  if (merchant) {
    const missing = own?.accountID !== accountID;
    return { name: missing || own === undefined ? undefined : accountName(own), missing };
  }
  if (data !== undefined) return { name: accountName(data), missing: false };
  if (error === null) return { name: undefined, missing: false };
  const missing = error instanceof ProblemError && error.problem.status === 404;
  return { name: missing ? undefined : layoutWords.nameless(accountID), missing };
}
