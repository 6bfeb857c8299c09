import { describe, expect, test } from 'vitest';
import type { Ticket } from '../../contract/ticket.ts';
import { likeness, similarTickets } from './new-ticket-similar.ts';

const ticket = (number: number, title: string, change: Partial<Ticket> = {}): Ticket => ({
  ticketID: `ticket-${number}`,
  number,
  title,
  contact: { email: 'a@b.example' },
  status: 'new',
  createdOn: `2026-05-${String(number).padStart(2, '0')}T10:00:00Z`,
  updatedOn: '2026-05-20T10:00:00Z',
  ...change,
});
const numbers = (tickets: Ticket[]) => tickets.map(({ number }) => number);

describe('how alike two titles are', () => {
  test('case, accents, order, plurals and small words make no difference', () => {
    expect(likeness('The payouts of café Zoë are missing', 'Missing: payout for CAFE ZOE')).toBe(1);
  });
  test('one word in common is no likeness', () => {
    expect(likeness('Payout missing', 'Payout schedule')).toBe(0);
  });
  test('titles of small words only are like nothing', () => {
    expect(likeness('it is not', 'it is not')).toBe(0);
    expect(likeness('', '')).toBe(0);
  });
  test('works in scripts other than Latin', () => {
    expect(likeness('выплата не пришла вовремя', 'Выплата пришла поздно')).toBeGreaterThan(0.5);
  });
});

describe('“Is it one of these?”', () => {
  const open = [
    ticket(1, 'Payout of 12 May has not arrived'),
    ticket(2, 'Terminal offline'),
    ticket(3, 'Payout has not arrived', { status: 'on-hold' }),
    ticket(4, 'Payout of May has not arrived', { status: 'closed' }),
    ticket(5, 'Arrived payout has wrong currency', { status: 'a-status-of-tomorrow' }),
  ];
  test('offers tickets that are still open and alike, the likest first', () => {
    expect(numbers(similarTickets('Payout of 12 May not arrived yet', open))).toEqual([3, 1, 5]);
  });
  test('the newest first among equals, and three at most', () => {
    const many = [1, 2, 3, 4, 5].map((number) => ticket(number, 'Card reader broken'));
    expect(numbers(similarTickets('card reader broken', many))).toEqual([5, 4, 3]);
  });
  test('offers nothing for a title that says little', () => {
    expect(similarTickets('Help', open)).toEqual([]);
  });
});
