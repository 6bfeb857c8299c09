import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import * as z from 'zod/mini';
import { ownReference, type Ticket, ticketStatuses } from '../../contract/ticket.ts';
import { ticketListQuery } from './ticket-queries.ts';

/** What the address says about the list; anything that makes no sense is left out. */
export const listSearchSchema = z.object({
  status: z.catch(z.optional(z.enum(ticketStatuses)), undefined),
  q: z.catch(z.optional(z.string().check(z.trim(), z.minLength(1), z.maxLength(200))), undefined),
});
export type ListSearch = z.infer<typeof listSearchSchema>;

/** How far back one search reads on its own; the person may send it further. */
const searchDepth = 2000;
/** So many finds are enough to look through before more is read. */
const enough = 50;

const plain = (text: string) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

/** Whether every word of a search is in a title, whatever the capitals, accents and order. */
export function titleMatches(title: string, query: string): boolean {
  const given = plain(title);
  return plain(query.trim())
    .split(/\s+/)
    .every((word) => given.includes(word));
}

/** Whether a ticket is meant by a search: its number, a part of its reference, or every word in its title. */
export function matches(ticket: Ticket, query: string): boolean {
  const wanted = plain(query.trim());
  if (wanted === '') return true;
  const number = /^#?(\d+)$/.exec(wanted)?.[1];
  if (number !== undefined && String(ticket.number).startsWith(number)) return true;
  if (plain(ownReference(ticket) ?? '').includes(wanted)) return true;
  return titleMatches(ticket.title, query);
}

/**
 * The tickets of an account under a filter, and of those the ones that a search means. The API cannot search, so the
 * search reads the list further and further back and says how far it got; a whole reference is also asked for directly,
 * however old its ticket is.
 */
export function useTicketSearch(accountID: string, { status, q = '' }: ListSearch) {
  const [depth, setDepth] = useState({ q, limit: searchDepth });
  const limit = depth.q === q ? depth.limit : searchDepth;
  const list = useInfiniteQuery(ticketListQuery(accountID, { status }));
  const byReference = useInfiniteQuery({
    ...ticketListQuery(accountID, { status, foreignID: q }),
    enabled: q !== '',
  });

  const loaded = useMemo(() => list.data?.pages.flatMap(({ items }) => items) ?? [], [list.data]);
  const tickets = useMemo(() => {
    if (q === '') return loaded;
    const found = loaded.filter((ticket) => matches(ticket, q));
    const known = new Set(found.map(({ ticketID }) => ticketID));
    const older = byReference.data?.pages.flatMap(({ items }) => items) ?? [];
    return [...found, ...older.filter(({ ticketID }) => !known.has(ticketID))];
  }, [loaded, q, byReference.data]);

  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = list;
  const satisfied = tickets.length >= enough || tickets.some(({ number }) => String(number) === q.replace(/^#/, ''));
  const readOn = q !== '' && hasNextPage && !isFetchNextPageError && !satisfied && loaded.length < limit;
  useEffect(() => {
    if (readOn && !isFetchingNextPage) void fetchNextPage();
  }, [readOn, isFetchingNextPage, fetchNextPage]);

  return {
    list,
    tickets,
    loaded,
    /** a search is still reading */
    searching: q !== '' && (readOn || isFetchingNextPage || byReference.isLoading),
    searchFurther: () => {
      setDepth({ q, limit: loaded.length + searchDepth });
      void fetchNextPage();
    },
  };
}
