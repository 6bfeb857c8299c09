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
  const [asked, setAsked] = useState<{ at: number; focused: Element | null }>();
  const ask = () => setAsked({ at: performance.now(), focused: document.activeElement });
  return (
    <>
      <Button variant="quiet" className={styles.shortcuts ?? ''} aria-haspopup="dialog" onClick={ask}>
        {filingWords.shortcuts}
      </Button>
      {/* By the key, each press tries anew to load a sheet that could not be loaded. */}
      {asked && <ShortcutSheet key={asked.at} focused={asked.focused} onClose={() => setAsked(undefined)} />}
    </>
  );
}
