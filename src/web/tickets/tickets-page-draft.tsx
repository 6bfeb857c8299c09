import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { Link } from 'wouter';
import { page } from '../../contract/paths.ts';
import { useSession } from '../api/session.ts';
import { Badge } from '../ui/badge.tsx';
import { RelativeTime } from '../ui/relative-time.tsx';
import { ticketWords } from '../words/tickets.ts';
import { latestDraft } from './draft-latest.ts';
import styles from './tickets-page.module.css';

const words = ticketWords.draft;

/** What was begun for this account on this device and not submitted: whoever comes back the next day goes on with one press. */
export function UnsentDraft({ accountID }: { accountID: string }) {
  const heading = useId();
  const { session } = useSession();
  const userID = session?.user.id ?? '';
  const { data: draft } = useQuery({
    queryKey: ['draft', userID, accountID],
    queryFn: async () => (await latestDraft({ userID, accountID })) ?? null,
    staleTime: 0,
    gcTime: 0,
  });
  if (draft === undefined || draft === null) return null;
  return (
    <section className={styles.group}>
      <h2 id={heading} className={styles.groupTitle}>
        {words.group}
      </h2>
      <ul className={styles.rows} aria-labelledby={heading}>
        <li className={styles.row}>
          <div className={styles.ticket}>
            <Link href={page.newTicket(accountID)} className={styles.title}>
              {draft.fields.title || words.untitled}
            </Link>
            <span className={styles.details}>{words.kept}</span>
            <span className={styles.state}>
              <Badge tone="neutral">{words.badge}</Badge>
            </span>
            <span className={styles.when}>
              {words.saved} <RelativeTime date={draft.savedOn} />
            </span>
          </div>
        </li>
      </ul>
    </section>
  );
}
