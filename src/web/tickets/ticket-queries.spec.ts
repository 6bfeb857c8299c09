import { QueryClient } from '@tanstack/react-query';
import { expect, test } from 'vitest';
import type { Ticket } from '../../contract/ticket.ts';
import { mergeTickets, putTicket, type TicketList, ticketListQuery, ticketQuery } from './ticket-queries.ts';

const ticket = (number: number, over: Partial<Ticket> = {}): Ticket => ({
  ticketID: `t${number}`,
  number,
  title: `Ticket ${number}`,
  contact: { email: 'mel@example.com' },
  status: 'new',
  createdOn: `2026-11-${String(number).padStart(2, '0')}T12:00:00Z`,
  updatedOn: '2026-11-23T12:00:00Z',
  ...over,
});
const listOf = (...pages: Ticket[][]): TicketList => ({
  pages: pages.map((items) => ({ items })),
  pageParams: pages.map((_page, index) => String(index)),
});
const numbers = (list: TicketList | undefined) => list?.pages.map(({ items }) => items.map(({ number }) => number));

test('a changed ticket changes where it stands, on whatever page', () => {
  const merged = mergeTickets(listOf([ticket(9), ticket(8)], [ticket(7)]), [ticket(7, { status: 'closed' })]);
  expect(numbers(merged)).toEqual([[9, 8], [7]]);
  expect(merged.pages[1]?.items[0]?.status).toBe('closed');
});

test('new tickets come first, newest first', () => {
  expect(numbers(mergeTickets(listOf([ticket(9)]), [ticket(10), ticket(11)]))).toEqual([[11, 10, 9]]);
});

test('an older ticket is left to its own page, so that none shows twice', () => {
  expect(numbers(mergeTickets(listOf([ticket(9)]), [ticket(3)]))).toEqual([[9]]);
});

test('the first ticket of an empty list is shown', () => {
  expect(numbers(mergeTickets(listOf([]), [ticket(1)]))).toEqual([[1]]);
});

test('a ticket that no longer fits the filter goes', () => {
  const merged = mergeTickets(listOf([ticket(9), ticket(8)]), [ticket(9, { status: 'closed' })], { status: 'new' });
  expect(numbers(merged)).toEqual([[8]]);
});

test('a ticket from any list paints its page at once, and a change of it reaches every list', () => {
  const client = new QueryClient();
  client.setQueryData(ticketListQuery('a').queryKey, listOf([ticket(9)]));
  client.setQueryData(ticketListQuery('a', { status: 'new' }).queryKey, listOf([ticket(9)]));
  const { initialData } = ticketQuery(client, 'a', 't9');
  expect(typeof initialData === 'function' && initialData()).toMatchObject({ number: 9 });
  putTicket(client, 'a', ticket(9, { status: 'closed' }));
  expect(client.getQueryData(ticketListQuery('a').queryKey)?.pages[0]?.items[0]?.status).toBe('closed');
  expect(numbers(client.getQueryData(ticketListQuery('a', { status: 'new' }).queryKey))).toEqual([[]]);
});
