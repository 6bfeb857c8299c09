import type { ReactNode } from 'react';
import { PageHeading } from './page-heading.tsx';
import styles from './stand-in.module.css';

type StandInProps = {
  title: string;
  /** an icon above the heading */
  mark?: ReactNode;
  children: ReactNode;
  /** a note at the end, in smaller type */
  aside?: ReactNode;
};

/** The layout of a page that is shown in place of another: a heading, a few words, and a link to go on. */
export function StandIn({ title, mark, children, aside }: StandInProps) {
  return (
    <div className={styles.page}>
      {mark !== undefined && <span className={styles.mark}>{mark}</span>}
      <PageHeading title={title} />
      {children}
      {aside !== undefined && <p className={styles.aside}>{aside}</p>}
    </div>
  );
}
