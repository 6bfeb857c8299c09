import { expect, test } from 'vitest';
import type { Ticket } from '../../contract/ticket.ts';
import { listSearchSchema, matches } from './tickets-page-search.ts';

const ticket: Ticket = {
  ticketID: '00000000-0000-4000-8000-000000000001',
  number: 4321,
  title: 'Payout to Café Zoë has not arrived',
  contact: { email: 'mel@example.com' },
  status: 'new',
  createdOn: '2026-11-23T12:00:00Z',
  updatedOn: '2026-11-23T12:00:00Z',
  foreignID: 'ORD-77',
};

test.each([
  ['4321', true],
  ['#4321', true],
  ['#43', true],
  ['321', false],
  ['ord-77', true],
  ['RD-7', true],
  ['payout arrived', true],
  ['arrived payout', true],
  ['cafe zoe', true],
  ['payout refund', false],
  ['', true],
])('searching for “%s” finds it: %s', (query, found) => {
  expect(matches(ticket, query)).toBe(found);
});

test('the reference that the portal gave a ticket is nothing to be found by', () => {
  const foreignID = 'portal-00000000-0000-4000-8000-000000000009';
  expect(matches({ ...ticket, foreignID }, 'portal')).toBe(false);
});

test('an address that makes no sense shows the whole list', () => {
  expect(listSearchSchema.parse({ status: 'lost', q: 'x'.repeat(300) })).toEqual({ status: undefined, q: undefined });
  expect(listSearchSchema.parse({ status: 'on-hold', q: ' refund ' })).toEqual({ status: 'on-hold', q: 'refund' });
});

test('an address with an empty search is that of the whole list', () => {
  expect(listSearchSchema.parse({ q: '' }).q).toBeUndefined();
  expect(listSearchSchema.parse({ q: '  ' }).q).toBeUndefined();
});
