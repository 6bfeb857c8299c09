import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useWatch } from 'react-hook-form';
import { Link } from 'wouter';
import { page } from '../../contract/paths.ts';
import { RelativeTime } from '../ui/relative-time.tsx';
import { filingWords } from '../words/filing.ts';
import { similarTickets, tellingWords } from './new-ticket-similar.ts';
import styles from './new-ticket-similar-list.module.css';
import type { NewTicketControl } from './new-ticket-values.ts';
import { ticketListQuery, ticketsIn } from './ticket-queries.ts';

/** How long typing must pause before similar tickets are looked for. */
const restMs = 400;
/** A title with fewer telling words is similar to too many tickets. */
const fewestWords = 2;

type SimilarTicketsProps = { accountID: string; control: NewTicketControl; enabled: boolean };

/**
 * “Is it one of these?”: open tickets of the account with a similar title. Appears only when typing pauses, and never blocks submitting.
 */
export function SimilarTickets({ accountID, control, enabled }: SimilarTicketsProps) {
  const typed = useWatch({ control, name: 'title' }) ?? '';
  const [title, setTitle] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => setTitle(typed), restMs);
    return () => clearTimeout(timer);
  }, [typed]);
  // If the list cannot be read, nothing is offered. The page of the list says why it cannot.
  const { data } = useInfiniteQuery({
    ...ticketListQuery(accountID),
    enabled: enabled && tellingWords(title).size >= fewestWords,
  });
  const similar = similarTickets(title, ticketsIn(data));

  const words = filingWords.similar;
  return (
    <aside className={styles.similar} aria-label={words.title} hidden={similar.length === 0}>
      <h2>{words.title}</h2>
      <p>{words.detail}</p>
      <ul className={styles.list}>
        {similar.map(({ ticketID, number, title: name, updatedOn, latestMessageOn }) => (
          <li key={ticketID}>
            <Link href={page.ticket(accountID, ticketID)}>{words.entry(number, name)}</Link>
            <RelativeTime date={latestMessageOn ?? updatedOn} />
          </li>
        ))}
      </ul>
    </aside>
  );
}
