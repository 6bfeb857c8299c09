// @vitest-environment happy-dom
import { QueryClient } from '@tanstack/react-query';
import { act } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Announcer } from '../layout/announcer.tsx';
import { mount } from '../testing/mount.tsx';
import { addUnread, forgetUnread } from './ticket-queries-unread.ts';

let unmount: () => Promise<void>;
beforeEach(async () => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  unmount = await mount(new QueryClient(), <Announcer />);
});
afterEach(async () => {
  await act(async () => forgetUnread());
  await unmount();
  vi.unstubAllGlobals();
});

test('news are announced with the title of the ticket, and without one in words that need none', async () => {
  await act(async () => addUnread('a', { ticketID: 't1', title: 'Payout' }));
  expect(document.body.textContent).toBe('News on the ticket “Payout”.');
  await act(async () => addUnread('a', { ticketID: 't2', title: ' ' }));
  expect(document.body.textContent).toBe('News on the ticket without a title.');
});
