import type { Account } from '../../contract/account.ts';

/** A text in the form in which names and searches are compared: no capitals, no accents, straight apostrophes, single spaces. */
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
/** Whether a word of the name begins with `beginning`. */
function hasWordFrom(name: string, beginning: string): boolean {
  for (let at = name.indexOf(beginning); at !== -1; at = name.indexOf(beginning, at + 1))
    if (!partOfWord.test(name.charAt(at - 1))) return true;
  return false;
}

/** A search of fewer characters is not compared with ids: too many ids begin with it. */
const leastOfID = 4;

/**
 * The accounts that a search finds, best matches first: the whole name, the beginning of the name, the beginnings of words in it,
 * any part of it, and last the beginning of the id. Accounts that match equally well stay in the given order.
 * @param q what the person typed; every account, if it is empty or only spaces
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
