import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import type { Account } from '../../contract/account.ts';
import { page } from '../../contract/paths.ts';
import { accountName } from '../layout/account-name.ts';
import { ReadAgain } from '../layout/problem-notice.tsx';
import { RelativeTime } from '../ui/relative-time.tsx';
import { Spinner } from '../ui/spinner.tsx';
import { ticketWords } from '../words/tickets.ts';
import { ticketListQuery, ticketsIn } from './ticket-queries.ts';
import { isClosed, StatusBadge } from './ticket-status.tsx';
import { titleOf } from './ticket-title.ts';
import styles from './tickets-page-across.module.css';

const words = ticketWords.across;
/** How many accounts are read, and how many tickets of each are shown. */
const most = { accounts: 5, tickets: 3 };

/**
 * The open tickets of the accounts that partner staff visited last. In each account, tickets on hold come first, since they may wait for an
 * answer; then the others, the newest first.
 */
export function WaitingAcross({ accounts }: { accounts: Account[] }) {
  return (
    <section className={styles.across} aria-labelledby="waiting-across">
      <h2 id="waiting-across">{words.title}</h2>
      <ul className={styles.accounts}>
        {accounts.slice(0, most.accounts).map((account) => (
          <li key={account.accountID}>
            <OpenTickets account={account} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function OpenTickets({ account }: { account: Account }) {
  const { data, isPending, hasNextPage } = useInfiniteQuery(ticketListQuery(account.accountID));
  const open = ticketsIn(data)
    .filter((ticket) => !isClosed(ticket))
    .sort((one, other) => Number(other.status === 'on-hold') - Number(one.status === 'on-hold'));
  const shown = open.slice(0, most.tickets);
  return (
    <div className={styles.account}>
      <p className={styles.name}>{accountName(account)}</p>
      {isPending && <Spinner label={words.loading} />}
      {data === undefined && !isPending && (
        <p className={styles.quiet}>
          {words.failed}
          <ReadAgain />
        </p>
      )}
      {data !== undefined && open.length === 0 && (
        <p className={styles.quiet}>{hasNextPage ? words.noneLately : words.none}</p>
      )}
      {shown.map((ticket) => (
        <p key={ticket.ticketID} className={styles.ticket}>
          <Link href={page.ticket(account.accountID, ticket.ticketID)}>{titleOf(ticket)}</Link>
          <StatusBadge status={ticket.status} />
          <RelativeTime date={ticket.latestMessageOn ?? ticket.updatedOn} className={styles.quiet} />
        </p>
      ))}
      {(open.length > shown.length || hasNextPage) && (
        <Link href={page.tickets(account.accountID)} className={styles.all}>
          {hasNextPage ? words.more : words.all(open.length)}
        </Link>
      )}
    </div>
  );
}
