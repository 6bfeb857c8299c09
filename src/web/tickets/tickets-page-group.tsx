import { type MouseEvent, type ReactNode, useId } from 'react';
import { Link } from 'wouter';
import styles from './tickets-page.module.css';

/** A list with a heading, above the list of tickets; `children` are its rows. */
export function RowGroup({ name, children }: { name: string; children: ReactNode }) {
  const heading = useId();
  return (
    <section className={styles.group}>
      <h2 id={heading} className={styles.groupTitle}>
        {name}
      </h2>
      <ul className={styles.rows} aria-labelledby={heading}>
        {children}
      </ul>
    </section>
  );
}

type GroupedRowProps = {
  href: string;
  /** called when the row is about to be opened in this tab */
  onOpen?(): void;
  title: string;
  details: ReactNode;
  /** a badge */
  state: ReactNode;
  when: ReactNode;
};

/** A row that looks like a ticket's, for a draft or a submission, which is not a ticket at Moov yet. */
export function GroupedRow({ href, onOpen, title, details, state, when }: GroupedRowProps) {
  const open = ({ ctrlKey, metaKey, shiftKey, altKey }: MouseEvent) => {
    if (!(ctrlKey || metaKey || shiftKey || altKey)) onOpen?.();
  };
  return (
    <li className={styles.row}>
      <div className={styles.ticket}>
        <Link href={href} onClick={open} className={styles.title}>
          {title}
        </Link>
        <span className={styles.details}>{details}</span>
        <span className={styles.state}>{state}</span>
        <span className={styles.when}>{when}</span>
      </div>
    </li>
  );
}
