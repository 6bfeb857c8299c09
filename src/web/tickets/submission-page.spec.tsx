// @vitest-environment happy-dom
import { notifyManager, QueryClient } from '@tanstack/react-query';
import { act, type ReactNode } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Submission } from '../../contract/submission.ts';
import { eventually } from '../testing/eventually.ts';
import { mount } from '../testing/mount.tsx';
import { submissionOf } from '../testing/submission.ts';
import { SubmissionPage } from './submission-page.tsx';
import type { SentCopy } from './submission-page-actions.tsx';
import { submissionQuery, submissionsQuery } from './ticket-queries.ts';

const queued = submissionOf();
const sending: Submission = { ...queued, state: 'sending', cancellable: false };

let unmount: () => Promise<void>;
let client: QueryClient;
let asked: string[];
let now: Submission;
let restore: SentCopy['restore'];
let page: ReactNode;

const become = async (submission: Submission) => {
  now = submission;
  await act(async () => client.setQueryData(submissionQuery('a', 's1').queryKey, submission));
};
const buttons = (name: string) => [...document.querySelectorAll('button')].filter((each) => each.textContent === name);
const press = async (name: string) => {
  const [button] = buttons(name);
  if (button === undefined) throw new Error(`no button ${name}`);
  button.focus();
  await act(async () => button.click());
};
const question = () => document.querySelector('dialog')?.textContent ?? '';

