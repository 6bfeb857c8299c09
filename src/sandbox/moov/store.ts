import { randomUUID } from 'node:crypto';

/** The four statuses of a ticket (reference page "Create a support ticket"). */
export const ticketStatuses = ['new', 'in-progress', 'on-hold', 'closed'] as const;
export type TicketStatus = (typeof ticketStatuses)[number];

/** An account, as far as the sandbox knows it. Dates are RFC 3339, UTC. */
export type Account = {
  accountID: string;
  displayName: string;
  accountType: 'business' | 'individual';
  email: string;
  foreignID?: string;
  createdOn: string;
  /** whether the partner is connected to it; the partner's own account is `self` */
  connection: 'self' | 'connected' | 'disconnected' | 'never';
  disconnectedOn?: string;
};

type Message = { author: string; body: string; sentOn: string };

/** A ticket as Moov answers it: these keys and no others. */
export type Ticket = {
  ticketID: string;
  number: number;
  title: string;
  contact: { email: string; name?: string };
  status: TicketStatus;
  createdOn: string;
  updatedOn: string;
  latestMessageOn: string;
  closedOn?: string;
  foreignID?: string;
};

/** A ticket with its account and its messages. */
export type TicketRecord = { accountID: string; ticket: Ticket; messages: Message[] };

/** The content of a valid request to create a ticket (reference page, "Body"). */
export type NewTicket = {
  title: string;
  body: string;
  contact: { email: string; name?: string };
  author?: string;
  foreignID?: string;
};

export type TicketEvent = 'ticket.created' | 'ticket.updated' | 'ticket.messageAdded';

/**
 * Accounts and tickets, in memory.
 * @param now the clock
 * @param tell is called after each change of a ticket
 */
export function createStore(
  seed: { accounts: Account[]; tickets: TicketRecord[] },
  now: () => Date,
  tell: (event: TicketEvent, record: TicketRecord) => void,
) {
  const accounts = new Map(seed.accounts.map((account) => [account.accountID, account]));
  /** every ticket, oldest first: numbers only grow */
  const byID = new Map<string, TicketRecord>();
  /** each account's tickets, oldest first */
  const byAccount = new Map<string, TicketRecord[]>();
  let lastNumber = 0;

  function keep(record: TicketRecord) {
    byID.set(record.ticket.ticketID, record);
    const own = byAccount.get(record.accountID);
    if (own === undefined) byAccount.set(record.accountID, [record]);
    else own.push(record);
    lastNumber = Math.max(lastNumber, record.ticket.number);
  }
  for (const record of seed.tickets) keep(record);

  return {
    accounts,
    account: (accountID: string) => accounts.get(accountID),
    ticket: (ticketID: string) => byID.get(ticketID),
    /** Every ticket of an account, or of all accounts, newest first. */
    tickets: (accountID?: string) =>
      (accountID === undefined ? [...byID.values()] : (byAccount.get(accountID) ?? [])).toReversed(),

    create(accountID: string, request: NewTicket): Ticket {
      const at = now().toISOString();
      lastNumber += 1;
      const { title, body, contact, author, foreignID } = request;
      const record: TicketRecord = {
        accountID,
        ticket: {
          ticketID: randomUUID(),
          number: lastNumber,
          title,
          contact: { email: contact.email, ...(contact.name !== undefined && { name: contact.name }) },
          status: 'new',
          createdOn: at,
          updatedOn: at,
          latestMessageOn: at,
          ...(foreignID !== undefined && { foreignID }),
        },
        // `author` replaces the author of the first message (moov-go, support_models.go). Who that is otherwise is not documented.
        messages: [{ author: author ?? contact.name ?? contact.email, body, sentOn: at }],
      };
      keep(record);
      tell('ticket.created', record);
      return record.ticket;
    },
    addMessage(record: TicketRecord, author: string, body: string) {
      const at = now().toISOString();
      record.messages.push({ author, body, sentOn: at });
      record.ticket.latestMessageOn = at;
      record.ticket.updatedOn = at;
      tell('ticket.messageAdded', record);
    },
    setStatus(record: TicketRecord, status: TicketStatus): Ticket {
      const at = now().toISOString();
      record.ticket.status = status;
      record.ticket.updatedOn = at;
      if (status === 'closed') record.ticket.closedOn = at;
      else delete record.ticket.closedOn;
      tell('ticket.updated', record);
      return record.ticket;
    },
  };
}
export type Store = ReturnType<typeof createStore>;
