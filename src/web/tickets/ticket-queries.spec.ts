import { QueryClient } from '@tanstack/react-query';
import { expect, test } from 'vitest';
import type { Ticket } from '../../contract/ticket.ts';
import { ticketOf } from '../testing/ticket.ts';
import {
  mergeNewest,
  mergeTickets,
  putTicket,
  type TicketList,
  ticketListQuery,
  ticketQuery,
} from './ticket-queries.ts';

const listOf = (...pages: Ticket[][]): TicketList => ({
  pages: pages.map((items) => ({ items })),
  pageParams: pages.map((_page, index) => String(index)),
});
const more = { nextPage: { cursor: 'more' } };
/** The same list, with further pages that are not loaded. */
const going = ({ pages, ...list }: TicketList): TicketList => ({
  ...list,
  pages: pages.map((page) => ({ ...page, ...more })),
});
const numbers = (list: TicketList | undefined) => list?.pages.map(({ items }) => items.map(({ number }) => number));

test('who filed a ticket stays known when it changes', () => {
  const client = new QueryClient();
  const told = () => client.getQueryData(ticketQuery(client, 'a', ticketOf(7).ticketID).queryKey);
  putTicket(client, 'a', ticketOf(7, { filedBy: 'Pat' }));
  putTicket(client, 'a', ticketOf(7, { status: 'closed' }));
  expect(told()).toMatchObject({ status: 'closed', filedBy: 'Pat' });
});

test('a changed ticket changes where it stands, on whatever page', () => {
  const merged = mergeTickets(listOf([ticketOf(9), ticketOf(8)], [ticketOf(7)]), [ticketOf(7, { status: 'closed' })]);
  expect(numbers(merged)).toEqual([[9, 8], [7]]);
  expect(merged.pages[1]?.items[0]?.status).toBe('closed');
});

test('new tickets come first, newest first', () => {
  expect(numbers(mergeTickets(listOf([ticketOf(9)]), [ticketOf(10), ticketOf(11)]))).toEqual([[11, 10, 9]]);
});

test('an older ticket is left to its own page, so that none shows twice', () => {
  expect(numbers(mergeTickets(going(listOf([ticketOf(9)])), [ticketOf(3)]))).toEqual([[9]]);
});

test('an older ticket that comes under the filter comes where it belongs, on whatever page', () => {
  const list = going(listOf([ticketOf(20), ticketOf(15)], [ticketOf(10), ticketOf(5)]));
  expect(numbers(mergeTickets(list, [ticketOf(12), ticketOf(7), ticketOf(2)]))).toEqual([
    [20, 15],
    [12, 10, 7, 5],
  ]);
  expect(numbers(mergeTickets(listOf([ticketOf(20)], [ticketOf(10)]), [ticketOf(2)]))).toEqual([[20], [10, 2]]);
});

test('tickets filed at one moment stand as Moov lists them', () => {
  const { createdOn } = ticketOf(9);
  const fresh = [ticketOf(12, { createdOn }), ticketOf(11, { createdOn }), ticketOf(10, { createdOn })];
  expect(numbers(mergeTickets(listOf([ticketOf(9)]), fresh))).toEqual([[12, 11, 10, 9]]);
});

test('a filtered list loses what its newest page no longer holds, and keeps what stands beyond', () => {
  const list = going(listOf([ticketOf(20), ticketOf(15)], [ticketOf(10), ticketOf(5)]));
  const newest = { items: [ticketOf(21), ticketOf(20), ticketOf(12)], ...more };
  expect(numbers(mergeNewest(list, newest, { status: 'new' }))).toEqual([
    [21, 20],
    [12, 10, 5],
  ]);
  expect(numbers(mergeNewest(list, { items: [] }, { status: 'new' }))).toEqual([[], []]);
});

test('a list of all tickets loses none, though the newest page does not hold one that was just filed', () => {
  expect(numbers(mergeNewest(listOf([ticketOf(9), ticketOf(8)]), { items: [ticketOf(8)] }))).toEqual([[9, 8]]);
});

test('a list that so much has come to that its newest page does not reach it begins anew, without a gap', () => {
  const merged = mergeNewest(listOf([ticketOf(5)], [ticketOf(4)]), { items: [ticketOf(20), ticketOf(19)], ...more });
  expect(merged).toEqual({ pages: [{ items: [ticketOf(20), ticketOf(19)], ...more }], pageParams: [''] });
});

test('the first ticket of an empty list is shown', () => {
  expect(numbers(mergeTickets(listOf([]), [ticketOf(1)]))).toEqual([[1]]);
});

test('a ticket that no longer fits the filter goes', () => {
  const merged = mergeTickets(listOf([ticketOf(9), ticketOf(8)]), [ticketOf(9, { status: 'closed' })], {
    status: 'new',
  });
  expect(numbers(merged)).toEqual([[8]]);
});

test('a ticket from any list paints its page at once, and a change of it reaches every list', () => {
  const client = new QueryClient();
  client.setQueryData(ticketListQuery('a').queryKey, listOf([ticketOf(9)]));
  client.setQueryData(ticketListQuery('a', { status: 'new' }).queryKey, listOf([ticketOf(9)]));
  const { initialData } = ticketQuery(client, 'a', 't9');
  expect(typeof initialData === 'function' && initialData()).toMatchObject({ number: 9 });
  putTicket(client, 'a', ticketOf(9, { status: 'closed' }));
  expect(client.getQueryData(ticketListQuery('a').queryKey)?.pages[0]?.items[0]?.status).toBe('closed');
  expect(numbers(client.getQueryData(ticketListQuery('a', { status: 'new' }).queryKey))).toEqual([[]]);
});
