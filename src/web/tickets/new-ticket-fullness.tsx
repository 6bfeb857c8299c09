import { useWatch } from 'react-hook-form';
import { countBytes, countTags, messageLimits } from '../../contract/message.ts';
import { filingWords } from '../words/filing.ts';
import styles from './new-ticket-form.module.css';
import type { NewTicketControl } from './new-ticket-values.ts';

/** When this share of a limit is used, the form begins to show how much. */
const nearly = 0.8;

/** Says how much of a message's limits (bytes and tags) is used, once it is more than 80 %. */
export function Fullness({ control }: { control: NewTicketControl }) {
  const html = useWatch({ control, name: 'body' }) ?? '';
  const bytes = html.length * 3 < messageLimits.bytes * nearly ? 0 : countBytes(html);
  const tags = countTags(html);
  const words = filingWords.fullness;
  const kilobytes = (size: number) => (Math.ceil(size / 102.4) / 10).toLocaleString('en');
  const lines = [
    bytes > messageLimits.bytes * nearly && words.bytes(kilobytes(bytes), kilobytes(messageLimits.bytes)),
    tags > messageLimits.tags * nearly && words.tags(tags, messageLimits.tags),
  ].filter((line) => line !== false);
  const over = bytes > messageLimits.bytes || tags > messageLimits.tags;
  return <span className={over ? styles.over : styles.quiet}>{lines.join(' ')}</span>;
}
