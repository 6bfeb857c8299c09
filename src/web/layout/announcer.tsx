import { useSyncExternalStore } from 'react';
import { VisuallyHidden } from '../ui/visually-hidden.tsx';

let message = '';
const listeners = new Set<() => void>();
const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** whether something was announced in the current task, and is not on the page yet */
let isFresh = false;

/** Has screen readers say something, after what they are saying now. `''` takes back what is about to be said. */
export function announce(words: string): void {
  // Announcements in the same task are put on the page together: otherwise the last one would replace the others before they are read.
  if (isFresh && words !== '') message += ` ${words}`;
  // A live region is read out only when its text changes, so the same words a second time get a no-break space.
  else message = words === message ? `${words}\u00a0` : words;
  isFresh = words !== '';
  queueMicrotask(() => {
    isFresh = false;
  });
  for (const listener of listeners) listener();
}

/** The one live region of the page. It is there from the start, because screen readers may miss one that is added later. */
export function Announcer() {
  const words = useSyncExternalStore(
    subscribe,
    () => message,
    () => '',
  );
  return <VisuallyHidden role="status">{words}</VisuallyHidden>;
}
