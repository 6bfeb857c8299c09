import type { ComponentProps } from 'react';
import styles from './button.module.css';
import type { ButtonVariant } from './button.tsx';
import { classes } from './classes.ts';

type LinkButtonProps = ComponentProps<'a'> & { href: string; variant?: ButtonVariant };

/** A link that looks like a button. Use it to go somewhere; to do something, use `Button`. */
export function LinkButton({ variant = 'secondary', className, children, ...rest }: LinkButtonProps) {
  return (
    <a {...rest} className={classes(styles.button, styles[variant], className)}>
      {children}
    </a>
  );
}
