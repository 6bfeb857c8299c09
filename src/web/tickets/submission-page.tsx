import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { useLocation } from 'wouter';
import { page } from '../../contract/paths.ts';
import type { Problem } from '../../contract/problem.ts';
import type { Submission } from '../../contract/submission.ts';
import { problemOf } from '../api/request.ts';
import { useSession } from '../api/session.ts';
import { useAccount } from '../layout/account-name.ts';
import { announce } from '../layout/announcer.tsx';
import { NotFoundPage } from '../layout/error-pages.tsx';
import { PageHeading } from '../layout/page-heading.tsx';
import { ProblemNotice, References } from '../layout/problem-notice.tsx';
import { Badge } from '../ui/badge.tsx';
import { Notice } from '../ui/notice.tsx';
import { ExactTime, RelativeTime } from '../ui/relative-time.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { ticketWords } from '../words/tickets.ts';
import { BackToTickets } from './back-to-tickets.tsx';
import { Fact } from './fact.tsx';
import { outcomeOf } from './submission-outcome.ts';
import styles from './submission-page.module.css';
import { type SentCopy, SubmissionActions } from './submission-page-actions.tsx';
import { refreshSubmission, submissionQuery } from './ticket-queries.ts';

const words = ticketWords.submission;

type SubmissionPageProps = { accountID: string; submissionID: string; sentCopy: SentCopy };

/** The page of a ticket that the portal has accepted and Moov has not got yet. Goes to the page of the ticket as soon as there is one. */
export function SubmissionPage({ accountID, submissionID, sentCopy }: SubmissionPageProps) {
  const [, navigate] = useLocation();
  const { data: submission, error, isFetching, refetch } = useQuery(submissionQuery(accountID, submissionID));
  const heading = useRef<HTMLHeadingElement>(null);
  const userID = useSession().session?.user.id;
  const outcome = submission && outcomeOf(submission);
  useChangesSaid(outcome);
  const gone = error !== null && problemOf(error).status === 404;
  usePolling(accountID, submissionID, gone ? undefined : submission);

  const ticketID = submission?.ticketID;
  useEffect(() => {
    if (ticketID === undefined) return;
    void sentCopy.drop(submissionID);
    navigate(page.ticket(accountID, ticketID), { replace: true, state: { filed: userID } });
  }, [ticketID, accountID, submissionID, sentCopy, navigate, userID]);

  if (gone) return <NotFoundPage />;
  return (
    <article className={styles.page}>
      <BackToTickets href={page.tickets(accountID)} />
      <header className={styles.head}>
        {outcome !== undefined && <Badge tone={tones[outcome]}>{ticketWords.waiting.badge[outcome]}</Badge>}
        <PageHeading ref={heading} title={outcome === undefined ? words.title : words.titles[outcome]} />
      </header>
      {submission === undefined && error === null && <Skeleton label={words.loading} lines={5} />}
      {error !== null && <ProblemNotice problem={problemOf(error)} onRetry={() => void refetch()} busy={isFetching} />}
      {submission !== undefined && (
        <>
          <p className={styles.detail}>{words.details[outcomeOf(submission)]}</p>
          {submission.problem !== undefined && <Refusal problem={submission.problem} />}
          <Facts accountID={accountID} submission={submission} />
          {submission.problem === undefined && <References problem={{ requestID: submission.requestID }} />}
          <SubmissionActions accountID={accountID} submission={submission} sentCopy={sentCopy} heading={heading} />
        </>
      )}
    </article>
  );
}

const pollMs = 5_000;

/** Reads a submission that waits again every 5 seconds while the page is visible, since live news may not be available. */
function usePolling(accountID: string, submissionID: string, submission: Submission | undefined) {
  const client = useQueryClient();
  const waits = submission?.state === 'queued' || submission?.state === 'sending';
  useEffect(() => {
    if (!waits) return;
    // What was asked for before the submission was settled must not make it wait again.
    const over = new AbortController();
    const look = async () => {
      if (document.visibilityState !== 'visible') return;
      const problem = await refreshSubmission(client, accountID, submissionID, over.signal);
      // A submission that waits does not disappear. So a 404 means that the person may not see the account any more: read everything of
      // the account again, so that all of the page says so.
      if (problem?.status === 404)
        await client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[1] === accountID });
    };
    const timer = setInterval(() => void look(), pollMs);
    return () => {
      clearInterval(timer);
      over.abort();
    };
  }, [client, accountID, submissionID, waits]);
}

const tones = {
  sending: 'info',
  queued: 'warning',
  created: 'success',
  rejected: 'danger',
  'given-up': 'warning',
  cancelled: 'neutral',
} as const;

/** Has screen readers announce the outcome when it comes while the page is open. */
function useChangesSaid(outcome: ReturnType<typeof outcomeOf> | undefined) {
  const before = useRef(outcome);
  useEffect(() => {
    const was = before.current;
    before.current = outcome;
    if (was === undefined || outcome === undefined || was === outcome) return;
    if (outcome !== 'sending' && outcome !== 'queued') announce(words.titles[outcome]);
  }, [outcome]);
}

function Refusal({ problem }: { problem: Problem }) {
  const said = problem.fields ?? {};
  // In the order of the form: Moov's own order is that of its program.
  const paths = new Set([...Object.keys(words.fieldNames), ...Object.keys(said)]);
  const fields = [...paths].filter((path) => said[path] !== undefined);
  return (
    <Notice tone="danger" title={problem.title}>
      <p>{problem.detail}</p>
      {fields.length > 0 && (
        <dl className={styles.fields} aria-label={words.fields}>
          {fields.map((path) => (
            <div key={path}>
              <dt>{words.fieldNames[path] ?? path}</dt>
              <dd>{said[path]}</dd>
            </div>
          ))}
        </dl>
      )}
      <References problem={problem} />
    </Notice>
  );
}

function Facts({ accountID, submission }: { accountID: string; submission: Submission }) {
  const { name: account } = useAccount(accountID);
  const { title, filedBy, createdOn, attempts, nextAttemptOn, reason, state } = submission;
  const waits = state === 'queued' || state === 'sending';
  return (
    <dl className={styles.facts}>
      <Fact name={words.subject}>{title}</Fact>
      <Fact name={words.filedBy}>{filedBy}</Fact>
      <Fact name={words.account}>{account}</Fact>
      <Fact name={words.since}>
        <ExactTime date={createdOn} /> (<RelativeTime date={createdOn} />)
      </Fact>
      <Fact name={words.why}>{waits && reason !== undefined && words.reasons[reason]}</Fact>
      <Fact name={words.next}>
        {waits &&
          (nextAttemptOn === undefined ? (
            words.nextUnderWay
          ) : (
            <RelativeTime date={nextAttemptOn} ahead={ticketWords.waiting.nextSoon} />
          ))}
      </Fact>
      <Fact name={words.attempts}>{waits && String(attempts)}</Fact>
    </dl>
  );
}
