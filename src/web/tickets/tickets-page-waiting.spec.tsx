// @vitest-environment happy-dom
import { QueryClient } from '@tanstack/react-query';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Submission } from '../../contract/submission.ts';
import { mount } from '../testing/mount.tsx';
import { submissionsQuery } from './ticket-queries.ts';
import { WaitingSubmissions } from './tickets-page-waiting.tsx';

const waiting: Submission = {
  submissionID: 's1',
  accountID: 'a',
  state: 'queued',
  title: 'Payout to Café Zoë has not arrived',
  requestID: 'r',
  filedBy: 'Mel Roberts',
  createdOn: '2026-11-23T12:00:00Z',
  updatedOn: '2026-11-23T12:00:00Z',
  attempts: 1,
  cancellable: true,
};
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
