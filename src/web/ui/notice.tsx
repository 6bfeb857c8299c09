import IconCircleAlert from 'lucide-react/icons/circle-alert';
import IconCircleCheck from 'lucide-react/icons/circle-check';
import IconInfo from 'lucide-react/icons/info';
import IconTriangleAlert from 'lucide-react/icons/triangle-alert';
import type { ComponentProps, ReactNode } from 'react';
import { classes } from './classes.ts';
import styles from './notice.module.css';
import tones from './tones.module.css';

const icons = {
  info: IconInfo,
  success: IconCircleCheck,
  warning: IconTriangleAlert,
  danger: IconCircleAlert,
} as const;

type NoticeProps = Omit<ComponentProps<'div'>, 'title'> & { tone: keyof typeof icons; title?: ReactNode };

/** A framed message on the page. To have screen readers announce it, give a `role` (`status` or `alert`) or move the focus to it. */
export function Notice({ tone, title, className, children, ...rest }: NoticeProps) {
  const Icon = icons[tone];
  return (
    <div {...rest} className={classes(styles.notice, tones[tone], className)}>
      <Icon className={styles.mark} aria-hidden="true" />
      <div className={styles.content}>
        {title !== undefined && <div className={styles.title}>{title}</div>}
        {children}
      </div>
    </div>
  );
}
