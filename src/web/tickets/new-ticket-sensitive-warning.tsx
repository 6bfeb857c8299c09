import { useEffect, useState } from 'react';
import { useWatch } from 'react-hook-form';
import { Notice } from '../ui/notice.tsx';
import { filingWords } from '../words/filing.ts';
import { findSensitive, type Sensitive } from './new-ticket-sensitive.ts';
import type { NewTicketControl } from './new-ticket-values.ts';

/** How long typing must pause before the text is searched. */
const restMs = 500;

/** Warns that title or message seem to hold a card number, a bank account or a secret. Never keeps the person from submitting. */
export function SensitiveWarning({ control }: { control: NewTicketControl }) {
  const [title = '', body = ''] = useWatch({ control, name: ['title', 'body'] });
  const [found, setFound] = useState<Sensitive[]>([]);
  useEffect(() => {
    const timer = setTimeout(() => {
      const now = findSensitive(title, body);
      setFound((before) => (before.join() === now.join() ? before : now));
    }, restMs);
    return () => clearTimeout(timer);
  }, [title, body]);

  const words = filingWords.sensitive;
  if (found.length === 0) return null;
  return (
    <Notice tone="warning" title={words.title}>
      <ul>
        {found.map((kind) => (
          <li key={kind}>{words.found[kind]}</li>
        ))}
      </ul>
      <p>{words.detail}</p>
    </Notice>
  );
}
