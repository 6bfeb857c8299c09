import type { Account } from '../../contract/account.ts';

/** A text as people type it who search: no capitals, no accents, straight apostrophes, single spaces. */
const asTyped = (text: string) =>
  text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[\u2018\u2019]/g, "'")
    .toLowerCase()
    .split(/\s+/)
    .filter(Boolean)
    .join(' ');
const withoutDashes = (text: string) => text.replaceAll('-', '');

const partOfWord = /[\p{L}\p{N}]/u;
function hasWordFrom(name: string, beginning: string): boolean {
  for (let at = name.indexOf(beginning); at !== -1; at = name.indexOf(beginning, at + 1))
    if (!partOfWord.test(name.charAt(at - 1))) return true;
  return false;
}

/** Fewer characters than these are in so many ids that they say nothing. */
const leastOfID = 4;

/**
 * The accounts that a search finds, the likeliest first: by their whole name, its beginning, the beginnings of its words,
 * anything in it, and last by the beginning of their id. Those that are alike stay in the order in which they came.
 * @param q without any text in it, it finds every account
 */
export function searchAccounts(accounts: readonly Account[], q: string): readonly Account[] {
  const sought = asTyped(q);
  if (sought === '') return accounts;
  const words = sought.split(' ');
  const id = withoutDashes(sought);
  const ways: ((name: string, account: Account) => boolean)[] = [
    (name) => name === sought,
    (name) => name.startsWith(sought),
    (name) => words.every((word) => hasWordFrom(name, word)),
    (name) => words.every((word) => name.includes(word)),
    (_, { accountID }) => id.length >= leastOfID && withoutDashes(accountID).startsWith(id),
  ];
  const found = ways.map((): Account[] => []);
  for (const account of accounts) {
    const name = asTyped(account.displayName ?? '');
    found[ways.findIndex((matches) => matches(name, account))]?.push(account);
  }
  return found.flat();
}
