import { type Ref, useEffect, useRef, useState } from 'react';
import { Dialog } from '../ui/dialog.tsx';
import { shortcutWords } from '../words/shortcuts.ts';
import styles from './shortcut-sheet.module.css';
import type { Shortcut, ToolShortcuts } from './tools.tsx';

const words = shortcutWords;

type ShortcutSheetProps = {
  /** what had the focus when the sheet was asked for */
  focused: Element | null;
  onClose(): void;
};

/**
 * Loads the sheet of all keyboard shortcuts of the form for a new ticket. It asks for those of the tools when it runs: if it imported the
 * tools statically, they could not be fetched from another address after a failure (see `vite.config.ts`).
 */
export async function loadShortcutSheet() {
  const { toolShortcuts } = await import('./tools.tsx');
  return (props: ShortcutSheetProps) => <ShortcutSheet {...props} tools={toolShortcuts} />;
}

function ShortcutSheet({ focused, onClose, tools }: ShortcutSheetProps & { tools: ToolShortcuts }) {
  const first = useRef<HTMLHeadingElement>(null);
  // Its code may have come late, perhaps only with the connection: it must not open over what the person has gone on to write.
  const [isLate] = useState(() => document.activeElement !== focused && document.activeElement !== document.body);
  useEffect(() => {
    if (isLate) onClose();
  }, [isLate, onClose]);
  // The dialog gives the focus to its button, which stands at the end: a small screen would show the end of the list.
  useEffect(() => {
    first.current?.focus();
  }, []);
  const group = (title: string, shortcuts: readonly Shortcut[], heading?: Ref<HTMLHeadingElement>) => (
    <section>
      <h3 ref={heading} tabIndex={-1} className={styles.title}>
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
    <Dialog open={!isLate} onClose={onClose} title={words.title} dismiss={words.close} className={styles.sheet}>
      {group(words.groups.ticket, [[words.submit, tools.submit]], first)}
      {group(words.groups.message, [...tools.message, [words.pastePlain, tools.pastePlain]])}
      {group(words.groups.around, [
        [words.leave, 'Tab'],
        [words.toToolbar, tools.toToolbar],
        [words.alongToolbar, '← →'],
        [words.toMessage, 'Esc'],
      ])}
    </Dialog>
  );
}
