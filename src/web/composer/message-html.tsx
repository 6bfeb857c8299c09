import { useLayoutEffect, useMemo, useRef } from 'react';
import { classes } from '../ui/classes.ts';
import { messageWords } from '../words/message.ts';
import { cleanMessage } from './clean-message.ts';
import styles from './message.module.css';
import { isOverwhelming, textWithoutParsing } from './nesting.ts';

type MessageHTMLProps = { html: string; className?: string | undefined };

/**
 * Shows the HTML of a message from outside, cleaned by `cleanMessage`. HTML that would take a browser too long to parse is shown as plain
 * text, with a note that says so.
 */
export function MessageHTML({ html, className }: MessageHTMLProps) {
  const overwhelming = useMemo(() => isOverwhelming(html), [html]);
  return overwhelming ? (
    <div className={className} dir="auto">
      <p className={styles.aside}>{messageWords.tooComplex}</p>
      <div className={styles.plain}>{textWithoutParsing(html)}</div>
    </div>
  ) : (
    <Cleaned html={html} className={className} />
  );
}

function Cleaned({ html, className }: MessageHTMLProps) {
  const place = useRef<HTMLDivElement>(null);
  // Inserts nodes and not a string: Trusted Types allow that, and what was cleaned is not parsed a second time.
  useLayoutEffect(() => {
    const clean = cleanMessage(html);
    if (clean.textContent?.trim() === '') clean.append(messageWords.empty);
    place.current?.replaceChildren(clean);
  }, [html]);
  return <div ref={place} className={classes(styles.content, className)} dir="auto" />;
}
