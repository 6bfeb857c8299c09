import * as z from 'zod/mini';
import { type Account, accountSchema } from '../../contract/account.ts';
import { layoutWords } from '../words/layout.ts';

const most = 8;
const key = (userID: string) => `portal.recent-accounts.${userID}`;

/** The last eight accounts that a person has visited on this device, the latest first. Empty when the browser stores nothing. */
export function recentAccounts(userID: string): Account[] {
  try {
    return z.safeParse(z.array(accountSchema), JSON.parse(localStorage.getItem(key(userID)) ?? '[]')).data ?? [];
  } catch {
    return [];
  }
}

/**
 * Puts an account first among the recent ones.
 * @param name the account's name as the page shows it. If it only stands in for a name that could not be read, the name stored before
 *   is kept.
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
    // The browser stores nothing: then there are no recent accounts, and everything else works.
  }
}

/** Deletes a person's recent accounts. Part of signing out: the next person on this device must not see them. */
export function forgetRecentAccounts(userID: string): void {
  try {
    localStorage.removeItem(key(userID));
  } catch {
    // The browser stores nothing, so there is nothing to delete.
  }
}
