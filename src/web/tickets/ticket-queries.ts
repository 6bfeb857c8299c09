import {
  type InfiniteData,
  infiniteQueryOptions,
  type Query,
  type QueryClient,
  queryOptions,
} from '@tanstack/react-query';
import { messagesSchema } from '../../contract/message.ts';
import { call } from '../../contract/paths.ts';
import type { Problem } from '../../contract/problem.ts';
import { submissionListSchema, submissionSchema } from '../../contract/submission.ts';
import { type PageOfTickets, pageOfTicketsSchema, type Ticket, ticketSchema } from '../../contract/ticket.ts';
import { reading, request } from '../api/request.ts';

/** How many tickets one page of a list has. */
const pageSize = 200;

/** The beginning of the keys of all queries about one account's tickets. */
export const ticketsKey = (accountID: string) => ['tickets', accountID] as const;
/** The key of the query of one ticket. */
export const ticketKey = (accountID: string, ticketID: string) => [...ticketsKey(accountID), 'one', ticketID] as const;
const listKey = (accountID: string) => [...ticketsKey(accountID), 'list'] as const;

/** The query of an account's tickets, the newest first, page by page. The API filters by `status` and `foreignID`. */
export const ticketListQuery = (
  accountID: string,
  filter: { status?: string | undefined; foreignID?: string } = {},
) => {
  const search = {
    ...(filter.status !== undefined && { status: filter.status }),
    ...(filter.foreignID !== undefined && { foreignID: filter.foreignID }),
  };
  return infiniteQueryOptions({
    queryKey: [...listKey(accountID), search] as const,
    queryFn: ({ pageParam, signal }): Promise<PageOfTickets> =>
      reading(
        call.tickets(accountID, { ...search, count: pageSize, ...(pageParam !== '' && { cursor: pageParam }) }),
        pageOfTicketsSchema,
      )({ signal }),
    initialPageParam: '',
    getNextPageParam: (last) => last.nextPage?.cursor,
    // Live news keep the list up to date, so dozens of pages need not be read again when the window gets the focus. Only a list that could
    // not be read is tried again then.
    refetchOnWindowFocus: ({ state }) => state.data === undefined,
    staleTime: 5 * 60_000,
  });
};
export type TicketList = InfiniteData<PageOfTickets, string>;
/** The tickets of a list, from all pages that have been read; none while it is undefined. */
export const ticketsIn = (list: Pick<TicketList, 'pages'> | undefined): Ticket[] =>
  list?.pages.flatMap(({ items }) => items) ?? [];

/** The query of one ticket. If a list in the cache has the ticket, it is shown from there at once, and read again meanwhile. */
export const ticketQuery = (client: QueryClient, accountID: string, ticketID: string) =>
  queryOptions({
    queryKey: ticketKey(accountID, ticketID),
    queryFn: reading(call.ticket(accountID, ticketID), ticketSchema),
    initialData: () => ticketInLists(client, accountID, ticketID),
    initialDataUpdatedAt: 0,
    staleTime: 10_000,
  });

/** The query of a ticket's messages, the oldest first. The first message is the text of the ticket itself. */
export const messagesQuery = (accountID: string, ticketID: string) =>
  queryOptions({
    queryKey: [...ticketsKey(accountID), 'messages', ticketID] as const,
    queryFn: reading(call.messages(accountID, ticketID), messagesSchema),
    staleTime: 10_000,
  });

/** The query of an account's submissions: tickets that the portal has accepted and Moov has not got yet, or has refused. */
export const submissionsQuery = (accountID: string) =>
  queryOptions({
    queryKey: ['submissions', accountID] as const,
    queryFn: reading(call.submissions(accountID), submissionListSchema),
    staleTime: 5_000,
  });

/** The query of one submission. */
export const submissionQuery = (accountID: string, submissionID: string) =>
  queryOptions({
    queryKey: ['submissions', accountID, submissionID] as const,
    queryFn: reading(call.submission(accountID, submissionID), submissionSchema),
    staleTime: 0,
  });

/**
 * Reads a submission again and puts it into the cache, without prolonging the session.
 * @returns undefined, or the problem when it could not be read; the cache stays as it was then
 */
export async function refreshSubmission(
  client: QueryClient,
  accountID: string,
  submissionID: string,
  signal: AbortSignal,
): Promise<Problem | undefined> {
  const path = call.submission(accountID, submissionID);
  const result = await request('GET', path, {
    schema: submissionSchema,
    background: true,
    signal,
  });
  if (!result.ok) return result.problem;
  client.setQueryData(submissionQuery(accountID, submissionID).queryKey, result.value);
  return undefined;
}

/**
 * Drops all data of an account that, as an answer has said, the person may not see. What is on the screen is read again, so that it also
 * says “not found”.
 */
export function forgetAccount(client: QueryClient, accountID: unknown): void {
  const ofAccount = ({ queryKey }: Query) => queryKey[1] === accountID;
  client.removeQueries({ predicate: ofAccount, type: 'inactive' });
  // Only queries that have data: otherwise the next 404 would reset them again, without end. Not the query of one ticket: reset, it would
  // begin with the data that it was first shown from.
  void client.resetQueries({
    predicate: (query) => ofAccount(query) && query.state.data !== undefined && query.queryKey[2] !== 'one',
  });
}

