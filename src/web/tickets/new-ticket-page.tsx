import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { page } from '../../contract/paths.ts';
import { sessionQuery } from '../api/session.ts';
import { PageHeading } from '../layout/page-heading.tsx';
import { formWords } from '../words/form.ts';
import { BackToTickets } from './back-to-tickets.tsx';
import { useBrowser } from './new-ticket-browser.ts';
import { NewTicketForm } from './new-ticket-form.tsx';
import styles from './new-ticket-page.module.css';

type NewTicketPageProps = {
  accountID: string;
  /** the program of the form is there, and has read what stood in it */
  onTaken(): void;
};

/**
 * The page on which a ticket is written and filed. Complete without knowing who is signed in: it stands in the HTML,
 * takes what is typed before React is there, and learns the rest later.
 */
export function NewTicketPage({ accountID, onTaken }: NewTicketPageProps) {
  const { data: answer, error } = useQuery(sessionQuery);
  const session = answer?.state === 'signed-in' ? answer.session : undefined;
  const userID = answer?.state === 'expired' ? answer.userID : session?.user.id;
  const generation = useOwnership(userID);
  const here = useBrowser(() => true, false);

  return (
    <article className={styles.page}>
      <header className={styles.head}>
        <BackToTickets href={here ? page.tickets(accountID) : page.home()} />
        <PageHeading title={formWords.title} />
        <p className={styles.lead}>{formWords.lead}</p>
      </header>
      <NewTicketForm
        key={`${accountID} ${generation}`}
        accountID={accountID}
        userID={userID}
        session={session}
        asking={answer === undefined && error === null}
        signedOut={answer?.state === 'expired'}
        onTaken={onTaken}
      />
    </article>
  );
}

/** Grows when another person has signed in: what the first one wrote must not stay on the screen. */
function useOwnership(userID: string | undefined): number {
  const [owner, setOwner] = useState({ userID, generation: 0 });
  if (userID !== undefined && userID !== owner.userID) {
    setOwner({ userID, generation: owner.userID === undefined ? owner.generation : owner.generation + 1 });
  }
  return owner.generation;
}
