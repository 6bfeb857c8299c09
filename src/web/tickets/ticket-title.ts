import type { Ticket } from '../../contract/ticket.ts';
import { ticketWords } from '../words/tickets.ts';

/** The title to show for a ticket. A mail without a subject makes a ticket without a title, and its link would be invisible. */
export const titleOf = ({ title }: Pick<Ticket, 'title'>): string =>
  title.trim() === '' ? ticketWords.untitled : title;
