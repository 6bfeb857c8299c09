import type { ComponentProps } from 'react';
import styles from './badge.module.css';
import { classes } from './classes.ts';
import tones from './tones.module.css';

type BadgeProps = ComponentProps<'span'> & { tone: 'neutral' | 'info' | 'success' | 'warning' | 'danger' };

/** A short label for a state. The color only repeats what the words say. */
export const Badge = ({ tone, className, ...rest }: BadgeProps) => (
  <span {...rest} className={classes(styles.badge, tones[tone], className)} />
);
