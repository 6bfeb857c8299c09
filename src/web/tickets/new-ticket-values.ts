import type { Control, UseFormReturn } from 'react-hook-form';
import { messageFault } from '../../contract/message.ts';
import { type NewTicket, type NewTicketField, newTicketSchema } from '../../contract/ticket.ts';
import { schemaResolver } from '../forms/schema-resolver.ts';

/** What the inputs of the form hold; `body` is the HTML of the editor. */
export type NewTicketValues = {
  title: string;
  body: string;
  contact: { email: string; name: string };
  author: string;
  foreignID: string;
};

/** The form, as what it does reads, fills and checks it. */
export type NewTicketMethods = UseFormReturn<NewTicketValues, unknown, NewTicket>;

/** The form, as its parts watch it. */
export type NewTicketControl = Control<NewTicketValues, unknown, NewTicket>;

/** The fields in the order of the screen. */
export const fieldsOnScreen: readonly NewTicketField[] = [
  'title',
  'body',
  'contact.email',
  'contact.name',
  'author',
  'foreignID',
];

/** The checks that the BFF makes too, so that most faults are told without asking it. */
export const newTicketResolver = schemaResolver<NewTicketValues, NewTicket>(newTicketSchema, ({ body }) => ({
  body: messageFault(body ?? ''),
}));
