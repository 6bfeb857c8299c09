import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import * as z from 'zod/mini';
import { ownReference, type Ticket, ticketStatuses } from '../../contract/ticket.ts';
import { ticketListQuery, ticketsIn } from './ticket-queries.ts';

/** The filter and the search in the address of the list. Values that are not valid count as absent. */
export const listSearchSchema = z.object({
  status: z.catch(z.optional(z.enum(ticketStatuses)), undefined),
  q: z.catch(z.optional(z.string().check(z.trim(), z.minLength(1), z.maxLength(200))), undefined),
});
export type ListSearch = z.infer<typeof listSearchSchema>;

/** How many tickets a search reads by itself. The person can let it read on. */
const searchDepth = 2000;
/** A search stops reading when it has found this many tickets. */
const enough = 50;

/** A text in lower case and without accents, to compare it. */
const plain = (text: string) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

/** Whether a title contains every word of a search, in any order. Case and accents make no difference. */
export function titleMatches(title: string, query: string): boolean {
  const given = plain(title);
  return plain(query.trim())
    .split(/\s+/)
    .every((word) => given.includes(word));
}

/** Whether a search finds a ticket: by the beginning of its number, a part of its reference, or all words in its title. */
export function matches(ticket: Ticket, query: string): boolean {
  const wanted = plain(query.trim());
  if (wanted === '') return true;
  const number = /^#?(\d+)$/.exec(wanted)?.[1];
  if (number !== undefined && String(ticket.number).startsWith(number)) return true;
  if (plain(ownReference(ticket) ?? '').includes(wanted)) return true;
  return titleMatches(ticket.title, query);
}

/**
 * The tickets of an account that match the filter and the search. The API cannot search, so the search reads the list page by page into the
 * past, up to a limit, and filters it here. The API can filter by a whole reference, so the text is also sent as one: such a ticket is
 * found however old it is.
 * @returns `list`: the query; `loaded`: all tickets that were read; `tickets`: those that match
 */
export function useTicketSearch(accountID: string, { status, q = '' }: ListSearch) {
  const [depth, setDepth] = useState({ q, limit: searchDepth });
  const limit = depth.q === q ? depth.limit : searchDepth;
  const list = useInfiniteQuery(ticketListQuery(accountID, { status }));
  const byReference = useInfiniteQuery({
    ...ticketListQuery(accountID, { status, foreignID: q }),
    enabled: q !== '',
  });

  const loaded = useMemo(() => ticketsIn(list.data), [list.data]);
  const tickets = useMemo(() => {
    if (q === '') return loaded;
    const found = loaded.filter((ticket) => matches(ticket, q));
    const known = new Set(found.map(({ ticketID }) => ticketID));
    return [...found, ...ticketsIn(byReference.data).filter(({ ticketID }) => !known.has(ticketID))];
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
    /** true while a search is still reading */
    searching: q !== '' && (readOn || isFetchingNextPage || byReference.isLoading),
    /** Lets the search read on after it has reached its limit. */
    searchFurther: () => {
      setDepth({ q, limit: loaded.length + searchDepth });
      void fetchNextPage();
    },
  };
}
