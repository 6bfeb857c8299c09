import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type RefObject, useEffect, useRef, useState } from 'react';
import { Link } from 'wouter';
import { call, page } from '../../contract/paths.ts';
import { ownReference, type Ticket, ticketSchema } from '../../contract/ticket.ts';
import { ProblemError, problemOf, request } from '../api/request.ts';
import { useSession } from '../api/session.ts';
import { announce } from '../layout/announcer.tsx';
import { useHere } from '../layout/here.ts';
import { useLostFocus } from '../layout/lost-focus.ts';
import { ProblemNotice } from '../layout/problem-notice.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { LinkButton } from '../ui/link-button.tsx';
import { ticketWords } from '../words/tickets.ts';
import styles from './ticket-page.module.css';
import { tellRefused } from './ticket-page-refused.tsx';
import { putTicket, ticketKey, ticketKnown, ticketQuery } from './ticket-queries.ts';
import { isClosed } from './ticket-status.tsx';
import { titleOf } from './ticket-title.ts';

const words = ticketWords.ticket;

/**
 * Closes a ticket. When that fails, reads the ticket: if it is closed already, by somebody else or by this attempt, that is a success.
 * @returns the closed ticket
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

type TicketActionsProps = {
  accountID: string;
  ticket: Ticket;
  /** the heading of the page, which may get the focus */
  heading: RefObject<HTMLHeadingElement | null>;
};

/**
 * What can be done with a ticket. “Close ticket” asks for confirmation and then shows the ticket as closed at once; if closing fails, it
 * shows the ticket as before, and the problem. A closed ticket can be followed up by a new one.
 */
export function TicketActions({ accountID, ticket, heading }: TicketActionsProps) {
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const followUp = useRef<HTMLDivElement>(null);
  const closeButton = useRef<HTMLButtonElement>(null);
  const here = useHere();
  const { session } = useSession();
  const closed = isClosed(ticket);
  const close = useMutation({
    // By this key, live news can tell that the ticket is being closed (`isClosing` in ticket-queries-live.ts).
    mutationKey: ticketKey(accountID, ticket.ticketID),
    mutationFn: () => closeTicket(accountID, ticket.ticketID),
    onMutate: async () => {
      await client.cancelQueries({ queryKey: ticketQuery(client, accountID, ticket.ticketID).queryKey });
      const now = new Date().toISOString();
      putTicket(client, accountID, { ...ticket, status: 'closed', closedOn: now, updatedOn: now });
      // Kept for `onError`: `ticket` will be the closed one by then, which was just put into the cache.
      return { before: ticket, now };
    },
    onSuccess: (result) => {
      // When somebody else signs in, the cache is emptied. They must not see this ticket or hear of it.
      if (ticketKnown(client, accountID, ticket.ticketID) === undefined) return;
      putTicket(client, accountID, result);
      announce(words.closed);
    },
    onError: (error, _nothing, saved) => {
      if (saved === undefined) return;
      const known = ticketKnown(client, accountID, ticket.ticketID);
      // As above: somebody else has signed in.
      if (known === undefined) return;
      // If the cache no longer holds what was put there, a newer state was read meanwhile, because of news. It stays.
      if (known.updatedOn === saved.now) putTicket(client, accountID, saved.before);
      else if (isClosed(known)) return;
      if (!here.current)
        tellRefused({ userID: session?.user.id, accountID, ticket: saved.before, problem: problemOf(error) });
    },
  });

  // The question is answered. It must not come back by itself if support opens the ticket again.
  if (asking && closed) setAsking(false);

  // The control that had the focus has been replaced: move the focus to what took its place.
  const { isPending: closing, isError: refused } = close;
  useEffect(() => {
    if (closing && closed) followUp.current?.focus();
    if (refused && !closed) closeButton.current?.focus();
  }, [closing, closed, refused]);
  // Support has closed the ticket meanwhile: the focus goes to the heading, beside which the new status is shown.
  useLostFocus(!closed, heading);

  if (closed) {
    return (
      <div ref={followUp} tabIndex={-1} className={styles.action}>
        <FollowUp accountID={accountID} ticket={ticket} />
      </div>
    );
  }
  return (
    <div className={styles.action}>
      <Button ref={closeButton} onClick={() => setAsking(true)} busy={closing}>
        {words.close}
      </Button>
      {close.isError && (
        <ProblemNotice problem={problemOf(close.error)}>
          <p>{words.closeFailed}</p>
        </ProblemNotice>
      )}
      <Dialog
        open={asking}
        onClose={() => setAsking(false)}
        title={words.closeTitle}
        dismiss={words.keepOpen}
        actions={
          <Button
            variant="primary"
            onClick={() => {
              setAsking(false);
              close.mutate();
            }}
          >
            {words.close}
          </Button>
        }
      >
        <p>{words.closeDetail}</p>
      </Dialog>
    </div>
  );
}

/** A link to a new ticket that follows up a closed one, with its title, contact and reference filled in. The API cannot reopen a ticket. */
function FollowUp({ accountID, ticket }: { accountID: string; ticket: Ticket }) {
  const reference = ownReference(ticket);
  const address = page.newTicket(accountID, {
    title: words.followUpTitle(titleOf(ticket)),
    email: ticket.contact.email,
    ...(reference !== undefined && { foreignID: reference }),
  });
  return (
    <>
      <Link href={address} asChild>
        <LinkButton href={address}>{words.followUp}</LinkButton>
      </Link>
      <p>{words.followUpHint}</p>
    </>
  );
}
