import { useSyncExternalStore } from 'react';
import { VisuallyHidden } from '../ui/visually-hidden.tsx';

let message = '';
const listeners = new Set<() => void>();
const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** Says something to those who do not see the screen, when they have finished what they are hearing. */
export function announce(words: string): void {
  // A live region is silent when its text does not change: the same words twice differ by a no-break space.
  message = words === message ? `${words}\u00a0` : words;
  for (const listener of listeners) listener();
}

/** The live region of the page: one, there from the start, so that assistive technology knows it. */
export function Announcer() {
  const words = useSyncExternalStore(
    subscribe,
    () => message,
    () => '',
  );
  return <VisuallyHidden role="status">{words}</VisuallyHidden>;
}
