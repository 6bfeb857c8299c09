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

/** How many tickets are asked for at a time. */
export const pageSize = 200;

/** Everything read about one account's tickets, for looking at or dropping all of it. */
export const ticketsKey = (accountID: string) => ['tickets', accountID] as const;
const listKey = (accountID: string) => [...ticketsKey(accountID), 'list'] as const;

/** The tickets of an account, newest first, page by page; `status` and `foreignID` as the API filters them. */
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
    // Live news change the list in place: no need to read dozens of pages anew whenever the window gets the focus. One that
    // could not be read is tried again then.
    refetchOnWindowFocus: ({ state }) => state.data === undefined,
    staleTime: 5 * 60_000,
  });
};
export type TicketList = InfiniteData<PageOfTickets, string>;

/** One ticket; painted at once out of any list that has it, while it is read anew. */
export const ticketQuery = (client: QueryClient, accountID: string, ticketID: string) =>
  queryOptions({
    queryKey: [...ticketsKey(accountID), 'one', ticketID] as const,
    queryFn: reading(call.ticket(accountID, ticketID), ticketSchema),
    initialData: () => ticketInLists(client, accountID, ticketID),
    initialDataUpdatedAt: 0,
    staleTime: 10_000,
  });

/** The conversation of a ticket in order; the first message is the ticket's own text. */
export const messagesQuery = (accountID: string, ticketID: string) =>
  queryOptions({
    queryKey: [...ticketsKey(accountID), 'messages', ticketID] as const,
    queryFn: reading(call.messages(accountID, ticketID), messagesSchema),
    staleTime: 10_000,
  });

/** What an account has filed and Moov has not got yet. */
export const submissionsQuery = (accountID: string) =>
  queryOptions({
    queryKey: ['submissions', accountID] as const,
    queryFn: reading(call.submissions(accountID), submissionListSchema),
    staleTime: 5_000,
  });

export const submissionQuery = (accountID: string, submissionID: string) =>
  queryOptions({
    queryKey: ['submissions', accountID, submissionID] as const,
    queryFn: reading(call.submission(accountID, submissionID), submissionSchema),
    staleTime: 0,
  });

/**
 * Reads a submission again without prolonging the session; what cannot be read stays as it was, and the problem why not
 * is returned.
 */
export async function refreshSubmission(
  client: QueryClient,
  accountID: string,
  submissionID: string,
  signal?: AbortSignal,
): Promise<Problem | undefined> {
  const path = call.submission(accountID, submissionID);
  const result = await request('GET', path, {
    schema: submissionSchema,
    background: true,
    ...(signal && { signal }),
  });
  if (!result.ok) return result.problem;
  client.setQueryData(submissionQuery(accountID, submissionID).queryKey, result.value);
  return undefined;
}

/**
 * Drops all that was read of an account, once it is known that it is not the person's to see. What is on the screen is
 * asked for anew, and told the same.
 */
export function forgetAccount(client: QueryClient, accountID: unknown): void {
  const ofAccount = ({ queryKey }: Query) => queryKey[1] === accountID;
  client.removeQueries({ predicate: ofAccount, type: 'inactive' });
  // Only what has something to drop: being told the same again must not begin this again. A ticket begins anew with what
  // it was painted from; its page is another one by then.
  void client.resetQueries({
    predicate: (query) => ofAccount(query) && query.state.data !== undefined && query.queryKey[2] !== 'one',
  });
}

/** A ticket as it was last read, wherever that was, or undefined. */
export const ticketKnown = (client: QueryClient, accountID: string, ticketID: string): Ticket | undefined =>
  client.getQueryData<Ticket>([...ticketsKey(accountID), 'one', ticketID]) ??
  ticketInLists(client, accountID, ticketID);

const listsOf = (client: QueryClient, accountID: string) =>
  client.getQueriesData<TicketList>({ queryKey: listKey(accountID) });

/** A ticket out of the lists that have been read, or undefined. */
function ticketInLists(client: QueryClient, accountID: string, ticketID: string): Ticket | undefined {
  for (const [, list] of listsOf(client, accountID)) {
    for (const { items } of list?.pages ?? []) {
      const found = items.find((ticket) => ticket.ticketID === ticketID);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** Puts a ticket as it is now into everything that shows it. A list that filters by another status loses it. */
export function putTicket(client: QueryClient, accountID: string, ticket: Ticket): void {
  client.setQueryData<Ticket>([...ticketsKey(accountID), 'one', ticket.ticketID], (known) =>
    // Only where one ticket is read is it told who filed it.
    known?.filedBy === undefined ? ticket : { filedBy: known.filedBy, ...ticket },
  );
  for (const [key, list] of listsOf(client, accountID)) {
    if (list !== undefined) client.setQueryData<TicketList>(key, mergeTickets(list, [ticket], filterOf(key)));
  }
}

const filterOf = (key: readonly unknown[]): Record<string, unknown> => {
  const last = key.at(-1);
  return typeof last === 'object' && last !== null ? { ...last } : {};
};

const filedAt = (ticket: Ticket) => Date.parse(ticket.createdOn);

/**
 * A list with tickets as they are now: those it has are replaced where they stand, or go when the filter no longer fits;
 * those it lacks come where they belong, newest first (older ones than it has stand on a page that is not loaded yet).
 */
export function mergeTickets(list: TicketList, fresh: Ticket[], filter: Record<string, unknown> = {}): TicketList {
  const fits = (ticket: Ticket) =>
    (filter.status === undefined || filter.status === ticket.status) &&
    (filter.foreignID === undefined || filter.foreignID === ticket.foreignID);
  const byID = new Map(fresh.map((ticket) => [ticket.ticketID, ticket]));
  const oldest = list.pages.flatMap(({ items }) => items).at(-1);
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
  // The last first, so that of those filed at one moment each is put before the one that it came before.
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
 * Puts the newest page, as just read, into a list. What the list has beyond that page stays. A ticket that the page should hold and
 * does not no longer matches the filter. If so much has come that the page does not reach the list any more, the list begins anew.
 */
export function mergeNewest(list: TicketList, newest: PageOfTickets, filter: Record<string, unknown> = {}): TicketList {
  const ids = new Set(newest.items.map(({ ticketID }) => ticketID));
  const held = list.pages.flatMap(({ items }) => items).filter(({ ticketID }) => ids.has(ticketID));
  const oldest = newest.items.at(-1);
  const whole = oldest === undefined || newest.nextPage === undefined;
  if (!whole && held.length === 0) return { pages: [newest], pageParams: [''] };
  const stays = (ticket: Ticket) =>
    filter.status === undefined || ids.has(ticket.ticketID) || !(whole || filedAt(ticket) > filedAt(oldest));
  const pages = list.pages.map((page) => ({ ...page, items: page.items.filter(stays) }));
  return mergeTickets({ ...list, pages }, newest.items, filter);
}
