import { useSyncExternalStore } from 'react';
import { announce } from '../layout/announcer.tsx';
import { setUnread } from '../layout/page-title.ts';
import { newsWords } from '../words/news.ts';

/** The unread tickets: the id of each, and the id of its account. */
let unread: ReadonlyMap<string, string> = new Map();
const listeners = new Set<() => void>();

const become = (next: ReadonlyMap<string, string>) => {
  unread = next;
  setUnread(unread.size);
  for (const listener of listeners) listener();
};

/** Marks a ticket as unread, and has screen readers announce the news. */
export function addUnread(accountID: string, ticket: { ticketID: string; title: string }): void {
  announce(newsWords.announced(ticket.title.trim()));
  if (!unread.has(ticket.ticketID)) become(new Map([...unread, [ticket.ticketID, accountID]]));
}

/** Marks a ticket as read. */
export function markRead(ticketID: string): void {
  if (unread.has(ticketID)) become(new Map([...unread].filter(([each]) => each !== ticketID)));
}

/**
 * Forgets the unread tickets of one account, which the person may not see any more; without an account all of them, because nobody is
 * signed in any more. Also stops what a screen reader is about to announce: the next person must not hear it.
 */
export function forgetUnread(ofAccount?: unknown): void {
  const rest = new Map([...unread].filter(([, accountID]) => ofAccount !== undefined && accountID !== ofAccount));
  // This is called for every 404 about such an account. If nothing was forgotten, announcements about other accounts must go on.
  if (ofAccount !== undefined && rest.size === unread.size) return;
  become(rest);
  announce('');
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** The unread tickets (their ids, and those of their accounts). They are not stored: after a reload there are none. */
export const useUnread = (): ReadonlyMap<string, string> => useSyncExternalStore(subscribe, () => unread);
