import { useSyncExternalStore } from 'react';
import { announce } from '../layout/announcer.tsx';
import { setUnread } from '../layout/page-title.ts';
import { newsWords } from '../words/news.ts';

let unread: ReadonlySet<string> = new Set();
const listeners = new Set<() => void>();

const become = (next: ReadonlySet<string>) => {
  unread = next;
  setUnread(unread.size);
  for (const listener of listeners) listener();
};

/** Marks a ticket as having news that nobody has looked at, and says so politely. */
export function addUnread(ticket: { ticketID: string; title: string }): void {
  announce(newsWords.announced(ticket.title));
  if (!unread.has(ticket.ticketID)) become(new Set([...unread, ticket.ticketID]));
}

/** The person is looking at the ticket. */
export function markRead(ticketID: string): void {
  if (unread.has(ticketID)) become(new Set([...unread].filter((each) => each !== ticketID)));
}

/** Nobody is signed in any more: whoever comes next is not to read or hear what this person was told. */
export function forgetUnread(): void {
  become(new Set());
  announce('');
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** The ids of the tickets with news, for this page's life. */
export const useUnread = (): ReadonlySet<string> => useSyncExternalStore(subscribe, () => unread);