/** A ticket as it is in the cache, from its own query or from a list; undefined when it was not read. */
export const ticketKnown = (client: QueryClient, accountID: string, ticketID: string): Ticket | undefined =>
  client.getQueryData<Ticket>(ticketKey(accountID, ticketID)) ?? ticketInLists(client, accountID, ticketID);

const listsOf = (client: QueryClient, accountID: string) =>
  client.getQueriesData<TicketList>({ queryKey: listKey(accountID) });

/** A ticket from any list in the cache, or undefined. */
function ticketInLists(client: QueryClient, accountID: string, ticketID: string): Ticket | undefined {
  for (const [, list] of listsOf(client, accountID)) {
    for (const { items } of list?.pages ?? []) {
      const found = items.find((ticket) => ticket.ticketID === ticketID);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** Puts the current state of a ticket into its own query. */
export function putOne(client: QueryClient, accountID: string, ticket: Ticket): void {
  client.setQueryData<Ticket>(ticketKey(accountID, ticket.ticketID), (known) =>
    // Only the query of one ticket has `filedBy`, lists do not: so it is kept.
    known?.filedBy === undefined ? ticket : { filedBy: known.filedBy, ...ticket },
  );
}

/**
 * Puts the current state of a ticket into the cache: into its own query, and into all lists. A list whose filter no longer fits loses it.
 */
export function putTicket(client: QueryClient, accountID: string, ticket: Ticket): void {
  putOne(client, accountID, ticket);
  for (const [key, list] of listsOf(client, accountID)) {
    if (list !== undefined) client.setQueryData<TicketList>(key, mergeTickets(list, [ticket], filterOf(key)));
  }
}

/** The filter of a list, from the key of its query. */
export const filterOf = (key: readonly unknown[]): Record<string, unknown> => {
  const last = key.at(-1);
  return typeof last === 'object' && last !== null ? { ...last } : {};
};

const filedAt = (ticket: Ticket) => Date.parse(ticket.createdOn);

/**
 * Puts the current state of tickets into a list. A ticket in the list is replaced in its place, or removed if it no longer fits the
 * filter. A ticket that is missing is inserted in the order of filing, the newest first. One older than all that are loaded is left out
 * if the list has further pages, since it belongs on one of those.
 * @param filter the list's `status` and `foreignID`, if any
 * @returns the new list
 */
export function mergeTickets(list: TicketList, fresh: Ticket[], filter: Record<string, unknown> = {}): TicketList {
  const fits = (ticket: Ticket) =>
    (filter.status === undefined || filter.status === ticket.status) &&
    (filter.foreignID === undefined || filter.foreignID === ticket.foreignID);
  const byID = new Map(fresh.map((ticket) => [ticket.ticketID, ticket]));
  const oldest = ticketsIn(list).at(-1);
  const whole = oldest === undefined || list.pages.at(-1)?.nextPage === undefined;
  const pages = list.pages.map((page) => ({
    ...page,
    items: page.items.flatMap((ticket) => {
      const now = byID.get(ticket.ticketID);
      if (now === undefined) return [ticket];
      byID.delete(ticket.ticketID);
      return fits(now) ? [now] : [];
    }),
  }));
  // From the last to the first, so that tickets filed at the same moment keep their order.
  for (const ticket of [...byID.values()].reverse()) {
    if (!fits(ticket) || !(whole || filedAt(ticket) > filedAt(oldest))) continue;
    const isLater = (other: Ticket) => filedAt(other) <= filedAt(ticket);
    const items = (pages.find((page) => page.items.some(isLater)) ?? pages.at(-1))?.items;
    const place = items?.findIndex(isLater) ?? -1;
    items?.splice(place === -1 ? items.length : place, 0, ticket);
  }
  return { ...list, pages };
}

/**
 * Puts the newest page, as it was just read, into a list. Older tickets in the list stay. In a list filtered by status, a ticket that the
 * page should hold but does not has another status now, and is removed. If the page and the list have no ticket in common, tickets may be
 * missing in between: then the list starts anew with this page.
 * @returns the new list
 */
export function mergeNewest(list: TicketList, newest: PageOfTickets, filter: Record<string, unknown> = {}): TicketList {
  const ids = new Set(newest.items.map(({ ticketID }) => ticketID));
  const held = ticketsIn(list).filter(({ ticketID }) => ids.has(ticketID));
  const oldest = newest.items.at(-1);
  const whole = oldest === undefined || newest.nextPage === undefined;
  if (!whole && held.length === 0) return { pages: [newest], pageParams: [''] };
  const stays = (ticket: Ticket) =>
    filter.status === undefined || ids.has(ticket.ticketID) || !(whole || filedAt(ticket) > filedAt(oldest));
  const pages = list.pages.map((page) => ({ ...page, items: page.items.filter(stays) }));
  return mergeTickets({ ...list, pages }, newest.items, filter);
}
