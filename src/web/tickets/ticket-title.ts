import type { Ticket } from '../../contract/ticket.ts';
import { ticketWords } from '../words/tickets.ts';

/** What a ticket is called on the screen: a mail without a subject makes one without a title, whose link must be seen. */
export const titleOf = ({ title }: Pick<Ticket, 'title'>): string =>
  title.trim() === '' ? ticketWords.untitled : title;
