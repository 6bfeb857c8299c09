import { useLayoutEffect, useMemo, useRef } from 'react';
import { classes } from '../ui/classes.ts';
import { messageWords } from '../words/message.ts';
import { cleanMessage } from './clean-message.ts';
import styles from './message.module.css';
import { isOverwhelming, textWithoutParsing } from './nesting.ts';

type MessageHTMLProps = { html: string; className?: string | undefined };

/**
 * Shows message HTML that came from outside: cleaned, nothing active, pictures as links, quoted history folded. What would
 * be too much for a browser to parse is shown as text.
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
  // Nodes, not a string: they pass `require-trusted-types-for 'script'` and are never parsed a second time.
  useLayoutEffect(() => {
    const clean = cleanMessage(html);
    if (clean.textContent?.trim() === '') clean.append(messageWords.empty);
    place.current?.replaceChildren(clean);
  }, [html]);
  return <div ref={place} className={classes(styles.content, className)} dir="auto" />;
}
