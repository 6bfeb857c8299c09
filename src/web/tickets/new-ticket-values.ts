import { messageFault } from '../../contract/message.ts';
import { newTicketFields, newTicketSchema } from '../../contract/ticket.ts';
import { schemaResolver } from '../forms/schema-resolver.ts';

/** What the inputs of the form hold; `body` is the HTML of the editor. */
export type NewTicketValues = {
  title: string;
  body: string;
  contact: { email: string; name: string };
  author: string;
  foreignID: string;
};

export const newTicketNames = newTicketFields;

/** The id of a field's control. */
export const controlID = (path: string) => `ticket-${path.replace('.', '-')}`;

export const newTicketResolver = schemaResolver<NewTicketValues, import('../../contract/ticket.ts').NewTicket>(
  newTicketSchema,
  ({ body }) => ({ body: messageFault(body ?? '') }),
);
