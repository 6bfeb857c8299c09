// @vitest-environment happy-dom
import { QueryClient, useQuery } from '@tanstack/react-query';
import { afterEach, expect, test, vi } from 'vitest';
import { call } from '../../contract/paths.ts';
import { statusQuery } from '../api/status.ts';
import { eventually } from '../testing/eventually.ts';
import { mount } from '../testing/mount.tsx';
import { ticketOf } from '../testing/ticket.ts';
import { WaitingAcross } from './tickets-page-across.tsx';

function Page() {
  useQuery(statusQuery);
  return <WaitingAcross accounts={[{ accountID: 'a', displayName: 'Gym' }]} />;
}
const text = () => document.body.textContent ?? '';

let unmount: () => Promise<void>;
afterEach(async () => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  await unmount();
  vi.unstubAllGlobals();
});

test('what is open in a recent account and could not be read is there by itself when Moov is well again', async () => {
  let upstream = 'down';
  vi.stubGlobal('fetch', async (path: string) => {
    if (path === call.status()) return Response.json({ upstream, since: '2026-11-23T12:00:00Z' });
    if (upstream === 'up') return Response.json({ items: [ticketOf(1)] });
    return Response.json(
      { type: 'about:blank', title: 'Away', status: 503, detail: '-', requestID: 'r' },
      { status: 503 },
    );
  });
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  unmount = await mount(client, <Page />);
  // From here on the page changes without `act`.
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', false);
  await eventually(() => expect(text()).toContain('The tickets could not be read.'));
  upstream = 'up';
  await eventually(async () => {
    await client.invalidateQueries({ queryKey: statusQuery.queryKey });
    expect(text()).toContain('Ticket 1');
  });
  expect(text()).not.toContain('The tickets could not be read.');
});

test.each([
  ['new', undefined, 'All 4 open tickets'],
  ['new', { cursor: '200' }, 'All tickets'],
  ['closed', undefined, 'Nothing is open.'],
  ['closed', { cursor: '200' }, 'Nothing is open among the latest tickets.All tickets'],
] as const)('of four %s tickets, and a page after them (%j), it says “%s”', async (status, nextPage, said) => {
  vi.stubGlobal('fetch', async (path: string) =>
    path === call.status()
      ? Response.json({ upstream: 'up', since: '2026-11-23T12:00:00Z' })
      : Response.json({ items: [1, 2, 3, 4].map((number) => ({ ...ticketOf(number), status })), nextPage }),
  );
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  unmount = await mount(new QueryClient(), <Page />);
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', false);
  await eventually(() => expect(text().endsWith(said)).toBe(true));
});
