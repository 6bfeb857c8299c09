// @vitest-environment happy-dom
import { InfiniteQueryObserver, QueryClient, QueryObserver } from '@tanstack/react-query';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { page } from '../../contract/paths.ts';
import type { Ticket } from '../../contract/ticket.ts';
import { accountQuery } from '../api/account.ts';
import { eventually } from '../testing/eventually.ts';
import { submissionOf } from '../testing/submission.ts';
import { ticketOf } from '../testing/ticket.ts';
import {
  messagesQuery,
  submissionQuery,
  submissionsQuery,
  type TicketList,
  ticketKey,
  ticketKnown,
  ticketListQuery,
  ticketQuery,
} from './ticket-queries.ts';
import { keepTicketsFresh } from './ticket-queries-live.ts';
import { markRead } from './ticket-queries-unread.ts';

const waiting = submissionOf({ submissionID: 's' });
const delivered = submissionOf({ submissionID: 's', state: 'created', ticketID: 't1', cancellable: false });

/** Stands in for the browser's `EventSource`. */
class FakeSource extends EventTarget {
  static latest: FakeSource;
  constructor() {
    super();
    FakeSource.latest = this;
  }
  tells(kind: 'ticket' | 'submission', data: unknown) {
    this.dispatchEvent(new MessageEvent(kind, { data: JSON.stringify(data) }));
  }
  readonly close = vi.fn();
}

let client: QueryClient;
let atMoov: Ticket[];
let asked: string[];
/** the answer to every request, if set */
let refusal: { type: string; status: number } | undefined;
/** the answers to requests that are not about tickets, by their path */
let answers: Record<string, unknown>;
/** requests that count as made by the person, and so prolong the session */
let prolonging: string[];
let stop: () => void;
const list = ticketListQuery('a');
const onHold = ticketListQuery('a', { status: 'on-hold' });
const numbers = ({ queryKey }: typeof list) =>
  client.getQueryData<TicketList>(queryKey)?.pages.flatMap(({ items }) => items.map(({ number }) => number));
const read = (query: typeof list, ...items: Ticket[]) =>
  client.setQueryData<TicketList>(query.queryKey, { pages: [{ items }], pageParams: [''] });
/** Puts a list on the screen. @returns takes it off again */
const show = (query: typeof list) => new InfiniteQueryObserver(client, query).subscribe(() => undefined);

