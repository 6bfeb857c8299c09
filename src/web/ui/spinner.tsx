import styles from './spinner.module.css';

/** Only the turning mark, hidden from screen readers: whoever uses it must say in words what is under way. */
export const SpinnerMark = () => <span aria-hidden="true" className={styles.mark} />;

/** Shows that something is under way; the visible `label` says what. */
export function Spinner({ label }: { label: string }) {
  return (
    <span className={styles.spinner}>
      <SpinnerMark />
      <span>{label}</span>
    </span>
  );
}
