import type { ReactNode } from 'react';
import { PageHeading } from './page-heading.tsx';
import styles from './stand-in.module.css';

type StandInProps = {
  title: string;
  /** above the heading */
  mark?: ReactNode;
  children: ReactNode;
  /** what is said last, and less loudly */
  aside?: ReactNode;
};

/** A page that is shown in the place of another: a heading, a few words, and a way on. */
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
