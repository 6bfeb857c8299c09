import { useState } from 'react';
import { Link } from 'wouter';
import { page } from '../../contract/paths.ts';
import type { Problem } from '../../contract/problem.ts';
import { ErrorSummary } from '../forms/error-summary.tsx';
import { useOnline } from '../layout/online.ts';
import { References } from '../layout/problem-notice.tsx';
import { useSignInAddress } from '../layout/sign-in-address.ts';
import { Button } from '../ui/button.tsx';
import { LinkButton } from '../ui/link-button.tsx';
import { Notice } from '../ui/notice.tsx';
import { commonWords } from '../words/common.ts';
import { filingWords } from '../words/filing.ts';
import { problemWords } from '../words/problem.ts';
import type { DraftStatus } from './new-ticket-draft-actions.ts';
import type { Faults } from './new-ticket-faults.ts';
import { kindOf } from './new-ticket-filing.ts';
import styles from './new-ticket-form.module.css';
import type { Submitting } from './new-ticket-submitting.ts';

type FilingNoticesProps = {
  accountID: string;
  submitting: Submitting;
  faults: Faults;
  signedOut: boolean;
  signedIn: boolean;
  saving: DraftStatus;
};

/** What keeps the ticket from being filed, shown above the form. Only one notice at a time, the most important. */
export function FilingNotices(props: FilingNoticesProps) {
  const { submitting, signedOut, signedIn, saving } = props;
  const { state } = submitting;
  const { all: faults, rest, attempt } = props.faults;
  const problem = state.step === 'editing' ? state.problem : undefined;
  // This notice also stays while the ticket is sent again, so that it takes the focus only once.
  const waits = state.step === 'waiting' || ((state.step === 'checking' || state.step === 'sending') && state.again);
  if (waits) return <Waiting submitting={submitting} />;
  if (signedOut || (problem?.status === 401 && !signedIn)) {
    return <SignedOut problem={problem} saving={saving} faults={props.faults} />;
  }
  if (problem?.status === 401) {
    return (
      <Notice tone="info" role="status">
        <p>{filingWords.signedOut.again}</p>
      </Notice>
    );
  }
  if (problem !== undefined && Object.keys(problem.fields ?? {}).length === 0)
    return <Told {...props} problem={problem} />;
  if (problem !== undefined && (faults.length > 0 || rest.length > 0))
    return (
      <ErrorSummary
        title={faults.length > 0 ? filingWords.summary.title(faults.length) : problem.title}
        faults={faults}
        attempt={attempt}
        footer={<References problem={problem} />}
      >
        <p>{problem.detail}</p>
        {rest.map((sentence) => (
          <p key={sentence}>{sentence}</p>
        ))}
      </ErrorSummary>
    );
  if (faults.length > 0)
    return <ErrorSummary title={filingWords.summary.title(faults.length)} faults={faults} attempt={attempt} />;
  if (state.step === 'editing' && state.held === true)
    return (
      <Notice tone="info" role="status" title={filingWords.waiting.held.title}>
        <p>{filingWords.waiting.held.detail}</p>
      </Notice>
    );
  return null;
}

/** A problem that is not about single fields: what happened, what it means here, what to do, and the request ids to quote. */
function Told({ accountID, problem, faults, submitting }: FilingNoticesProps & { problem: Problem }) {
  const words = filingWords.problem;
  const kind = kindOf(problem);
  const reused = kind === 'idempotency-key-reused';
  const { retryAfter } = problem;
  return (
    <ErrorSummary
      title={reused ? words.reused.title : problem.title}
      faults={faults.all}
      attempt={faults.attempt}
      footer={<References problem={problem} />}
    >
      <p>{reused ? words.reused.detail : problem.detail}</p>
      {!reused && <p>{words.advice[kind] ?? words.otherwise}</p>}
      {retryAfter !== undefined && !problem.detail.includes(String(retryAfter)) && (
        <p>{problemWords.retryAfter(retryAfter)}</p>
      )}
      {(reused || kind === 'conflict' || kind === 'given-up') && (
        <div className={styles.noticeActions}>
          <Link href={page.tickets(accountID)}>{words.lookAtTickets}</Link>
          {reused && <Button onClick={submitting.fileAnyway}>{words.reused.fileAnyway}</Button>}
        </div>
      )}
    </ErrorSummary>
  );
}

type SignedOutProps = { problem: Problem | undefined; saving: DraftStatus; faults: Faults };

/** Takes the focus when the ticket could not be filed, but not when the session merely ends while the person writes. */
function SignedOut({ problem, saving, faults: { all, attempt } }: SignedOutProps) {
  const address = useSignInAddress();
  /** what was found before the session ended, and has taken the focus then; 0 once that counts no more */
  const [before, setBefore] = useState(problem === undefined ? attempt : 0);
  if (before !== 0 && before !== attempt) setBefore(0);
  const other = problem !== undefined && kindOf(problem) === 'somebody-else-signed-in' ? problem : undefined;
  return (
    <ErrorSummary
      title={other?.title ?? filingWords.signedOut.title}
      faults={all}
      attempt={attempt === before ? 0 : attempt}
      footer={problem !== undefined && <References problem={problem} />}
    >
      {other !== undefined && <p>{other.detail}</p>}
      <p>{saving === 'failed' || saving === 'away' ? filingWords.signedOut[saving] : filingWords.signedOut.detail}</p>
      <LinkButton variant="primary" href={address}>
        {commonWords.signIn}
      </LinkButton>
    </ErrorSummary>
  );
}

function Waiting({ submitting }: { submitting: Submitting }) {
  const { state } = submitting;
  const online = useOnline();
  const words = filingWords.waiting;
  const offline = state.step === 'waiting' ? state.why === 'offline' : !online;
  const { title, detail } = offline ? words.offline : words.unclear;
  return (
    <ErrorSummary tone="warning" title={title} faults={[]} attempt={1}>
      <p>{detail}</p>
      <div className={styles.noticeActions}>
        <Button onClick={submitting.submit} busy={state.step !== 'waiting'}>
          {words.now}
        </Button>
        <Button onClick={submitting.edited}>{words.stop}</Button>
      </div>
    </ErrorSummary>
  );
}
