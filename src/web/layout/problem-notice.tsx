import IconRefresh from 'lucide-react/icons/refresh-cw';
import type { ReactNode } from 'react';
import type { Problem } from '../../contract/problem.ts';
import { localProblem } from '../api/request.ts';
import { Button } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { aside } from '../ui/later.ts';
import { Notice } from '../ui/notice.tsx';
import { commonWords } from '../words/common.ts';
import { problemWords as words } from '../words/problem.ts';
import styles from './problem-notice.module.css';

export const ReadAgain = aside(async () => (await import('./read-again.ts')).ReadAgain);

type ProblemNoticeProps = {
  problem: Problem;
  /** reads again; shows a “Try again” button. Queries that failed are also read again by themselves when Moov is back (`ReadAgain`) */
  onRetry?: (() => void) | undefined;
  busy?: boolean;
  /** shown below the problem's own words: what the problem means here, or what to do */
  children?: ReactNode;
  className?: string | undefined;
};

/** A ref for the “Try again” button. When trying again works, the button disappears: if it had the focus, the heading gets it. */
const handOnFocus = (button: HTMLButtonElement) => () => {
  if (button === document.activeElement) document.querySelector<HTMLElement>('main h1')?.focus();
};

/**
 * Shows a problem: what happened, in the words of the answer; advice for its status; when to try again; and the request ids to quote to
 * support, each with a button that copies it.
 */
export function ProblemNotice({ problem, onRetry, busy = false, children, className }: ProblemNoticeProps) {
  // Whoever gave an answer that is not the portal's, its status says nothing of Moov. 0: nobody gave one, and there is no reference.
  const advice = words.advice[problem.status > 0 && problem.type === localProblem.unreadable ? 500 : problem.status];
  const wait = problem.retryAfter === undefined ? undefined : words.retryAfter(problem.retryAfter);
  const sentences = [...new Set(Object.values(problem.fields ?? {}))].filter((sentence) => sentence !== problem.detail);
  return (
    <Notice tone="danger" role="alert" title={problem.title} {...(className !== undefined && { className })}>
      <p>{problem.detail}</p>
      {sentences.map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
      {advice !== undefined && advice !== problem.detail && <p>{advice}</p>}
      {wait !== undefined && !problem.detail.includes(wait) && <p>{wait}</p>}
      {children}
      <References problem={problem} />
      {onRetry !== undefined && (
        <>
          <ReadAgain />
          <Button ref={handOnFocus} onClick={onRetry} busy={busy}>
            <IconRefresh aria-hidden="true" />
            {commonWords.tryAgain}
          </Button>
        </>
      )}
    </Notice>
  );
}

/** The request ids of a problem, each with a button that copies it. Renders nothing when there are none. */
export function References({ problem }: { problem: Pick<Problem, 'requestID' | 'upstreamRequestID'> }) {
  const all = [
    { name: words.reference, copy: words.copyReference, value: problem.requestID },
    { name: words.upstreamReference, copy: words.copyUpstreamReference, value: problem.upstreamRequestID ?? '' },
  ].filter(({ value }) => value !== '');
  if (all.length === 0) return null;
  return (
    <dl className={styles.references}>
      {all.map(({ name, copy, value }) => (
        <div key={name} className={styles.reference}>
          <dt>{name}</dt>
          <dd>
            <code>{value}</code>
            <CopyButton text={value} label={copy} copiedLabel={commonWords.copied} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
