// @vitest-environment happy-dom
import { QueryClient } from '@tanstack/react-query';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { mount } from '../testing/mount.tsx';
import { submissionOf } from '../testing/submission.ts';
import { submissionsQuery } from './ticket-queries.ts';
import { WaitingSubmissions } from './tickets-page-waiting.tsx';

const waiting = submissionOf({ title: 'Payout to Café Zoë has not arrived' });
let unmount: () => Promise<void>;
beforeEach(() => void vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true));
afterEach(async () => {
  await unmount();
  vi.unstubAllGlobals();
});

test.each([
  ['', true],
  ['cafe ZOE', true],
  ['zoë payout', true],
  ['refund', false],
])('a search for “%s” finds a ticket that waits as it finds others: %s', async (query, found) => {
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } });
  client.setQueryData(submissionsQuery('a').queryKey, { items: [waiting] });
  unmount = await mount(client, <WaitingSubmissions accountID="a" query={query} />);
  expect(document.body.textContent?.includes('Café Zoë')).toBe(found);
});

test.each([
  ['a ticket that was refused', '/problems/refused', ['Not delivered', 'A ticket that Moov refused', 'Refused']],
  [
    'one that operators have given up',
    '/problems/given-up',
    ['Delivery not confirmed', 'A ticket that may have arrived', 'Outcome unknown'],
  ],
])('%s is listed as what it is, without a title', async (_what, type, said) => {
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } });
  const problem = { type, status: 409, title: 'No', detail: 'No.', requestID: 'r' };
  const { title, ...untitled } = waiting;
  client.setQueryData(submissionsQuery('a').queryKey, {
    items: [{ ...untitled, state: 'rejected', cancellable: false, problem }],
  });
  unmount = await mount(client, <WaitingSubmissions accountID="a" query="" />);
  for (const each of said) expect(document.body.textContent).toContain(each);
  expect(document.body.textContent).not.toContain('yet');
  expect(document.body.textContent?.includes('Not delivered')).toBe(type === '/problems/refused');
});
