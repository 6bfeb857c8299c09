import { classes } from './classes.ts';
import styles from './spinner.module.css';

/** The turning mark alone, for those who see; whoever uses it says in words what is under way. */
export const SpinnerMark = ({ className }: { className?: string | undefined }) => (
  <span aria-hidden="true" className={classes(styles.mark, className)} />
);

/** Something is under way; `label` says what, for everybody. */
export function Spinner({ label, className }: { label: string; className?: string | undefined }) {
  return (
    <span className={classes(styles.spinner, className)}>
      <SpinnerMark />
      <span>{label}</span>
    </span>
  );
}
