import { type ReactNode, useEffect, useRef } from 'react';
import { Notice } from '../ui/notice.tsx';
import { filingWords } from '../words/filing.ts';
import { labelID } from './field.tsx';
import styles from './forms.module.css';

/** What is wrong with one control. */
export type Fault = {
  /** the id of the control's element */
  id: string;
  label: string;
  sentence: string;
  /** focuses the control, if that takes more than the element's own `focus()`, as for the editor */
  focus?: () => void;
};

type ErrorSummaryProps = {
  /** `warning` when nothing is wrong, but the person must know something */
  tone?: 'danger' | 'warning';
  title: string;
  faults: Fault[];
  /** grows with each failed submission. The summary takes the focus whenever this changes to a number other than 0 */
  attempt: number;
  /** shown above the list */
  children?: ReactNode;
  /** shown below the list */
  footer?: ReactNode;
};

/**
 * Shown above a form that could not be submitted: a heading, and a link to each control that needs attention. Takes the focus when a
 * submission fails. A link scrolls to the control's label and not to the control, so that label, error and control are all visible
 * (as in GOV.UK's error summary, https://design-system.service.gov.uk/components/error-summary/).
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
  const control = document.getElementById(id);
  // What is in a closed section can be neither seen nor focused.
  control?.closest('details')?.setAttribute('open', '');
  document.getElementById(labelID(id))?.scrollIntoView({ block: 'start' });
  if (focus !== undefined) focus();
  else control?.focus({ preventScroll: true });
}
