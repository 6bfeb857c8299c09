import type { ComponentProps, MouseEvent } from 'react';
import styles from './button.module.css';
import { classes } from './classes.ts';
import { SpinnerMark } from './spinner.tsx';

export type ButtonVariant = 'primary' | 'secondary' | 'quiet' | 'danger';
type ButtonProps = ComponentProps<'button'> & { variant?: ButtonVariant; busy?: boolean };

/**
 * A button; its `type` is `button` unless another is given. `busy` shows that its work is under way: the button keeps the focus and
 * its name, but ignores presses, also Enter in a form. It is not `disabled`, since it would lose the focus.
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
      {/* In an element of its own: a browser that translates the page replaces text nodes, and React fails when it inserts
          something (the spinner) before a text node that is gone. */}
      <span className={styles.content}>{children}</span>
    </button>
  );
}
