import { useSyncExternalStore } from 'react';
import { announce } from '../layout/announcer.tsx';
import { setUnread } from '../layout/page-title.ts';
import { newsWords } from '../words/news.ts';

/** The account of each, by its id. */
let unread: ReadonlyMap<string, string> = new Map();
const listeners = new Set<() => void>();

const become = (next: ReadonlyMap<string, string>) => {
  unread = next;
  setUnread(unread.size);
  for (const listener of listeners) listener();
};

/** Marks a ticket as having news that nobody has looked at, and says so politely. */
export function addUnread(accountID: string, ticket: { ticketID: string; title: string }): void {
  announce(newsWords.announced(ticket.title));
  if (!unread.has(ticket.ticketID)) become(new Map([...unread, [ticket.ticketID, accountID]]));
}

/** The person is looking at the ticket. */
export function markRead(ticketID: string): void {
  if (unread.has(ticketID)) become(new Map([...unread].filter(([each]) => each !== ticketID)));
}

/**
 * Nobody is signed in any more: whoever comes next is not to read or hear what this person was told. Or only one account is not
 * the person's any more.
 */
export function forgetUnread(ofAccount?: unknown): void {
  const rest = new Map([...unread].filter(([, accountID]) => ofAccount !== undefined && accountID !== ofAccount));
  // Asked for with every answer about such an account: what is said of others is not cut off.
  if (ofAccount !== undefined && rest.size === unread.size) return;
  become(rest);
  announce('');
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** The tickets with news, by their ids, for this page's life. */
export const useUnread = (): ReadonlyMap<string, string> => useSyncExternalStore(subscribe, () => unread);
