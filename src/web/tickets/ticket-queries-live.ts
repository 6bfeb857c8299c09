import type { Query, QueryClient } from '@tanstack/react-query';
import type * as z from 'zod/mini';
import { messagesSchema } from '../../contract/message.ts';
import { call, page } from '../../contract/paths.ts';
import { type Problem, problemType } from '../../contract/problem.ts';
import { submissionListSchema } from '../../contract/submission.ts';
import { type PageOfTickets, pageOfTicketsSchema, type Ticket, ticketSchema } from '../../contract/ticket.ts';
import { followNews, type NewsListener } from '../api/events.ts';
import { problemOf, request } from '../api/request.ts';
import { createBackgroundReadings } from './background-readings.ts';
import {
  filterOf,
  forgetAccount,
  mergeNewest,
  mergeTickets,
  messagesQuery,
  putOne,
  putTicket,
  refreshSubmission,
  submissionQuery,
  submissionsQuery,
  type TicketList,
  ticketKey,
  ticketKnown,
  ticketsKey,
} from './ticket-queries.ts';
import { addUnread, forgetUnread } from './ticket-queries-unread.ts';

/** The caches for which news were followed before. */
const followed = new WeakSet<QueryClient>();

const isList = ({ queryKey }: Query) => queryKey[2] === 'list';

/** Whether asking again would most likely bring the same answer: a refusal, other than “too many requests”. */
const isFinal = ({ status }: Problem) => status >= 400 && status < 500 && status !== 429;

/**
 * Keeps what is on the screen up to date with Moov. Follows the live news and reads again what they are about. A list that is not on the
 * screen is read when it is shown again. When news are missing, reads again everything that is on the screen. All these requests are
 * marked as background requests, which do not prolong the session.
 * @param newsAfter the number of the last live event that the page already knows
 * @returns stops it
 */
