import { useEffect, useRef, useState } from 'react';

const pauseMs = 200;

/**
 * The text of a search box whose search is kept elsewhere, as in the address: it is kept when typing pauses, and comes from
 * there when it changes by other hands (Back, a link, Clear).
 */
export function useSearchText(kept: string, keep: (wanted: string) => void) {
  const [text, setText] = useState(kept);
  const latest = useRef(kept);
  const keeping = useRef(keep);
  useEffect(() => {
    keeping.current = keep;
  });
  useEffect(() => {
    if (latest.current !== kept) {
      latest.current = kept;
      setText(kept);
    }
  }, [kept]);
  useEffect(() => {
    const wanted = text.trim();
    if (wanted === latest.current) return;
    const timer = setTimeout(() => {
      latest.current = wanted;
      keeping.current(wanted);
    }, pauseMs);
    return () => clearTimeout(timer);
  }, [text]);
  return [text, setText] as const;
}
