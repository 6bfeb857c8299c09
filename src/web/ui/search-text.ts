import { useEffect, useRef, useState } from 'react';

/** How long typing must pause before the search is made. */
const pauseMs = 200;

/**
 * The state of a search box whose search is stored elsewhere, such as in the address. What is typed is stored when typing pauses. When
 * the stored search changes in another way (Back, a link), the box shows the new one.
 * @param kept the search as it is stored
 * @param keep stores a search; called with the trimmed text
 * @returns the text in the box, and a function that sets it
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
