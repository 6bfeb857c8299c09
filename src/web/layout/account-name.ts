import { useQuery } from '@tanstack/react-query';
import type { Account } from '../../contract/account.ts';
import { accountQuery } from '../api/account.ts';
import { ProblemError } from '../api/request.ts';
import { useSession } from '../api/session.ts';
import { layoutWords } from '../words/layout.ts';

/** What an account is called on the screen. */
export const accountName = ({ accountID, displayName }: Account): string =>
  displayName ?? layoutWords.nameless(accountID);

/**
 * The account that a page is about: the merchant's own out of the session, any other asked for. `name` is undefined
 * until it is known; `missing` when there is no such account for this person.
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
