import { classes } from './classes.ts';
import styles from './spinner.module.css';

/** Only the turning mark, hidden from screen readers: whoever uses it must say in words what is under way. */
export const SpinnerMark = ({ className }: { className?: string | undefined }) => (
  <span aria-hidden="true" className={classes(styles.mark, className)} />
);

/** Shows that something is under way; the visible `label` says what. */
export function Spinner({ label, className }: { label: string; className?: string | undefined }) {
  return (
    <span className={classes(styles.spinner, className)}>
      <SpinnerMark />
      <span>{label}</span>
    </span>
  );
}
