import type { Ticket } from '../../contract/ticket.ts';

/** A ticket as the BFF gives it. The number (1 to 30) is also the day of November on which it was filed. */
export const ticketOf = (number: number, over: Partial<Ticket> = {}): Ticket => ({
  ticketID: `t${number}`,
  number,
  title: `Ticket ${number}`,
  contact: { email: 'mel@example.com' },
  status: 'new',
  createdOn: `2026-11-${String(number).padStart(2, '0')}T12:00:00Z`,
  updatedOn: '2026-11-23T12:00:00Z',
  ...over,
});
