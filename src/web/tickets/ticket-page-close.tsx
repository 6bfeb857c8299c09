import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../contract/paths.ts';
import { type Ticket, ticketSchema } from '../../contract/ticket.ts';
import { ProblemError, problemOf, request } from '../api/request.ts';
import { announce } from '../layout/announcer.tsx';
import { ProblemNotice } from '../layout/problem-notice.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { ticketWords } from '../words/tickets.ts';
import styles from './ticket-page.module.css';
import { putTicket } from './ticket-queries.ts';
import { isClosed } from './ticket-status.tsx';

const words = ticketWords.ticket;

/**
 * Closes a ticket. When Moov refuses, it may be that somebody has closed it already: then it is as wished.
 * @throws {ProblemError} when the ticket is not closed
 */
async function closeTicket(accountID: string, ticketID: string): Promise<Ticket> {
  const path = call.ticket(accountID, ticketID);
  const result = await request('PATCH', path, { schema: ticketSchema, body: { status: 'closed' } });
  if (result.ok) return result.value;
  const now = await request('GET', path, { schema: ticketSchema });
  if (now.ok && isClosed(now.value)) return now.value;
  throw new ProblemError(result.problem);
}

/** **Close ticket**: asks once, shows it closed at once, and takes that back with the reason when it is refused. */
export function CloseTicket({ accountID, ticket }: { accountID: string; ticket: Ticket }) {
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const close = useMutation({
    mutationKey: closingKey(ticket.ticketID),
    mutationFn: () => closeTicket(accountID, ticket.ticketID),
    onMutate: () => {
      const now = new Date().toISOString();
      putTicket(client, accountID, { ...ticket, status: 'closed', closedOn: now, updatedOn: now });
    },
    onSuccess: (closed) => {
      putTicket(client, accountID, closed);
      announce(words.closed);
    },
    onError: () => putTicket(client, accountID, ticket),
  });

  return (
    <div className={styles.action}>
      <Button onClick={() => setAsking(true)}>{words.close}</Button>
      {close.isError && (
        <ProblemNotice problem={problemOf(close.error)}>
          <p>{words.closeFailed}</p>
        </ProblemNotice>
      )}
      <Dialog
        open={asking}
        onClose={() => setAsking(false)}
        title={words.closeTitle}
        actions={
          <>
            <Button onClick={() => setAsking(false)}>{words.keepOpen}</Button>
            <Button
              variant="primary"
              onClick={() => {
                setAsking(false);
                close.mutate();
              }}
            >
              {words.close}
            </Button>
          </>
        }
      >
        <p>{words.closeDetail}</p>
      </Dialog>
    </div>
  );
}
