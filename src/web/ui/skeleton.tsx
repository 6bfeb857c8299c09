import { classes } from './classes.ts';
import styles from './skeleton.module.css';
import { VisuallyHidden } from './visually-hidden.tsx';

const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l'];

/** Grey lines in place of content that is being loaded, at most twelve. `label` says this to screen readers. */
export function Skeleton({
  label,
  lines = 3,
  className,
}: {
  label: string;
  lines?: number;
  className?: string | undefined;
}) {
  return (
    <div className={classes(styles.skeleton, className)} data-loading>
      <VisuallyHidden>{label}</VisuallyHidden>
      {keys.slice(0, lines).map((key) => (
        <div key={key} className={styles.line} />
      ))}
    </div>
  );
}
