import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { Link } from 'wouter';
import { useHistoryState } from 'wouter/use-browser-location';
import * as z from 'zod/mini';
import { page } from '../../contract/paths.ts';
import { problemType } from '../../contract/problem.ts';
import { ownReference, type Ticket } from '../../contract/ticket.ts';
import { problemOf } from '../api/request.ts';
import { useSession } from '../api/session.ts';
import { useAccount } from '../layout/account-name.ts';
import { NotFoundPage } from '../layout/error-pages.tsx';
import { PageHeading } from '../layout/page-heading.tsx';
import { ProblemNotice } from '../layout/problem-notice.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { Notice } from '../ui/notice.tsx';
import { ExactTime, RelativeTime } from '../ui/relative-time.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { commonWords } from '../words/common.ts';
import { ticketWords } from '../words/tickets.ts';
import { BackToTickets } from './back-to-tickets.tsx';
import { Fact } from './fact.tsx';
import styles from './ticket-page.module.css';
import { TicketActions } from './ticket-page-actions.tsx';
import { Conversation } from './ticket-page-conversation.tsx';
import { RefusedClosings } from './ticket-page-refused.tsx';
import { messagesQuery, ticketQuery } from './ticket-queries.ts';
import { markRead } from './ticket-queries-unread.ts';
import { isClosed, StatusBadge, statusMeaning } from './ticket-status.tsx';
import { titleOf } from './ticket-title.ts';

const words = ticketWords.ticket;

/**
 * How the form tells this page that the ticket has just been filed: by the state of the history entry, not by the address. `filed` is the
 * id of the person to tell, since the entry outlives their session: somebody else may come back to it.
 */
const arrivalSchema = z.object({ filed: z.string() });

/** The page of one ticket: its title and status, the conversation, how to answer, its facts, and what can be done with it. */
export function TicketPage({ accountID, ticketID }: { accountID: string; ticketID: string }) {
  const client = useQueryClient();
  const { data: ticket, error, isFetching, refetch } = useQuery(ticketQuery(client, accountID, ticketID));
  const heading = useRef<HTMLHeadingElement>(null);
  const { session } = useSession();
  const arrival = arrivalSchema.safeParse(useHistoryState()).data;
  const justFiled = arrival !== undefined && arrival.filed === session?.user.id;
  useReading(ticketID, ticket);

  // For a moment Moov may answer 404 about a ticket that it has just accepted. So if the ticket is known here, only the portal's own 404
  // counts (`not-found`), which says that the person may not see it.
  const { status, type } = problemOf(error);
  if (status === 404 && (ticket === undefined || type === problemType('not-found'))) return <NotFoundPage />;
  return (
    <article className={styles.page}>
      <BackToTickets href={page.tickets(accountID)} />
      <RefusedClosings accountID={accountID} />
      <header className={styles.head}>
        {(ticket !== undefined || error === null) && (
          <p className={styles.line}>
            {ticket !== undefined && (
              <>
                <span className={styles.number}>{ticketWords.ticketNumber(ticket.number)}</span>
                <StatusBadge status={ticket.status} />
              </>
            )}
          </p>
        )}
        <PageHeading
          ref={heading}
          title={ticket === undefined ? words.loadingTitle : words.tabTitle(ticket.number, titleOf(ticket))}
        >
          {ticket === undefined ? words.loadingTitle : titleOf(ticket)}
        </PageHeading>
        {ticket !== undefined && <p className={styles.meaning}>{statusMeaning(ticket.status)}</p>}
      </header>
      {ticket !== undefined && justFiled && !isClosed(ticket) && (
        <Notice tone="success" title={words.filedNotice(ticket.number)}>
          <p>{words.filedDetail(ticket.contact.email)}</p>
          <Link href={page.newTicket(accountID)}>{words.fileAnother}</Link>
        </Notice>
      )}
      {error !== null && <ProblemNotice problem={problemOf(error)} onRetry={() => void refetch()} busy={isFetching} />}
      {ticket === undefined && error === null && <Skeleton label={words.loading} lines={6} />}
      {ticket !== undefined && (
        <div className={styles.columns}>
          <div className={styles.story}>
            <Conversation accountID={accountID} ticket={ticket} />
            {!isClosed(ticket) && <WhereToAnswer ticket={ticket} />}
          </div>
          <aside className={styles.side} aria-label={words.facts}>
            <Facts accountID={accountID} ticket={ticket} />
            <TicketActions accountID={accountID} ticket={ticket} heading={heading} />
          </aside>
        </div>
      )}
    </article>
  );
}

/** Marks the ticket as read while the page is visible: at once, and when the person comes back to it. */
function useReading(ticketID: string, ticket: Ticket | undefined) {
  useEffect(() => {
    const read = () => {
      if (ticket !== undefined && document.visibilityState === 'visible') markRead(ticketID);
    };
    read();
    document.addEventListener('visibilitychange', read);
    return () => document.removeEventListener('visibilitychange', read);
  }, [ticketID, ticket]);
}

/** Two times closer than this count as the same moment. */
const oneMomentMs = 60_000;
/**
 * Whether the last change needs a line of its own: it was at another moment than filing, the latest message and closing, which have one.
 */
const changedApart = ({ createdOn, latestMessageOn, closedOn, updatedOn }: Ticket): boolean =>
  ![createdOn, latestMessageOn, closedOn].some(
    (told) => told !== undefined && Math.abs(Date.parse(told) - Date.parse(updatedOn)) < oneMomentMs,
  );

/** The facts about a ticket. Who filed it is shown apart from the account, since partner staff also file for other accounts. */
function Facts({ accountID, ticket }: { accountID: string; ticket: Ticket }) {
  const { name: account } = useAccount(accountID);
  const { data: messages } = useQuery(messagesQuery(accountID, ticket.ticketID));
  const reference = ownReference(ticket);
  const { contact } = ticket;
  const fact = words.fact;
  return (
    <dl className={styles.facts}>
      <Fact name={fact.filedBy}>{(ticket.filedBy ?? messages?.[0]?.author) || undefined}</Fact>
      <Fact name={fact.filedFor}>{account}</Fact>
      <Fact name={fact.contact}>
        {contact.name && <span>{contact.name}</span>}
        <span className={styles.address}>{contact.email}</span>
      </Fact>
      <Fact name={fact.reference}>{reference}</Fact>
      <Fact name={fact.created}>
        <ExactTime date={ticket.createdOn} />
      </Fact>
      <Fact name={fact.latest}>
        {ticket.latestMessageOn !== undefined && (
          <RelativeTime date={ticket.latestMessageOn} className={styles.recent} />
        )}
      </Fact>
      <Fact name={fact.updated}>
        {changedApart(ticket) && <RelativeTime date={ticket.updatedOn} className={styles.recent} />}
      </Fact>
      <Fact name={fact.closed}>{ticket.closedOn !== undefined && <ExactTime date={ticket.closedOn} />}</Fact>
    </dl>
  );
}

/** Says that answers are written by email, from the contact's address: the API takes no replies. */
function WhereToAnswer({ ticket }: { ticket: Ticket }) {
  const { email } = ticket.contact;
  return (
    <section className={styles.answer} aria-labelledby="where-to-answer">
      <h2 id="where-to-answer">{words.answerTitle}</h2>
      <p>
        {words.answer} {email === '' ? words.answerUnknown : <span className={styles.answerAddress}>{email}</span>}.{' '}
        {words.answerHow}
      </p>
      {email !== '' && <CopyButton text={email} label={words.copyEmail} copiedLabel={commonWords.copied} />}
    </section>
  );
}
