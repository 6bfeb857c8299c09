import { type ReactNode, useEffect, useId, useRef } from 'react';
import { Button } from './button.tsx';
import { classes } from './classes.ts';
import styles from './dialog.module.css';

type DialogProps = {
  open: boolean;
  /** Escape, a click beside it, or the page closing it: set `open` to false */
  onClose: () => void;
  title: ReactNode;
  children: ReactNode;
  /** the words of the first button, which changes nothing: it closes the question */
  dismiss: ReactNode;
  /** the buttons that do something, after it */
  actions?: ReactNode;
  className?: string | undefined;
};

/** A question that must be answered first: the browser's own modal `<dialog>`, which keeps and returns the focus. */
export function Dialog({ open, onClose, title, children, dismiss, actions, className }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleID = useId();

  useEffect(() => {
    const element = dialog.current;
    if (element === null) return;
    if (open && !element.open) element.showModal();
    if (!open && element.open) element.close();
  }, [open]);

  return (
    <dialog
      ref={dialog}
      aria-labelledby={titleID}
      className={classes(styles.dialog, className)}
      closedby="any"
      onClose={onClose}
    >
      {open && (
        <div className={styles.body}>
          <h2 id={titleID} className={styles.title}>
            {title}
          </h2>
          {children}
          <div className={styles.actions}>
            <Button onClick={onClose}>{dismiss}</Button>
            {actions}
          </div>
        </div>
      )}
    </dialog>
  );
}
