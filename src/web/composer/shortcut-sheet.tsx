import { useEffect, useRef } from 'react';
import { Dialog } from '../ui/dialog.tsx';
import { shortcutWords } from '../words/shortcuts.ts';
import styles from './shortcut-sheet.module.css';
import type { Shortcut, ToolShortcuts } from './tools.tsx';

const words = shortcutWords;

type ShortcutSheetProps = { open: boolean; onClose(): void };

/**
 * Loads the sheet of all keyboard shortcuts of the form for a new ticket. It asks for those of the tools when it runs: if it imported the
 * tools statically, they could not be fetched from another address after a failure (see `vite.config.ts`).
 */
export async function loadShortcutSheet() {
  const { toolShortcuts } = await import('./tools.tsx');
  return (props: ShortcutSheetProps) => <ShortcutSheet {...props} tools={toolShortcuts} />;
}

function ShortcutSheet({ open, onClose, tools }: ShortcutSheetProps & { tools: ToolShortcuts }) {
  const first = useRef<HTMLHeadingElement>(null);
  // The dialog gives the focus to its button, which stands at the end: a small screen would show the end of the list.
  useEffect(() => {
    if (open) first.current?.focus();
  }, [open]);
  const group = (title: string, shortcuts: readonly Shortcut[]) => (
    <section>
      <h3 ref={title === words.groups.ticket ? first : undefined} tabIndex={-1} className={styles.title}>
        {title}
      </h3>
      <dl className={styles.list}>
        {shortcuts.map(([name, keys]) => (
          <div key={name} className={styles.shortcut}>
            <dt>{name}</dt>
            <dd>
              <kbd className={styles.keys}>{keys}</kbd>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
  return (
    <Dialog open={open} onClose={onClose} title={words.title} dismiss={words.close} className={styles.sheet}>
      {group(words.groups.ticket, [[words.submit, tools.submit]])}
      {group(words.groups.message, [...tools.message, [words.pastePlain, tools.pastePlain]])}
      {group(words.groups.around, [
        [words.leave, 'Tab'],
        [words.toToolbar, 'Alt+F10'],
        [words.alongToolbar, '← →'],
        [words.toMessage, 'Esc'],
      ])}
    </Dialog>
  );
}
