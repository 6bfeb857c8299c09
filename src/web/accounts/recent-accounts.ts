import * as z from 'zod/mini';
import { type Account, accountSchema } from '../../contract/account.ts';
import { layoutWords } from '../words/layout.ts';

const most = 8;
const key = (userID: string) => `portal.recent-accounts.${userID}`;

/** The accounts that a person has been at on this device, the last one first; none where the device keeps nothing. */
export function recentAccounts(userID: string): Account[] {
  try {
    return z.safeParse(z.array(accountSchema), JSON.parse(localStorage.getItem(key(userID)) ?? '[]')).data ?? [];
  } catch {
    return [];
  }
}

/**
 * Puts an account first among the recent ones, by the name that the page shows. What stands in for a name that could not be
 * read is none: the one known from before stays.
 */
export function rememberAccount(userID: string, accountID: string, name: string): void {
  const recent = recentAccounts(userID);
  const standIn = name === layoutWords.nameless(accountID);
  const known = recent.find((account) => account.accountID === accountID) ?? { accountID };
  const account = standIn ? known : { accountID, displayName: name };
  const others = recent.filter((other) => other.accountID !== accountID);
  try {
    localStorage.setItem(key(userID), JSON.stringify([account, ...others].slice(0, most)));
  } catch {
    // A device that keeps nothing has no recent accounts; everything else works.
    return;
  }
}

/** Part of signing out: the next person on this device is not to see whose accounts these were. */
export function forgetRecentAccounts(userID: string): void {
  try {
    localStorage.removeItem(key(userID));
  } catch {
    return;
  }
}
