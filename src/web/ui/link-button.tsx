import type { ComponentProps } from 'react';
import styles from './button.module.css';
import type { ButtonVariant } from './button.tsx';
import { classes } from './classes.ts';

type LinkButtonProps = ComponentProps<'a'> & { href: string; variant?: ButtonVariant };

/** A link that looks like a button: for going somewhere, not for doing something. */
export function LinkButton({ variant = 'secondary', className, children, ...rest }: LinkButtonProps) {
  return (
    <a {...rest} className={classes(styles.button, styles[variant], className)}>
      {children}
    </a>
  );
}
