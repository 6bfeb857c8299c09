import { useQuery, useQueryClient } from '@tanstack/react-query';
import IconRefresh from 'lucide-react/icons/refresh-cw';
import { type ReactNode, useEffect, useState } from 'react';
import type { Problem } from '../../contract/problem.ts';
import { statusQuery } from '../api/status.ts';
import { Button } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { Notice } from '../ui/notice.tsx';
import { commonWords } from '../words/common.ts';
import { problemWords as words } from '../words/problem.ts';
import styles from './problem-notice.module.css';

type ProblemNoticeProps = {
  problem: Problem;
  /** offers Try again */
  onRetry?: (() => void) | undefined;
  busy?: boolean;
  /** what else is to be said or done */
  children?: ReactNode;
  className?: string | undefined;
};

/** A second try that works takes its button away: the focus goes on from the heading of the page. */
const handOnFocus = (button: HTMLButtonElement) => () => {
  if (button === document.activeElement) document.querySelector<HTMLElement>('main h1')?.focus();
};

/**
 * A problem for people: what happened in the words of the answer, what that means here, when to try again, and the
 * references to quote, ready to be copied.
 */
export function ProblemNotice({ problem, onRetry, busy = false, children, className }: ProblemNoticeProps) {
  const advice = words.advice[problem.status];
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
      {onRetry !== undefined && <TryAgain onRetry={onRetry} busy={busy} />}
    </Notice>
  );
}

/**
 * What could not be read is read again by a press, and by itself whenever Moov is well again, which is asked about at once. Only
 * then: reading by itself again and again would keep the session alive.
 */
function TryAgain({ onRetry, busy }: { onRetry: () => void; busy: boolean }) {
  const client = useQueryClient();
  const { data, dataUpdatedAt } = useQuery({ ...statusQuery, enabled: false });
  const [shownAt] = useState(Date.now);
  const wellSince = data?.upstream === 'up' && dataUpdatedAt > shownAt && data.since;
  useEffect(() => void client.invalidateQueries({ queryKey: statusQuery.queryKey }), [client]);
  useEffect(() => {
    if (wellSince) void client.refetchQueries({ type: 'active', predicate: ({ state }) => state.status === 'error' });
  }, [client, wellSince]);
  return (
    <Button ref={handOnFocus} onClick={onRetry} busy={busy}>
      <IconRefresh aria-hidden="true" />
      {commonWords.tryAgain}
    </Button>
  );
}

/** The request ids of a problem, each with a button that copies it; nothing where there are none. */
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
