import IconSearch from 'lucide-react/icons/search';
import { useId } from 'react';
import { classes } from './classes.ts';
import styles from './search-box.module.css';

/** How long the text of a search may be, in characters. */
export const longestSearch = 200;

type SearchBoxProps = {
  label: string;
  hint: string;
  value: string;
  onChange: (value: string) => void;
  className?: string | undefined;
};

/** A labelled input to search with. */
export function SearchBox({ label, hint, value, onChange, className }: SearchBoxProps) {
  const id = useId();
  return (
    <div className={classes(styles.search, className)}>
      <label htmlFor={id}>{label}</label>
      <div className={styles.box}>
        <IconSearch aria-hidden="true" />
        <input
          id={id}
          type="search"
          value={value}
          maxLength={longestSearch}
          placeholder={hint}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => onChange(event.target.value)}
        />
      </div>
    </div>
  );
}
