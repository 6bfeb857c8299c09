import { useSyncExternalStore } from 'react';
import { VisuallyHidden } from '../ui/visually-hidden.tsx';

let message = '';
const listeners = new Set<() => void>();
const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** Has screen readers say something, after what they are saying now. */
export function announce(words: string): void {
  // A live region is read out only when its text changes, so the same words a second time get a no-break space.
  message = words === message ? `${words}\u00a0` : words;
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
