import type { ComponentProps, MouseEvent } from 'react';
import styles from './button.module.css';
import { classes } from './classes.ts';
import { SpinnerMark } from './spinner.tsx';

export type ButtonVariant = 'primary' | 'secondary' | 'quiet' | 'danger';
type ButtonProps = ComponentProps<'button'> & { variant?: ButtonVariant; busy?: boolean };

/**
 * A button. `busy` shows that its work is under way: it keeps the focus and its name, and takes no further press
 * (neither by mouse nor by Enter in a form). Its `type` is `button` unless told otherwise.
 */
export function Button({ variant = 'secondary', busy = false, className, onClick, children, ...rest }: ButtonProps) {
  const press = (event: MouseEvent<HTMLButtonElement>) => {
    if (busy || rest['aria-disabled'] === true || rest['aria-disabled'] === 'true') event.preventDefault();
    else onClick?.(event);
  };
  return (
    <button
      type="button"
      {...rest}
      {...(busy && { 'aria-busy': true, 'aria-disabled': true })}
      onClick={press}
      className={classes(styles.button, styles[variant], className)}
    >
      {busy && <SpinnerMark />}
      {/* Browsers that translate a page replace its texts: nothing may be put in before a text of React's own. */}
      <span className={styles.content}>{children}</span>
    </button>
  );
}
