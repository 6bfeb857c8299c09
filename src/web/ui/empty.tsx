import type { ReactNode } from 'react';
import styles from './empty.module.css';

/** What stands where a list would be that has nothing in it: why, and what can be done. */
export function Empty({ mark, title, children }: { mark?: ReactNode; title: string; children?: ReactNode }) {
  return (
    <div className={styles.empty}>
      {mark}
      <p className={styles.title}>{title}</p>
      {children}
    </div>
  );
}
