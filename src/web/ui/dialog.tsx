import { type ReactNode, useEffect, useId, useLayoutEffect, useRef } from 'react';
import { Button } from './button.tsx';
import { classes } from './classes.ts';
import styles from './dialog.module.css';

type DialogProps = {
  open: boolean;
  /** called after Escape, a click beside the dialog, the first button, and after `open` has become false: set `open` to false */
  onClose: () => void;
  title: ReactNode;
  children: ReactNode;
  /** the label of the first button, which only closes the dialog */
  dismiss: ReactNode;
  /** further buttons, which do something */
  actions?: ReactNode;
  className?: string | undefined;
};

/** A modal dialog: the browser's own `<dialog>`, which keeps the focus inside and gives it back when it closes. */
export function Dialog({ open, onClose, title, children, dismiss, actions, className }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleID = useId();

  useEffect(() => {
    const element = dialog.current;
    if (element === null) return;
    if (open && !element.open) element.showModal();
    if (!open && element.open) element.close();
  }, [open]);
  // If it is removed while it is open, the focus is lost, so it is closed first. Only a layout effect is cleaned up early enough for that.
  useLayoutEffect(() => {
    const element = dialog.current;
    return () => element?.close();
  }, []);

  return (
    <dialog
      ref={dialog}
      aria-labelledby={titleID}
      className={classes(styles.dialog, className)}
      closedby="any"
      onClose={onClose}
      // Keys belong to the dialog while it is open, not to what stands around it in the program: Ctrl+Enter would submit a form.
      onKeyDown={(event) => event.stopPropagation()}
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