beforeEach(async () => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  notifyManager.setScheduler(queueMicrotask);
  now = queued;
  asked = [];
  vi.stubGlobal('fetch', async (path: string, { method }: RequestInit) => {
    asked.push(`${method} ${path}`);
    return path.endsWith('/submissions/s1') ? Response.json(now) : Response.json({}, { status: 404 });
  });
  client = new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: Number.POSITIVE_INFINITY } } });
  client.setQueryData(submissionQuery('a', 's1').queryKey, queued);
  restore = async () => 'restored';
  const sentCopy: SentCopy = { restore: (...given) => restore(...given), drop: async () => undefined };
  page = <SubmissionPage accountID="a" submissionID="s1" sentCopy={sentCopy} />;
  unmount = await mount(client, page);
  // The page reads the submission when it opens. Tests change the submission only after that answer.
  await act(async () => eventually(() => expect(client.isFetching()).toBe(0)));
});
afterEach(async () => {
  await unmount();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const sent = () => asked.filter((each) => each.startsWith('DELETE'));

test('before a ticket is cancelled one is told that the text may be left in somebody else’s browser only', async () => {
  await press('Cancel ticket');
  expect(question()).toContain('the portal erases its text');
  expect(question()).toContain('In the browser in which it was filed');
});

test('an attempt that begins while one is asked takes no question away: its answer waits until it is over', async () => {
  await press('Cancel ticket');
  await become(sending);
  expect(question()).toContain('Cancel this ticket?');
  await press('Cancel the ticket');
  expect(sent()).toEqual([]);
  await become({ ...queued, attempts: 2 });
  await press('Cancel the ticket');
  expect(sent()).toEqual(['DELETE /api/accounts/a/submissions/s1']);
});

test('an attempt that begins takes nobody’s place away: the button stands, and waits until it is over', async () => {
  buttons('Cancel ticket')[0]?.focus();
  await become(sending);
  expect(document.activeElement?.textContent).toBe('Cancel ticket');
  await press('Cancel ticket');
  expect(question()).toBe('');
  await become({ ...queued, attempts: 2 });
  expect(document.activeElement?.textContent).toBe('Cancel ticket');
  await press('Cancel ticket');
  expect(question()).toContain('Cancel this ticket?');
});

test('what is settled while one is asked takes the question away, and the focus goes to the heading', async () => {
  await press('Cancel ticket');
  document.querySelector<HTMLElement>('dialog button')?.focus();
  await become({ ...queued, state: 'rejected', cancellable: false });
  expect(question()).toBe('');
  expect(buttons('Cancel ticket')).toEqual([]);
  expect(document.activeElement?.tagName).toBe('H1');
});

test('of a ticket that operators have given up it is said that nobody knows whether it has arrived, and not that Moov refused it', async () => {
  const problem = {
    type: '/problems/given-up',
    status: 409,
    title: 'Nobody knows',
    detail: 'Look.',
    requestID: 'ref-7',
  };
  await become({ ...queued, state: 'rejected', cancellable: false, problem });
  expect(document.querySelector('h1')?.textContent).toBe('The search for this ticket was ended');
  for (const said of ['Outcome unknown', 'Nobody knows', 'Look.', 'ref-7', 'Remove from the list'])
    expect(document.body.textContent).toContain(said);
  expect(document.body.textContent).not.toMatch(/refused|cancelled/i);
});

test('who waits for a ticket of an account that is not theirs any more is told so, and it is asked after no more', async () => {
  await unmount();
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  unmount = await mount(client, page);
  vi.stubGlobal('fetch', async (path: string) => {
    asked.push(path);
    return Response.json(
      { type: '/problems/not-found', status: 404, title: 'Not found', detail: '-', requestID: 'r' },
      { status: 404 },
    );
  });
  await act(async () => {
    vi.advanceTimersByTime(5_000);
    await eventually(() => expect(document.body.textContent).toContain('Page not found'));
  });
  asked = [];
  vi.advanceTimersByTime(60_000);
  expect(asked).toEqual([]);
});

test('what was asked before the ticket was refused does not make it wait again', async () => {
  await unmount();
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  unmount = await mount(client, page);
  await act(async () => eventually(() => expect(client.isFetching()).toBe(0)));
  let come: () => void = () => undefined;
  const ended = vi.fn();
  vi.stubGlobal('fetch', (_path: string, { signal }: RequestInit) => {
    signal?.addEventListener('abort', ended);
    return new Promise<Response>((resolve, reject) => {
      come = () => (signal?.aborted === true ? reject(signal.reason) : resolve(Response.json(queued)));
    });
  });
  await act(async () => vi.advanceTimersByTime(5_000));
  await become({ ...queued, state: 'rejected', cancellable: false });
  await act(async () => come());
  await act(async () => eventually(() => expect(ended).toHaveBeenCalled()));
  expect(client.getQueryData(submissionQuery('a', 's1').queryKey)?.state).toBe('rejected');
});

test('who asks for the text of a refused ticket is told when it cannot be put back, and may ask again', async () => {
  await become({ ...queued, state: 'rejected', cancellable: false });
  const told = (text: string) => act(async () => eventually(() => expect(document.body.textContent).toContain(text)));
  restore = async () => {
    throw new TypeError('the program cannot be fetched');
  };
  await press('Put the text back into the form');
  await told('Try again in a moment.');
  restore = async () => 'full';
  await press('Put the text back into the form');
  await told('Make room, then try again.');
  expect(sent(), 'the ticket stays in the list').toEqual([]);
  restore = async () => 'already';
  await press('Put the text back into the form');
  await told('as a draft');
  expect(document.body.textContent).not.toContain('Make room');
});

test.each([
  ['removes a refused ticket', 'Remove from the list'],
  ['has the text of a refused ticket put back', 'Put the text back into the form'],
])('whoever %s and goes elsewhere meanwhile is left there', async (_, button) => {
  await become({ ...queued, state: 'rejected', cancellable: false });
  const answer = Promise.withResolvers<Response>();
  const restored = Promise.withResolvers<'restored'>();
  restore = () => restored.promise;
  vi.stubGlobal('fetch', (path: string, { method }: RequestInit) => {
    asked.push(`${method} ${path}`);
    return method === 'DELETE' ? answer.promise : Response.json(now);
  });
  await press(button);
  await unmount();
  history.pushState(null, '', '/accounts/a/tickets/t1');
  client.setQueryData(submissionsQuery('a').queryKey, { items: [] });
  restored.resolve('restored');
  answer.resolve(new Response(null, { status: 204 }));
  await eventually(() => expect(client.getQueryState(submissionsQuery('a').queryKey)?.isInvalidated).toBe(true));
  expect(location.pathname).toBe('/accounts/a/tickets/t1');
});

test('a refusal names the fields in the order of the form, and one that the form does not have at the end', async () => {
  const fields = { other: '5', foreignID: '4', author: '3', 'contact.email': '2', title: '1' };
  const problem = {
    type: 'invalid',
    title: 'Some fields need attention',
    status: 422,
    detail: 'Look.',
    requestID: 'r',
    fields,
  };
  await become({ ...queued, state: 'rejected', cancellable: false, problem });
  const said = document.querySelector('dl[aria-label="What Moov says about each field"]');
  expect([...(said?.querySelectorAll('dt, dd') ?? [])].map(({ textContent }) => textContent)).toEqual([
    'Title',
    '1',
    'Contact email',
    '2',
    'Author',
    '3',
    'Your reference',
    '4',
    'other',
    '5',
  ]);
});
