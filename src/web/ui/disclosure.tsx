import IconChevronRight from 'lucide-react/icons/chevron-right';
import type { ReactNode } from 'react';
import { classes } from './classes.ts';
import styles from './disclosure.module.css';

type DisclosureProps = {
  summary: ReactNode;
  /** leave out to let the browser decide whether it is open */
  open?: boolean;
  onToggle?: (open: boolean) => void;
  children: ReactNode;
  className?: string | undefined;
};

/** A section that opens and closes: the browser's own `<details>`, which also opens when “find in page” finds something in it. */
export function Disclosure({ summary, open, onToggle, children, className }: DisclosureProps) {
  return (
    <details
      className={classes(styles.disclosure, className)}
      {...(open !== undefined && { open })}
      onToggle={(event) => onToggle?.(event.currentTarget.open)}
    >
      <summary className={styles.summary}>
        <IconChevronRight className={styles.mark} aria-hidden="true" />
        {summary}
      </summary>
      <div className={styles.content}>{children}</div>
    </details>
  );
}
