import IconCheck from 'lucide-react/icons/check';
import IconCopy from 'lucide-react/icons/copy';
import { useEffect, useRef, useState } from 'react';
import { Button } from './button.tsx';
import styles from './copy-button.module.css';
import { VisuallyHidden } from './visually-hidden.tsx';

type CopyButtonProps = {
  /** what is copied */
  text: string;
  /** what the button says, for example “Copy reference” */
  label: string;
  /** what the button says for two seconds after copying */
  copiedLabel: string;
};

/** A button that copies a text. If the browser refuses, the text appears in a selected input, to be copied by hand. */
export function CopyButton({ text, label, copiedLabel }: CopyButtonProps) {
  const [state, setState] = useState<'idle' | 'copied' | 'by-hand'>('idle');
  const byHand = useRef<HTMLInputElement>(null);

  useEffect(() => {
    if (state === 'by-hand') byHand.current?.select();
    if (state !== 'copied') return;
    const timer = setTimeout(() => setState('idle'), 2000);
    return () => clearTimeout(timer);
  }, [state]);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setState('copied');
    } catch {
      setState('by-hand');
    }
  };

  return (
    <span className={styles.copy}>
      <Button variant="quiet" className={styles.button} onClick={() => void copy()}>
        {state === 'copied' ? <IconCheck aria-hidden="true" /> : <IconCopy aria-hidden="true" />}
        <span>{state === 'copied' ? copiedLabel : label}</span>
      </Button>
      <VisuallyHidden aria-live="polite">{state === 'copied' ? copiedLabel : ''}</VisuallyHidden>
      {state === 'by-hand' && (
        <input ref={byHand} readOnly value={text} aria-label={label} className={styles.text} size={text.length} />
      )}
    </span>
  );
}
