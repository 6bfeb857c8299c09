import type { ReactNode, RefObject } from 'react';
import { PageHeading } from './page-heading.tsx';
import styles from './stand-in.module.css';

type StandInProps = {
  title: string;
  /** for a page that itself moves the focus to the heading */
  heading?: RefObject<HTMLHeadingElement | null>;
  /** an icon above the heading */
  mark?: ReactNode;
  children: ReactNode;
  /** a note at the end, in smaller type */
  aside?: ReactNode;
};

/** The layout of a page that is shown in place of another: a heading, a few words, and a link to go on. */
export function StandIn({ title, heading, mark, children, aside }: StandInProps) {
  return (
    <div className={styles.page}>
      {mark !== undefined && <span className={styles.mark}>{mark}</span>}
      <PageHeading title={title} {...(heading !== undefined && { ref: heading })} />
      {children}
      {aside !== undefined && <p className={styles.aside}>{aside}</p>}
    </div>
  );
}
