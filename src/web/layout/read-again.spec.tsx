// @vitest-environment happy-dom
import { QueryClient, useQuery } from '@tanstack/react-query';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { problemOf, reading } from '../api/request.ts';
import { statusQuery } from '../api/status.ts';
import { eventually } from '../testing/eventually.ts';
import { mount } from '../testing/mount.tsx';
import { ProblemNotice } from './problem-notice.tsx';

let unmount: () => Promise<void>;
let client: QueryClient;
/** How often each address was requested. */
let asked: { page: number; status: number };
let answered: number;
let since: string;

const pageQuery = {
  queryKey: ['page'],
  queryFn: reading('/api/page', (answers) => answers.statusSchema),
};
function Page() {
  useQuery(statusQuery);
  const { error } = useQuery(pageQuery);
  return error !== null && <ProblemNotice problem={problemOf(error)} onRetry={vi.fn()} />;
}

async function show(answer: number) {
  answered = answer;
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  unmount = await mount(client, <Page />);
  // From here on the page changes without `act`.
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', false);
}
const becomeWell = async (moment: string) => {
  since = moment;
  await client.invalidateQueries({ queryKey: statusQuery.queryKey });
};
/** Waits until everything that was requested is answered and shown, and until what follows from that has been requested too. */
async function settled(expected: typeof asked) {
  await eventually(() => {
    expect(asked).toEqual(expected);
    expect(client.isFetching()).toBe(0);
    expect(document.body.textContent).toContain('Refused or failed');
  });
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setTimeout(resolve));
  expect(asked).toEqual(expected);
}

beforeEach(() => {
  asked = { page: 0, status: 0 };
  vi.stubGlobal('fetch', async (path: string) => {
    if (path !== '/api/page') {
      asked.status += 1;
      return Response.json({ upstream: 'up', since });
    }
    asked.page += 1;
    const problem = { type: 'about:blank', title: 'Refused or failed', detail: 'No.', requestID: 'r' };
    return Response.json({ ...problem, status: answered }, { status: answered });
  });
  client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
});
afterEach(async () => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  await unmount();
  vi.unstubAllGlobals();
});

/** Puts a known status into the cache, as on a page that has read it before: it is then read only when something else has failed. */
function knowStatus(moment: string) {
  since = moment;
  client.setQueryData(statusQuery.queryKey, { upstream: 'up', since }, { updatedAt: Date.now() - 1 });
}

test('what could not be read is read again once for each time that Moov is well again, however often that fails', async () => {
  knowStatus('2026-11-23T12:00:00Z');
  await show(500);
  await settled({ page: 2, status: 2 });
  await becomeWell('2026-11-23T11:00:00Z');
  await settled({ page: 2, status: 3 });
  await becomeWell('2026-11-23T13:00:00Z');
  await settled({ page: 3, status: 5 });
});

test('what was refused is not read again by itself', async () => {
  knowStatus('2026-11-24T12:00:00Z');
  await show(403);
  await settled({ page: 1, status: 1 });
  await becomeWell('2026-11-24T13:00:00Z');
  await settled({ page: 1, status: 2 });
});
