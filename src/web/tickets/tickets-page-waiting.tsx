import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { Link } from 'wouter';
import { page } from '../../contract/paths.ts';
import type { Submission } from '../../contract/submission.ts';
import { Badge } from '../ui/badge.tsx';
import { RelativeTime } from '../ui/relative-time.tsx';
import { ticketWords } from '../words/tickets.ts';
import { submissionsQuery } from './ticket-queries.ts';
import styles from './tickets-page.module.css';

const words = ticketWords.waiting;
const settled = (submission: Submission) => submission.state === 'created' || submission.state === 'cancelled';

/** What was filed and has not reached Moov: first of all, because somebody may be waiting for it in vain. */
export function WaitingSubmissions({ accountID, query }: { accountID: string; query: string }) {
  const heading = useId();
  const { data } = useQuery(submissionsQuery(accountID));
  const waiting = data?.items.filter((each) => !settled(each) && titleMatches(each, query)) ?? [];
  if (waiting.length === 0) return null;
  return (
    <section className={styles.group}>
      <h2 id={heading} className={styles.groupTitle}>
        {words.group}
      </h2>
      <ul className={styles.rows} aria-labelledby={heading}>
        {waiting.map((each) => (
          <li key={each.submissionID} className={styles.row}>
            <div className={styles.ticket}>
              <Link href={page.submission(accountID, each.submissionID)} className={styles.title}>
                {each.title ?? words.untitled}
              </Link>
              <span className={styles.details}>
                {each.filedBy}
                {each.nextAttemptOn !== undefined && each.state === 'queued' && (
                  <span>
                    {words.next} <RelativeTime date={each.nextAttemptOn} ahead={words.nextSoon} />
                  </span>
                )}
              </span>
              <span className={styles.state}>
                <Badge tone={each.state === 'rejected' ? 'danger' : 'warning'}>{words.badge[each.state]}</Badge>
              </span>
              <span className={styles.when}>
                {words.submitted} <RelativeTime date={each.createdOn} />
              </span>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

const titleMatches = ({ title = '' }: Submission, query: string) => {
  const wanted = query.trim().toLowerCase();
  return wanted.split(/\s+/).every((word) => title.toLowerCase().includes(word));
};