beforeEach(() => {
  vi.stubGlobal('EventSource', FakeSource);
  asked = [];
  refusal = undefined;
  answers = {};
  prolonging = [];
  vi.stubGlobal('fetch', (path: string, { headers }: RequestInit) => {
    asked.push(path);
    if (!new Headers(headers).has('x-background')) prolonging.push(path);
    if (refusal !== undefined)
      return Promise.resolve(
        Response.json({ ...refusal, title: 'No', detail: '-', requestID: 'r' }, { status: refusal.status }),
      );
    const { pathname, searchParams } = new URL(path, 'http://x');
    if (answers[pathname] !== undefined) return Promise.resolve(Response.json(answers[pathname]));
    const one = atMoov.find(({ ticketID }) => pathname.endsWith(`/${ticketID}`));
    const status = searchParams.get('status');
    return Promise.resolve(
      Response.json(one ?? { items: atMoov.filter((each) => status === null || each.status === status) }),
    );
  });
  client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  stop = keepTicketsFresh(client, 7);
});
afterEach(() => {
  stop();
  client.clear();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('a list that one has left has what was filed meanwhile when one comes back to it, and is not read before', async () => {
  read(list, ticketOf(8));
  show(list)();
  atMoov = [ticketOf(9), ticketOf(8)];
  FakeSource.latest.tells('submission', { accountID: 'a', submissionID: 's', state: 'created', ticketID: 't9' });
  expect(asked).toEqual([]);
  const leave = show(list);
  await eventually(() => expect(numbers(list)).toEqual([9, 8]));
  leave();
  show(list)();
  expect(asked, 'read once').toHaveLength(1);
});

test('an older ticket that goes on hold comes into the list of those, in its place, and goes when it is closed', async () => {
  read(onHold, ticketOf(9, { status: 'on-hold' }), ticketOf(4, { status: 'on-hold' }));
  show(onHold);
  atMoov = [ticketOf(6, { status: 'on-hold' })];
  FakeSource.latest.tells('ticket', { accountID: 'a', ticketID: 't6', kind: 'updated' });
  await eventually(() => expect(numbers(onHold)).toEqual([9, 6, 4]));
  atMoov = [ticketOf(6, { status: 'closed' })];
  FakeSource.latest.tells('ticket', { accountID: 'a', ticketID: 't6', kind: 'updated' });
  await eventually(() => expect(numbers(onHold)).toEqual([9, 4]));
});

test.each([
  ['Moov is away', 'upstream-unavailable', 503],
  ['too much is read at once', 'too-many-requests', 429],
])(
  'what news are about and cannot be read at first, because %s, is read a little later, without a second telling',
  async (_, kind, status) => {
    stop();
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    stop = keepTicketsFresh(client, 7);
    read(list, ticketOf(8), ticketOf(7));
    atMoov = [ticketOf(8, { status: 'closed' }), ticketOf(7, { status: 'on-hold' })];
    refusal = { type: `/problems/${kind}`, status };
    for (const ticketID of ['t8', 't7'])
      FakeSource.latest.tells('ticket', { accountID: 'a', ticketID, kind: 'updated' });
    await eventually(() => expect(asked).toHaveLength(2));
    refusal = undefined;
    await eventually(() => {
      vi.advanceTimersByTime(10_000);
      expect(client.getQueryData<TicketList>(list.queryKey)?.pages[0]?.items).toEqual(atMoov);
    });
    const { length } = asked;
    vi.advanceTimersByTime(60_000);
    expect(asked, 'and no more after that').toHaveLength(length);
  },
);

test('what can never be read keeps nothing else from being read again', async () => {
  stop();
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  stop = keepTicketsFresh(client, 7);
  atMoov = [ticketOf(41)];
  refusal = { type: '/problems/upstream-unavailable', status: 503 };
  for (const ticketID of ['t40', 't41'])
    FakeSource.latest.tells('ticket', { accountID: 'a', ticketID, kind: 'updated' });
  await eventually(() => expect(asked).toHaveLength(2));
  refusal = undefined;
  const read = fetch;
  vi.stubGlobal('fetch', (path: string, init: RequestInit) =>
    path.endsWith('t40') ? Promise.resolve(Response.json({}, { status: 500 })) : read(path, init),
  );
  await eventually(() => {
    vi.advanceTimersByTime(10_000);
    expect(ticketKnown(client, 'a', 't41')).toBeDefined();
  });
});

test('a message that is told while its ticket is being read for another reason is news', async () => {
  atMoov = [ticketOf(42)];
  for (const kind of ['updated', 'messageAdded'])
    FakeSource.latest.tells('ticket', { accountID: 'a', ticketID: 't42', kind });
  await eventually(() => expect(ticketKnown(client, 'a', 't42')).toBeDefined());
  expect(document.title).toMatch(/^\(1\)/);
});

test('what is told while a ticket is being read makes it read once more, and what is not on the page is not read', async () => {
  read(list, ticketOf(8));
  atMoov = [ticketOf(8)];
  const tell = () => FakeSource.latest.tells('ticket', { accountID: 'a', ticketID: 't8', kind: 'updated' });
  tell();
  atMoov = [ticketOf(8, { status: 'closed' })];
  tell();
  tell();
  await eventually(() =>
    expect(client.getQueryData<TicketList>(list.queryKey)?.pages[0]?.items).toMatchObject([{ status: 'closed' }]),
  );
  expect(asked).toEqual(Array.from({ length: 2 }, () => '/api/accounts/a/tickets/t8'));
});

test('a change of a ticket is unread, of one not known here only a message, and nothing of what is being looked at', async () => {
  const unread = () => Number(/^\((\d+)\)/.exec(document.title)?.[1] ?? 0);
  const tell = async (ticket: Ticket, kind: string) => {
    const { ticketID, status } = ticket;
    const before = unread();
    atMoov = [ticket];
    FakeSource.latest.tells('ticket', { accountID: 'a', ticketID, kind });
    await eventually(() => expect(ticketKnown(client, 'a', ticketID)?.status).toBe(status));
    return unread() - before;
  };
  expect(await tell(ticketOf(20), 'updated')).toBe(0);
  expect(await tell(ticketOf(20, { status: 'closed' }), 'updated')).toBe(1);
  expect(await tell(ticketOf(21), 'messageAdded')).toBe(1);
  history.replaceState(null, '', page.ticket('a', 't22'));
  expect(await tell(ticketOf(22), 'messageAdded')).toBe(0);
  const visible = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
  expect(await tell(ticketOf(22, { status: 'closed' }), 'updated')).toBe(1);
  visible.mockRestore();
  expect(prolonging, 'none of it prolongs the session').toEqual([]);
});

test('what was on its way for one person is neither told to the next nor kept for them', async () => {
  const read = fetch;
  let answer: () => void = () => undefined;
  const answered = new Promise<void>((resolve) => (answer = resolve));
  vi.stubGlobal('fetch', async (path: string, init: RequestInit) => {
    await Promise.race([answered, new Promise((resolve) => init.signal?.addEventListener('abort', resolve))]);
    if (init.signal?.aborted) throw init.signal.reason;
    return read(path, init);
  });
  atMoov = [ticketOf(30), ticketOf(31)];
  FakeSource.latest.tells('ticket', { accountID: 'a', ticketID: 't30', kind: 'messageAdded' });
  stop();
  stop = keepTicketsFresh(client, 40);
  answer();
  FakeSource.latest.tells('ticket', { accountID: 'a', ticketID: 't31', kind: 'messageAdded' });
  await eventually(() => expect(ticketKnown(client, 'a', 't31')).toBeDefined());
  expect(ticketKnown(client, 'a', 't30')).toBeUndefined();
  expect(document.title).toMatch(/^\(1\)/);
});

test('an account that is not the person’s any more leaves nothing behind, as soon as one answer says so', async () => {
  const account = accountQuery('a');
  client.setQueryData(account.queryKey, { accountID: 'a', displayName: 'Gym' });
  client.setQueryData(messagesQuery('a', 't8').queryKey, []);
  client.setQueryData(messagesQuery('b', 't1').queryKey, []);
  read(list, ticketOf(8));
  read(onHold);
  const errors: unknown[] = [];
  const shown = new InfiniteQueryObserver(client, list);
  shown.subscribe(({ data, error }) => data === undefined && error !== null && errors.push(error));
  new QueryObserver(client, account).subscribe(() => undefined);
  asked = [];
  refusal = { type: '/problems/not-found', status: 404 };
  FakeSource.latest.tells('ticket', { accountID: 'a', ticketID: 't8', kind: 'updated' });
  await eventually(() => expect(errors).toHaveLength(1));
  await eventually(() => expect(client.getQueryState(account.queryKey)?.error).not.toBeNull());
  const kept = client.getQueryCache().findAll({ predicate: ({ state }) => state.data !== undefined });
  expect(kept.map(({ queryKey }) => queryKey)).toEqual([messagesQuery('b', 't1').queryKey]);
  expect(new Set(asked).size, 'nothing is asked twice').toBe(asked.length);
});

test('a submission that is gone takes nothing else of its account with it', async () => {
  read(list, ticketOf(8));
  refusal = { type: '/problems/not-found', status: 404 };
  new QueryObserver(client, submissionQuery('a', 's')).subscribe(() => undefined);
  await eventually(() => expect(client.getQueryState(submissionQuery('a', 's').queryKey)?.status).toBe('error'));
  expect(numbers(list)).toEqual([8]);
});

test('news of an account that is not the person’s any more are counted no longer, those of others are', async () => {
  atMoov = [ticketOf(50), ticketOf(51)];
  for (const [accountID, ticketID] of [
    ['a', 't50'],
    ['b', 't51'],
  ])
    FakeSource.latest.tells('ticket', { accountID, ticketID, kind: 'messageAdded' });
  await eventually(() => expect(document.title).toMatch(/^\(2\)/));
  refusal = { type: '/problems/not-found', status: 404 };
  FakeSource.latest.tells('ticket', { accountID: 'a', ticketID: 't50', kind: 'updated' });
  await eventually(() => expect(document.title).toMatch(/^\(1\)/));
});

test('a list that was refused is read again when the person comes back to the page, and then no more', async () => {
  client.mount();
  refusal = { type: '/problems/forbidden-upstream', status: 403 };
  const looksAgain = () => window.dispatchEvent(new Event('visibilitychange'));
  show(list);
  await eventually(() => expect(client.getQueryState(list.queryKey)?.status).toBe('error'));
  refusal = undefined;
  atMoov = [ticketOf(8)];
  looksAgain();
  await eventually(() => expect(numbers(list)).toEqual([8]));
  await client.invalidateQueries({ queryKey: list.queryKey, refetchType: 'none' });
  asked = [];
  looksAgain();
  expect(asked).toEqual([]);
  client.unmount();
});

test('whoever signs in again in another tab sees what was filed while nobody was signed in', async () => {
  read(list, ticketOf(8));
  stop();
  atMoov = [ticketOf(9), ticketOf(8)];
  show(list);
  stop = keepTicketsFresh(client, 40);
  await eventually(() => expect(numbers(list)).toEqual([9, 8]));
});

test('whoever signs in again in another tab sees what became of the tickets that wait', async () => {
  stop();
  client.setQueryData(submissionsQuery('a').queryKey, { items: [waiting] });
  client.setQueryData(submissionQuery('a', 's').queryKey, waiting);
  new QueryObserver(client, { ...submissionsQuery('a'), refetchOnMount: false }).subscribe(() => undefined);
  new QueryObserver(client, { ...submissionQuery('a', 's'), refetchOnMount: false }).subscribe(() => undefined);
  answers = { '/api/accounts/a/submissions': { items: [] }, '/api/accounts/a/submissions/s': delivered };
  stop = keepTicketsFresh(client, 40);
  await eventually(() => {
    expect(client.getQueryData(submissionsQuery('a').queryKey)?.items).toEqual([]);
    expect(client.getQueryData(submissionQuery('a', 's').queryKey)).toEqual(delivered);
  });
});

test('a ticket that waits, is told of and cannot be read at first is read a little later', async () => {
  stop();
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  stop = keepTicketsFresh(client, 7);
  client.setQueryData(submissionQuery('a', 's').queryKey, waiting);
  refusal = { type: '/problems/unavailable', status: 503 };
  FakeSource.latest.tells('submission', { accountID: 'a', submissionID: 's', state: 'created', ticketID: 't1' });
  await eventually(() => expect(asked).toHaveLength(1));
  refusal = undefined;
  answers = { '/api/accounts/a/submissions/s': delivered };
  await eventually(() => {
    vi.advanceTimersByTime(10_000);
    expect(client.getQueryData(submissionQuery('a', 's').queryKey)).toEqual(delivered);
  });
});

test('what was filed while the next page was on its way is not lost when that has come', async () => {
  let came: (page: { items: Ticket[] }) => void = () => undefined;
  const slow = {
    ...list,
    queryFn: () =>
      new Promise<{ items: Ticket[] }>((resolve) => {
        came = resolve;
      }),
  };
  client.setQueryData<TicketList>(list.queryKey, {
    pages: [{ items: [ticketOf(8)], nextPage: { cursor: 'c' } }],
    pageParams: [''],
  });
  const observer = new InfiniteQueryObserver(client, slow);
  observer.subscribe(() => undefined);
  const paging = observer.fetchNextPage();
  atMoov = [ticketOf(9), ticketOf(8)];
  FakeSource.latest.tells('ticket', { accountID: 'a', ticketID: 't9', kind: 'created' });
  await eventually(() => expect(numbers(list)).toEqual([9, 8]));
  came({ items: [ticketOf(7)] });
  await paging;
  await eventually(() => expect(numbers(list)).toEqual([9, 8, 7]));
});

test('what is told while a page is being read is shown, though the answer to that is from before', async () => {
  const came: (() => void)[] = [];
  /** Puts a query on the screen, whose first answer comes late and is `old`. @returns its key */
  const showSlow = ({ queryKey }: { queryKey: readonly unknown[] }, old: unknown) => {
    const queryFn = () => new Promise((resolve) => came.push(() => resolve(old)));
    new QueryObserver(client, { queryKey, queryFn }).subscribe(() => undefined);
    return queryKey;
  };
  const filedOn = '2026-10-01T08:00:00Z';
  const common = {
    accountID: 'a',
    requestID: 'r',
    filedBy: 'Mel',
    createdOn: filedOn,
    updatedOn: filedOn,
    attempts: 1,
  };
  const waiting = { submissionID: 's', state: 'queued', cancellable: true, ...common };
  const delivered = { submissionID: 's', state: 'created', cancellable: false, ticketID: 't8', ...common };
  const message = { author: 'Ada', body: '<p>Hi</p>', sentOn: filedOn };
  // The answer to submitting has told it to the page already.
  client.setQueryData<unknown>(submissionQuery('a', 's').queryKey, waiting);
  const ticket = showSlow(ticketQuery(client, 'a', 't8'), ticketOf(8));
  const messages = showSlow(messagesQuery('a', 't8'), []);
  const submission = showSlow(submissionQuery('a', 's'), waiting);
  await eventually(() => expect(came).toHaveLength(3));

  atMoov = [ticketOf(8, { status: 'closed' })];
  answers = {
    '/api/accounts/a/tickets/t8/messages': [message],
    '/api/accounts/a/submissions/s': delivered,
    '/api/accounts/a/submissions': { items: [] },
  };
  FakeSource.latest.tells('ticket', { accountID: 'a', ticketID: 't8', kind: 'messageAdded' });
  FakeSource.latest.tells('submission', { accountID: 'a', submissionID: 's', state: 'created', ticketID: 't8' });
  for (const answer of came) answer();
  await eventually(() => {
    expect(client.getQueryData(ticket)).toMatchObject({ status: 'closed' });
    expect(client.getQueryData(messages)).toMatchObject([message]);
    expect(client.getQueryData(submission)).toEqual(delivered);
  });
});

/** Puts a list with one ticket on the screen, whose next page is being read. @returns answers that page */
function showPaging(filter: { status?: string }, held: Ticket) {
  let came: () => void = () => undefined;
  const paged = ticketListQuery('a', filter);
  client.setQueryData<TicketList>(paged.queryKey, {
    pages: [{ items: [held], nextPage: { cursor: 'c' } }],
    pageParams: [''],
  });
  const observer = new InfiniteQueryObserver(client, {
    ...paged,
    queryFn: () =>
      new Promise<{ items: Ticket[] }>((resolve) => {
        came = () => resolve({ items: [ticketOf(3, { status: held.status })] });
      }),
  });
  observer.subscribe(() => undefined);
  const paging = observer.fetchNextPage();
  return () => {
    came();
    return paging;
  };
}

test('a ticket that changes while the next page is on its way stays as it is now when that has come', async () => {
  const come = showPaging({}, ticketOf(8));
  const comeOnHold = showPaging({ status: 'on-hold' }, ticketOf(8, { status: 'on-hold' }));
  atMoov = [ticketOf(8, { status: 'closed' })];
  FakeSource.latest.tells('ticket', { accountID: 'a', ticketID: 't8', kind: 'updated' });
  await eventually(() => expect(ticketKnown(client, 'a', 't8')?.status).toBe('closed'));
  await Promise.all([come(), comeOnHold()]);
  expect(numbers(list)).toEqual([8, 3]);
  expect(client.getQueryData<TicketList>(list.queryKey)?.pages[0]?.items).toMatchObject([{ status: 'closed' }]);
  expect(numbers(onHold)).toEqual([3]);
});

test('a ticket that changes while its list is first read is shown as it is now', async () => {
  let came: (page: { items: Ticket[] }) => void = () => undefined;
  const observer = new InfiniteQueryObserver(client, {
    ...list,
    queryFn: () =>
      new Promise<{ items: Ticket[] }>((resolve) => {
        came = resolve;
      }),
  });
  observer.subscribe(() => undefined);
  atMoov = [ticketOf(8, { status: 'closed' })];
  FakeSource.latest.tells('ticket', { accountID: 'a', ticketID: 't8', kind: 'updated' });
  await eventually(() => expect(ticketKnown(client, 'a', 't8')?.status).toBe('closed'));
  came({ items: [ticketOf(9), ticketOf(8)] });
  await eventually(() => expect(numbers(list)).toEqual([9, 8]));
  expect(client.getQueryData<TicketList>(list.queryKey)?.pages[0]?.items[1]?.status).toBe('closed');
});

test('a ticket that changes while the newest tickets are read is not put back by them, and is told of once', async () => {
  read(list, ticketOf(8));
  show(list);
  const answerOf = fetch;
  let come: () => void = () => undefined;
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    if (!path.includes('count=')) return answerOf(path, init);
    const before = Response.json({ items: [ticketOf(9), ticketOf(8)] });
    return new Promise<Response>((resolve) => {
      come = () => resolve(before);
    });
  });
  FakeSource.latest.tells('ticket', { accountID: 'a', ticketID: 't9', kind: 'created' });
  atMoov = [ticketOf(8, { status: 'on-hold' })];
  FakeSource.latest.tells('ticket', { accountID: 'a', ticketID: 't8', kind: 'updated' });
  await eventually(() => expect(ticketKnown(client, 'a', 't8')?.status).toBe('on-hold'));
  markRead('t8');
  expect(document.title).not.toMatch(/^\(/);
  come();
  await eventually(() => expect(numbers(list)).toEqual([9, 8]));
  expect(client.getQueryData<TicketList>(list.queryKey)?.pages[0]?.items[1]?.status).toBe('on-hold');
  expect(document.title).not.toMatch(/^\(/);
});

test('a change that only lists tell of is told once, though a page that was left and another list have the ticket as it was', async () => {
  read(list, ticketOf(8));
  read(onHold, ticketOf(8, { status: 'on-hold' }), ticketOf(7, { status: 'on-hold' }));
  const longAgo = { updatedAt: 1 };
  client.setQueryData(ticketQuery(client, 'a', 't7').queryKey, ticketOf(7, { status: 'on-hold' }), longAgo);
  show(onHold);
  const latestMessageOn = '2026-10-02T08:00:00Z';
  atMoov = [8, 7].map((number) => ticketOf(number, { status: 'on-hold', latestMessageOn }));
  const looks = async () => {
    asked = [];
    FakeSource.latest.dispatchEvent(new MessageEvent('reset'));
    await eventually(() => expect(client.getQueryData<TicketList>(onHold.queryKey)?.pages[0]?.items).toEqual(atMoov));
    await eventually(() => expect(asked).toHaveLength(1));
  };
  await looks();
  expect(document.title).toMatch(/^\(2\)/);
  for (const { ticketID } of atMoov) markRead(ticketID);
  atMoov = [ticketOf(9, { status: 'on-hold' }), ...atMoov];
  await looks();
  expect(document.title).not.toMatch(/^\(/);
});

test('a ticket that only a list has told of is read when its page is opened, who filed it included', async () => {
  read(list, ticketOf(8));
  show(list);
  atMoov = [ticketOf(8, { status: 'on-hold' })];
  FakeSource.latest.tells('ticket', { accountID: 'a', ticketID: 't9', kind: 'created' });
  await eventually(() => expect(ticketKnown(client, 'a', 't8')?.status).toBe('on-hold'));
  const one = ticketQuery(client, 'a', 't8');
  atMoov = [ticketOf(8, { status: 'on-hold', filedBy: 'Mel' })];
  new QueryObserver(client, one).subscribe(() => undefined);
  await eventually(() => expect(client.getQueryData(one.queryKey)?.filedBy).toBe('Mel'));
});

test('a ticket that is being closed is neither open again nor news by an answer from before', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  stop();
  stop = keepTicketsFresh(client, 7);
  read(list, ticketOf(8));
  show(list);
  let answer: () => void = () => undefined;
  const mutationFn = () => new Promise<void>((resolve) => (answer = resolve));
  const closing = client
    .getMutationCache()
    .build(client, { mutationKey: ticketKey('a', 't8'), mutationFn })
    .execute(undefined);
  const longAgo = { updatedAt: 1 };
  client.setQueryData(ticketKey('a', 't8'), ticketOf(8, { status: 'closed' }), longAgo);
  const statuses = () => [
    ticketKnown(client, 'a', 't8')?.status,
    ...(client.getQueryData<TicketList>(list.queryKey)?.pages ?? []).flatMap(({ items }) =>
      items.map(({ status }) => status),
    ),
  ];
  atMoov = [ticketOf(9), ticketOf(8)];
  FakeSource.latest.tells('ticket', { accountID: 'a', ticketID: 't9', kind: 'created' });
  await eventually(() => expect(statuses()).toEqual(['closed', 'new', 'closed']));
  FakeSource.latest.tells('ticket', { accountID: 'a', ticketID: 't8', kind: 'updated' });
  await eventually(() => expect(asked.at(-1)).toMatch('t8'));
  atMoov = [ticketOf(9, { status: 'on-hold' }), ticketOf(8)];
  FakeSource.latest.tells('ticket', { accountID: 'a', ticketID: 't9', kind: 'updated' });
  await eventually(() => expect(statuses()).toEqual(['closed', 'on-hold', 'closed']));
  expect(document.title, 'only the other is unread').toMatch(/^\(1\)/);
  answer();
  await closing;
  atMoov = [ticketOf(9), ticketOf(8, { status: 'on-hold' })];
  await eventually(() => {
    vi.advanceTimersByTime(10_000);
    expect(statuses()).toEqual(['on-hold', 'on-hold', 'on-hold']);
  });
});

test('a page of a ticket that Moov did not know yet shows it as soon as Moov tells of it', async () => {
  refusal = { type: '/problems/not-found-upstream', status: 404 };
  const query = ticketQuery(client, 'a', 't8');
  new QueryObserver(client, query).subscribe(() => undefined);
  await eventually(() => expect(client.getQueryState(query.queryKey)?.status).toBe('error'));
  refusal = undefined;
  atMoov = [ticketOf(8)];
  FakeSource.latest.tells('ticket', { accountID: 'a', ticketID: 't8', kind: 'created' });
  await eventually(() =>
    expect(client.getQueryState(query.queryKey)).toMatchObject({ error: null, data: ticketOf(8) }),
  );
});
