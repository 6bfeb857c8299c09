import { useState } from 'react';
import { Button } from '../ui/button.tsx';
import { aside } from '../ui/later.ts';
import { filingWords } from '../words/filing.ts';
import styles from './new-ticket-form.module.css';

const ShortcutSheet = aside(
  async () => (await import('../composer/shortcut-sheet.tsx')).loadShortcutSheet(),
  <p role="status">{filingWords.noShortcuts}</p>,
);

/** The button that opens the sheet of keyboard shortcuts, whose code is loaded then. */
export function Shortcuts() {
  const [open, setOpen] = useState<boolean>();
  return (
    <>
      <Button variant="quiet" className={styles.shortcuts ?? ''} aria-haspopup="dialog" onClick={() => setOpen(true)}>
        {filingWords.shortcuts}
      </Button>
      {open !== undefined && <ShortcutSheet open={open} onClose={() => setOpen(false)} />}
    </>
  );
}