export function keepTicketsFresh(client: QueryClient, newsAfter: number): () => void {
  /** Ends all requests when this stops: what was read for one person must not reach the next. */
  const over = new AbortController();
  const behindTheScenes = { background: true, signal: over.signal };
  const { once, onceFor, stop: stopReadings } = createBackgroundReadings(client);

  /** Whether a reading that failed need not be tried again. Drops all data of the account if the person may not see it (any more). */
  const isOver = (accountID: unknown, problem: Problem): boolean => {
    if (problem.type === problemType('not-found') && accountID !== undefined) {
      forgetAccount(client, accountID);
      forgetUnread(accountID);
    }
    return isFinal(problem);
  };

  /** Whether the person is closing the ticket with this key: it is shown as closed already, and an answer may be from before. */
  const isClosing = (mutationKey: readonly unknown[]) => client.isMutating({ mutationKey }) > 0;

  /** Ids of tickets of which live news said that they have a new message, and which have not been read since. */
  const heardOf = new Set<string>();
  const readTicket = (accountID: string, ticketID: string) =>
    onceFor(ticketKey(accountID, ticketID), async () => {
      const result = await request('GET', call.ticket(accountID, ticketID), {
        schema: ticketSchema,
        ...behindTheScenes,
      });
      if (!result.ok) return isOver(accountID, result.problem);
      if (result.value.status !== 'closed' && isClosing(ticketKey(accountID, ticketID))) return false;
      noteNews(client, accountID, result.value, heardOf.delete(ticketID));
      putTicket(client, accountID, result.value);
      return true;
    });

  /** Reads a query again, if it is in the cache. `queryKey[1]` must be the account's id. */
  const readAgain = <T>(queryKey: readonly unknown[], path: string, schema: z.ZodMiniType<T>) =>
    onceFor(queryKey, async () => {
      if (client.getQueryData(queryKey) === undefined) return true;
      const result = await request('GET', path, { schema, ...behindTheScenes });
      if (!result.ok) return isOver(queryKey[1], result.problem);
      client.setQueryData(queryKey, result.value);
      return true;
    });
  const readMessages = (accountID: string, ticketID: string) =>
    readAgain(messagesQuery(accountID, ticketID).queryKey, call.messages(accountID, ticketID), messagesSchema);
  const readSubmissions = (accountID: string) =>
    readAgain(submissionsQuery(accountID).queryKey, call.submissions(accountID), submissionListSchema);

  const readSubmission = (accountID: string, submissionID: string) =>
    onceFor(submissionQuery(accountID, submissionID).queryKey, async () => {
      const problem = await refreshSubmission(client, accountID, submissionID, over.signal);
      return problem === undefined || isFinal(problem);
    });

  /** Lists that may be out of date, by the hash of their query. */
  const behind = new Set<string>();
  /** When queries began to read (ms since 1970), by their hash. */
  const begunAt = new Map<string, number>();
  const followedSince = Date.now();
  /**
   * Merges into a list its newest page, if that is given, and what has become known of single tickets since the list was asked for (ms
   * since 1970): the answer may be from before that.
   */
  const renew = ({ queryKey }: Query, askedAt: number, newest?: PageOfTickets) => {
    const accountID = String(queryKey[1]);
    const filter = filterOf(queryKey);
    const known = client.getQueriesData<Ticket>({
      queryKey: [...ticketsKey(accountID), 'one'],
      predicate: (one) => one.state.dataUpdatedAt >= askedAt || isClosing(one.queryKey),
    });
    const newer = known.flatMap(([, ticket]) => ticket ?? []);
    for (const ticket of newest?.items ?? []) {
      const isNews =
        !newer.some(({ ticketID }) => ticketID === ticket.ticketID) && noteNews(client, accountID, ticket, false);
      // Other lists still have the ticket as it was. Compared with those, the same change would count as news again at the next look.
      if (!isNews) continue;
      putOne(client, accountID, ticket);
      // A list does not have everything about a ticket (such as who filed it), so its page must read it when it is opened.
      void client.invalidateQueries({ queryKey: ticketKey(accountID, ticket.ticketID), refetchType: 'none' });
    }
    if (newest === undefined && newer.length === 0) return;
    client.setQueryData<TicketList>(
      queryKey,
      (list) => list && mergeTickets(newest ? mergeNewest(list, newest, filter) : list, newer, filter),
    );
  };

  /** Reads the newest 50 tickets of a list and merges them into it. */
  const readList = (query: Query) =>
    once(`list ${query.queryHash}`, async () => {
      const { queryKey, queryHash } = query;
      const account = String(queryKey[1]);
      behind.add(queryHash);
      const askedAt = Date.now();
      const result = await request('GET', call.tickets(account, { ...filterOf(queryKey), count: 50 }), {
        schema: pageOfTicketsSchema,
        ...behindTheScenes,
      });
      if (!result.ok) return isOver(account, result.problem);
      renew(query, askedAt, result.value);
      // If a further page of the list is being read now, it will be added to the list as it was when that began, without this change. Then
      // the list stays marked, and is read again when that page is there.
      if (client.getQueryState(queryKey)?.fetchStatus === 'idle') behind.delete(queryHash);
      return true;
    });

  /** Reads the lists of an account (or of all) that are on the screen, and marks the others to be read when they are shown again. */
  const readLists = (accountID?: string) => {
    const lists = client
      .getQueryCache()
      .findAll({ queryKey: accountID === undefined ? ['tickets'] : ticketsKey(accountID) })
      .filter(isList);
    for (const list of lists) {
      behind.add(list.queryHash);
      if (list.isActive()) void readList(list);
    }
  };
  const stopCatchingUp = client.getQueryCache().subscribe((event) => {
    if (event.type === 'updated' && event.action.type === 'error') {
      const [kind, accountID, part] = event.query.queryKey;
      // A 404 about one submission may mean only that the submission is gone, and not that the account is closed to the person.
      if (kind !== 'submissions' || part === undefined) isOver(accountID, problemOf(event.action.error));
    }
    const shown = event.type === 'observerAdded';
    const come = event.type === 'updated' && event.action.type === 'success' && event.action.manual !== true;
    if (event.type === 'updated' && event.action.type === 'fetch') begunAt.set(event.query.queryHash, Date.now());
    if (come && isList(event.query)) renew(event.query, begunAt.get(event.query.queryHash) ?? followedSince);
    if ((shown || come) && behind.has(event.query.queryHash)) void readList(event.query);
  });

  const listener: NewsListener = {
    onTicket({ accountID, ticketID, kind }) {
      if (kind === 'messageAdded') heardOf.add(ticketID);
      if (kind === 'created') readLists(accountID);
      const asked = client.getQueryState(ticketKey(accountID, ticketID));
      // For a moment Moov may not know a ticket that it has just accepted: its page may say already that it was not found.
      if (kind !== 'created' || (asked !== undefined && asked.data === undefined)) void readTicket(accountID, ticketID);
      void readMessages(accountID, ticketID);
    },
    onSubmission({ accountID, submissionID, state, ticketID }) {
      void readSubmissions(accountID);
      // No page has asked for it yet if there is no query.
      if (client.getQueryState(submissionQuery(accountID, submissionID).queryKey) !== undefined) {
        void readSubmission(accountID, submissionID);
      }
      if (state === 'created' && ticketID !== undefined) readLists(accountID);
    },
    onLook() {
      readLists();
      for (const { queryKey } of client.getQueryCache().findAll({ type: 'active' })) {
        const [kind, accountID, part, id] = queryKey;
        if (typeof accountID !== 'string') continue;
        if (kind === 'submissions' && typeof part === 'string') void readSubmission(accountID, part);
        else if (kind === 'submissions') void readSubmissions(accountID);
        else if (kind === 'tickets' && part === 'one' && typeof id === 'string') void readTicket(accountID, id);
        else if (kind === 'tickets' && part === 'messages' && typeof id === 'string') void readMessages(accountID, id);
      }
    },
  };
  const stopNews = followNews(listener, newsAfter);
  // Followed before, so somebody was signed out in between: changes during that time are in no stream.
  if (followed.has(client)) listener.onLook();
  followed.add(client);
  return () => {
    over.abort();
    forgetUnread();
    stopReadings();
    stopCatchingUp();
    stopNews();
  };
}

/**
 * Marks a ticket as unread if it has a new message or another status than when it was last read here. A ticket that was never read here is
 * marked only if there were news of a message (`heard`). A ticket that the person is looking at is not marked.
 * @returns whether there is such a change
 */
function noteNews(client: QueryClient, accountID: string, now: Ticket, heard: boolean): boolean {
  const before = ticketKnown(client, accountID, now.ticketID);
  const changed =
    before === undefined
      ? heard
      : (now.latestMessageOn ?? '') > (before.latestMessageOn ?? '') || now.status !== before.status;
  const inSight = document.visibilityState === 'visible' && location.pathname === page.ticket(accountID, now.ticketID);
  if (changed && !inSight) addUnread(accountID, now);
  return changed;
}
