import type { Control, UseFormReturn } from 'react-hook-form';
import { messageFault } from '../../contract/message.ts';
import { type NewTicket, type NewTicketField, newTicketSchema } from '../../contract/ticket.ts';
import { schemaResolver } from '../forms/schema-resolver.ts';

/** The values of the form's inputs; `body` is the HTML of the editor. */
export type NewTicketValues = {
  title: string;
  body: string;
  contact: { email: string; name: string };
  author: string;
  foreignID: string;
};

/** The form of react-hook-form, for code that reads, fills and checks it. */
export type NewTicketMethods = UseFormReturn<NewTicketValues, unknown, NewTicket>;

/** The control of that form, for components that watch its values. */
export type NewTicketControl = Control<NewTicketValues, unknown, NewTicket>;

/** The fields, in their order on the screen. */
export const fieldsOnScreen: readonly NewTicketField[] = [
  'title',
  'body',
  'contact.email',
  'contact.name',
  'author',
  'foreignID',
];

/** Makes the same checks as the BFF, so that most faults are shown without a request. */
export const newTicketResolver = schemaResolver<NewTicketValues, NewTicket>(newTicketSchema, ({ body }) => ({
  body: messageFault(body ?? ''),
}));
