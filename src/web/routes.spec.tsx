// @vitest-environment happy-dom
import { QueryClientProvider } from '@tanstack/react-query';
import { act } from 'react';
import { hydrateRoot } from 'react-dom/client';
import { afterEach, expect, test, vi } from 'vitest';
import { page } from '../contract/paths.ts';
import { awaitTakeOver } from './api/hydration.ts';
import { createQueryClient } from './api/query-client.ts';
import { Routes } from './routes.tsx';
import { eventually } from './testing/eventually.ts';

vi.mock('./tickets/new-ticket-page.tsx', () => ({
  NewTicketPage() {
    throw new Error('the form is broken');
  },
}));

afterEach(() => void vi.unstubAllGlobals());

test('when the form that came with the page cannot be rendered, the frame is told who is signed in all the same', async () => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  const user = { id: 'mel', name: 'Mel Roberts', email: 'mel@gym.example', role: null };
  const ends = '2030-01-01T00:00:00Z';
  vi.stubGlobal('fetch', async (path: string) =>
    path === '/api/session' ? Response.json({ user, newsAfter: 0, idleEndsOn: ends, endsOn: ends }) : Response.error(),
  );
  history.replaceState(null, '', page.newTicket('4af4784a-c777-48f6-8211-063d5341f84b'));
  const place = document.createElement('div');
  place.innerHTML = '<p>The form</p>';
  document.body.append(place);
  awaitTakeOver();
  const root = await act(async () =>
    hydrateRoot(
      place,
      <QueryClientProvider client={createQueryClient()}>
        <Routes />
      </QueryClientProvider>,
      { onRecoverableError: () => undefined, onCaughtError: () => undefined },
    ),
  );
  await act(async () => eventually(() => expect(place.textContent).toContain('Mel Roberts')));
  await act(async () => root.unmount());
});
