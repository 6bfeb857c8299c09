import { Hono } from 'hono';
import { requireTicketScopes } from './access.ts';
import type { MoovEnv, Parts } from './parts.ts';
import { requireTicket } from './tickets.ts';

/** `GET …/tickets/{ticketID}/messages`: an array, oldest first; the first is the ticket's own body (`@moovio/sdk` ticketmessage). */
export function messageRoutes({ store }: Parts) {
  return new Hono<MoovEnv>().get('/:accountID/tickets/:ticketID/messages', (c) => {
    const { accountID, ticketID } = c.req.param();
    requireTicketScopes(c.get('caller'), accountID, 'read');
    return c.json(requireTicket(store, accountID, ticketID).messages);
  });
}
