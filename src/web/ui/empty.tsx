import type { ReactNode } from 'react';
import styles from './empty.module.css';

/** Shown in place of an empty list. Says why it is empty; `children` say what to do. */
export function Empty({ mark, title, children }: { mark?: ReactNode; title: string; children?: ReactNode }) {
  return (
    <div className={styles.empty}>
      {mark}
      <p className={styles.title}>{title}</p>
      {children}
    </div>
  );
}
