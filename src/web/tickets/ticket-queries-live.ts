import type { Query, QueryClient } from '@tanstack/react-query';
import type * as z from 'zod/mini';
import { messagesSchema } from '../../contract/message.ts';
import { call, page } from '../../contract/paths.ts';
import type { Problem } from '../../contract/problem.ts';
import { submissionListSchema } from '../../contract/submission.ts';
import { pageOfTicketsSchema, type Ticket, ticketSchema } from '../../contract/ticket.ts';
import { followNews, type NewsListener } from '../api/events.ts';
import { problemOf, request } from '../api/request.ts';
import {
  forgetAccount,
  mergeNewest,
  messagesQuery,
  putTicket,
  refreshSubmission,
  submissionsQuery,
  type TicketList,
  ticketKnown,
  ticketsKey,
} from './ticket-queries.ts';
import { addUnread, forgetUnread } from './ticket-queries-unread.ts';

/** How often what could not be read is asked for again. */
const retryMs = 10_000;

/** The person whose news were followed before. */
const followed = new WeakSet<QueryClient>();

/** Reads something in the background. Resolves to false when it is worth another try. */
type Reading = () => Promise<boolean>;
/** Whether asking again would bring the same answer. */
const isFinal = ({ status }: Problem) => status >= 400 && status < 500 && status !== 429;

/**
 * Keeps everything on the screen as it is at Moov: follows the live news and reads again what they are about, in the
 * background (which does not prolong the session); a list that is not on the screen is read when it is shown again.
 * Without news it looks for itself, at what is on the screen.
 * Starts after the news with the number `newsAfter`; runs until the returned function is called.
 */
export function keepTicketsFresh(client: QueryClient, newsAfter: number): () => void {
  const under = new Map<string, { again: boolean }>();
  /** What was asked for one person is not to be told to the next. */
  const over = new AbortController();
  const behindTheScenes = { background: true, signal: over.signal };
  /** Readings that failed: what they were to bring is not told a second time. */
  const failed = new Map<string, Reading>();

  /** One reading of a kind at a time; what is heard meanwhile makes it read once more, so that nothing is missed. */
  const once = async (key: string, work: Reading) => {
    const running = under.get(key);
    if (running !== undefined) {
      running.again = true;
      return;
    }
    const mine = { again: false };
    under.set(key, mine);
    try {
      do {
        mine.again = false;
        // One that failed before is last in line: it may fail for ever, which must not keep the others from their turn.
        failed.delete(key);
        if (!(await work())) failed.set(key, work);
      } while (mine.again);
    } finally {
      under.delete(key);
    }
  };

  /** One after the other, and no further than the first that fails again: Moov may have only just come back. */
  const retry = async () => {
    for (const [key, work] of failed) {
      if (under.has(key)) return;
      await once(key, work);
      if (failed.has(key)) return;
    }
  };
  const retrying = setInterval(() => void retry(), retryMs);

  /** Whether a reading of an account need not be tried again; drops the account when it is not the person's (any more). */
  const isOver = (accountID: unknown, problem: Problem): boolean => {
    if (problem.type === '/problems/not-found' && accountID !== undefined) {
      forgetAccount(client, accountID);
      forgetUnread(accountID);
    }
    return isFinal(problem);
  };

  /** Tickets with a message that was heard of and is not told yet. */
  const heardOf = new Set<string>();
  const readTicket = (accountID: string, ticketID: string) =>
    once(`ticket ${ticketID}`, async () => {
      const result = await request('GET', call.ticket(accountID, ticketID), {
        schema: ticketSchema,
        ...behindTheScenes,
      });
      if (!result.ok) return isOver(accountID, result.problem);
      noteNews(client, accountID, result.value, heardOf.delete(ticketID));
      putTicket(client, accountID, result.value);
      return true;
    });

  /** Reads again what has been read before. */
  const readAgain = <T>(queryKey: readonly unknown[], path: string, schema: z.ZodMiniType<T>) =>
    once(String(queryKey), async () => {
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
    once(`submission ${submissionID}`, async () => {
      const problem = await refreshSubmission(client, accountID, submissionID, over.signal);
      return problem === undefined || isFinal(problem);
    });

  /** Lists that may lack something, by their hash. */
  const behind = new Set<string>();

  /** The newest page of a list: what is new, and what has changed lately. */
  const readList = ({ queryKey, queryHash }: Query) =>
    once(`list ${queryHash}`, async () => {
      const [, account, , filter] = queryKey;
      if (typeof account !== 'string') return true;
      behind.add(queryHash);
      const search = typeof filter === 'object' ? { ...filter } : {};
      const result = await request('GET', call.tickets(account, { ...search, count: 50 }), {
        schema: pageOfTicketsSchema,
        ...behindTheScenes,
      });
      if (!result.ok) return isOver(account, result.problem);
      for (const ticket of result.value.items) noteNews(client, account, ticket, false);
      client.setQueryData<TicketList>(queryKey, (list) => list && mergeNewest(list, result.value, search));
      // A page that is on its way is put to the list as that was when it set out.
      if (client.getQueryState(queryKey)?.fetchStatus === 'idle') behind.delete(queryHash);
      return true;
    });

  /** What is on the screen is read now, every other list when it is shown again. */
  const readLists = (accountID?: string) => {
    const lists = client
      .getQueryCache()
      .findAll({ queryKey: accountID === undefined ? ['tickets'] : ticketsKey(accountID) })
      .filter(({ queryKey }) => queryKey[2] === 'list');
    for (const list of lists) {
      behind.add(list.queryHash);
      if (list.isActive()) void readList(list);
    }
  };
  const stopCatchingUp = client.getQueryCache().subscribe((event) => {
    if (event.type === 'updated' && event.action.type === 'error') {
      const [kind, accountID, part] = event.query.queryKey;
      // Of a submission it may be the submission alone that is not there.
      if (kind !== 'submissions' || part === undefined) isOver(accountID, problemOf(event.action.error));
    }
    const shown = event.type === 'observerAdded';
    const come = event.type === 'updated' && event.action.type === 'success' && event.action.manual !== true;
    if ((shown || come) && behind.has(event.query.queryHash)) void readList(event.query);
  });

  const listener: NewsListener = {
    onTicket({ accountID, ticketID, kind }) {
      if (kind === 'messageAdded') heardOf.add(ticketID);
      if (kind === 'created') readLists(accountID);
      else void readTicket(accountID, ticketID);
      void readMessages(accountID, ticketID);
    },
    onSubmission({ accountID, submissionID, state, ticketID }) {
      void readSubmissions(accountID);
      if (client.getQueryData(['submissions', accountID, submissionID]) !== undefined) {
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
  // What came while nobody was signed in is told by no stream.
  if (followed.has(client)) listener.onLook();
  followed.add(client);
  return () => {
    over.abort();
    forgetUnread();
    clearInterval(retrying);
    stopCatchingUp();
    stopNews();
  };
}

/**
 * Marks a ticket as having news when it has changed since it was last read here; when it never was, only if a message
 * was `heard` of. Not while the person is looking at it.
 */
function noteNews(client: QueryClient, accountID: string, now: Ticket, heard: boolean): void {
  const before = ticketKnown(client, accountID, now.ticketID);
  const changed =
    before === undefined
      ? heard
      : (now.latestMessageOn ?? '') > (before.latestMessageOn ?? '') || now.status !== before.status;
  const inSight = document.visibilityState === 'visible' && location.pathname === page.ticket(accountID, now.ticketID);
  if (changed && !inSight) addUnread(accountID, now);
}
