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
  /** called when the form's program is loaded and has read what was typed before */
  onTaken(): void;
};

/**
 * The page on which a ticket is written and submitted. It is part of the HTML, so it must render without knowing who is signed in. It can
 * be typed into before React is there.
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

/**
 * A number that grows when another person signs in. As part of the form's key it makes React start with an empty form, so that the second
 * person does not see what the first one wrote.
 */
function useOwnership(userID: string | undefined): number {
  const [owner, setOwner] = useState({ userID, generation: 0 });
  if (userID !== undefined && userID !== owner.userID) {
    setOwner({ userID, generation: owner.userID === undefined ? owner.generation : owner.generation + 1 });
  }
  return owner.generation;
}
