import { Hono } from 'hono';
import { requireAccount, requireTicketScopes } from './access.ts';
import { readCount } from './accounts.ts';
import { refuse, refuseFields, refuseWithError } from './answers.ts';
import { carryOut } from './fault-effects.ts';
import { readNewTicket, readObject } from './new-ticket.ts';
import type { MoovEnv, Parts } from './parts.ts';
import { type Store, type TicketRecord, ticketStatuses } from './store.ts';

/** Tickets of a page: 200 by default, at most 1000 (`@moovio/sdk` docs, "List tickets"). */
const pageSize = { usual: 200, most: 1000 };

/** A cursor holds the number of the last ticket of a page; the next page begins below it. So new tickets do not shift the pages. */
const writeCursor = (number: number) => Buffer.from(`below ${number}`).toString('base64url');
function readCursor(cursor: string): number {
  const [, number] = /^below (\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? [];
  if (number === undefined) throw refuseWithError(400, 'The cursor is not one of ours.');
  return Number(number);
}

/** The ticket, if it belongs to this account. @throws {Refusal} 404; 403 if the account is not connected */
export function requireTicket(store: Store, accountID: string, ticketID: string): TicketRecord {
  requireAccount(store, accountID);
  const record = store.ticket(ticketID);
  if (record === undefined || record.accountID !== accountID) throw refuse(404);
  return record;
}

/** `/accounts/{accountID}/tickets` (reference page "Create a support ticket" and its neighbours). */
export function ticketRoutes({ store, faults }: Parts) {
  return new Hono<MoovEnv>()
    .post('/:accountID/tickets', async (c) => {
      const accountID = c.req.param('accountID');
      requireTicketScopes(c.get('caller'), accountID, 'write');
      requireAccount(store, accountID);
      const ticket = readNewTicket(await c.req.text());
      const create = () => store.create(accountID, ticket);
      const fault = faults.meet(accountID, ticket);
      // The reference page says 200, not 201.
      return fault === undefined ? c.json(create()) : carryOut(c, fault, create);
    })
    .get('/:accountID/tickets', (c) => {
      const accountID = c.req.param('accountID');
      requireTicketScopes(c.get('caller'), accountID, 'read');
      requireAccount(store, accountID);
      const { cursor, status, foreignID } = c.req.query();
      const count = Math.min(readCount(c.req.query('count'), 'count', 1, pageSize.usual), pageSize.most);
      if (status !== undefined && !ticketStatuses.some((one) => one === status))
        throw refuseWithError(400, `status must be one of ${ticketStatuses.join(', ')}.`);
      const below = cursor === undefined || cursor === '' ? Number.POSITIVE_INFINITY : readCursor(cursor);
      const found = store
        .tickets(accountID)
        .map(({ ticket }) => ticket)
        .filter(
          (ticket) =>
            ticket.number < below &&
            (status === undefined || ticket.status === status) &&
            (foreignID === undefined || ticket.foreignID === foreignID),
        );
      const items = found.slice(0, count);
      const last = items.at(-1);
      return c.json({
        items,
        ...(last !== undefined && found.length > count && { nextPage: { cursor: writeCursor(last.number) } }),
      });
    })
    .get('/:accountID/tickets/:ticketID', (c) => {
      const { accountID, ticketID } = c.req.param();
      requireTicketScopes(c.get('caller'), accountID, 'read');
      return c.json(requireTicket(store, accountID, ticketID).ticket);
    })
    .patch('/:accountID/tickets/:ticketID', async (c) => {
      const { accountID, ticketID } = c.req.param();
      requireTicketScopes(c.get('caller'), accountID, 'write');
      const record = requireTicket(store, accountID, ticketID);
      const { status } = readObject(await c.req.text());
      // moov-go, support_models.go: the only value is closed.
      if (status !== 'closed') throw refuseFields({ status: 'Status can only be set to closed.' });
      if (record.ticket.status === 'closed') throw refuseWithError(409, 'The ticket is closed already.');
      return c.json(store.setStatus(record, 'closed'));
    });
}
