import { type ReactNode, useEffect, useRef } from 'react';
import { Notice } from '../ui/notice.tsx';
import { filingWords } from '../words/filing.ts';
import { labelID } from './field.tsx';
import styles from './forms.module.css';

/** What is at fault with one control, and the way there. */
export type Fault = {
  /** id of the control */
  id: string;
  label: string;
  sentence: string;
  /** for a control that is not focused as an input is, such as the editor */
  focus?: () => void;
};

type ErrorSummaryProps = {
  /** `warning` where nothing is at fault and the person has to know all the same */
  tone?: 'danger' | 'warning';
  title: string;
  faults: Fault[];
  /** grows with each failed submission: the summary takes the focus then, and at no other time */
  attempt: number;
  /** what else is to be said, above the list */
  children?: ReactNode;
  /** what comes after the list */
  footer?: ReactNode;
};

/**
 * What stands in the way of a form, above it: a heading, and a link to each control at fault. Takes the focus when a
 * submission fails. A link brings the label into view first, so that the sentence under it is seen with the control
 * (after GOV.UK's error summary).
 */
export function ErrorSummary({ tone = 'danger', title, faults, attempt, children, footer }: ErrorSummaryProps) {
  const summary = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (attempt === 0) return;
    summary.current?.focus({ preventScroll: true });
    summary.current?.scrollIntoView({ block: 'nearest' });
  }, [attempt]);

  return (
    <Notice
      ref={summary}
      tone={tone}
      role="alert"
      tabIndex={-1}
      className={styles.summary ?? ''}
      title={<h2 className={styles.summaryTitle}>{title}</h2>}
    >
      {children}
      {faults.length > 0 && (
        <ul className={styles.faults}>
          {faults.map((fault) => {
            const words = filingWords.summary.entry(fault.label, fault.sentence);
            return (
              <li key={fault.id}>
                <a
                  href={`#${fault.id}`}
                  onClick={(event) => {
                    event.preventDefault();
                    goTo(fault);
                  }}
                >
                  <strong>{words.label}</strong> {words.sentence}
                </a>
              </li>
            );
          })}
        </ul>
      )}
      {footer}
    </Notice>
  );
}

function goTo({ id, focus }: Fault) {
  document.getElementById(labelID(id))?.scrollIntoView({ block: 'start' });
  if (focus !== undefined) focus();
  else document.getElementById(id)?.focus({ preventScroll: true });
}
