// @vitest-environment happy-dom
import { QueryClient } from '@tanstack/react-query';
import { act } from 'react';
import { afterEach, expect, test, vi } from 'vitest';
import { mount } from '../testing/mount.tsx';
import { ticketOf } from '../testing/ticket.ts';
import { TicketRows } from './tickets-page-rows.tsx';

afterEach(() => {
  vi.unstubAllGlobals();
});

const rows = () => document.querySelectorAll('li').length;

test('a long list is printed whole, though the page holds only what is near the window', async () => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  const tickets = Array.from({ length: 150 }, (_, index) => ticketOf(index + 1));
  const list = <TicketRows accountID="a" tickets={tickets} more={false} labelledBy="heading" />;
  const unmount = await mount(new QueryClient(), list);
  expect(rows()).toBeLessThan(100);
  await act(async () => void dispatchEvent(new Event('beforeprint')));
  expect(rows()).toBe(150);
  await act(async () => void dispatchEvent(new Event('afterprint')));
  expect(rows()).toBeLessThan(100);
  await unmount();
});
