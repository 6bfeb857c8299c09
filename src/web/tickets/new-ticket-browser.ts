import { useEffect, useState, useSyncExternalStore } from 'react';

const never = () => () => undefined;

/**
 * Something that only the browser knows and that does not change, such as what kind of machine it is. The page is
 * rendered ahead, the same for everybody: until React has taken it over, `before` stands in.
 */
export const useBrowser = <T extends string | boolean>(read: () => T, before: T): T =>
  useSyncExternalStore(never, read, () => before);

export const isMac = () => /mac|iphone|ipad/i.test(navigator.userAgent);

type Late = typeof import('./new-ticket-late.ts');

/**
 * The parts of the form that come after it. Until they are there, and wherever they cannot be fetched, the form does
 * without: they are tried again when the browser is back online.
 */
export function useLateParts(): Late | undefined {
  const [late, setLate] = useState<Late>();
  useEffect(() => {
    let gone = false;
    const fetchParts = () => {
      import('./new-ticket-late.ts').then(
        ({ DraftBar, SensitiveWarning, SimilarTickets, rememberAccepted }) => {
          if (!gone) setLate({ DraftBar, SensitiveWarning, SimilarTickets, rememberAccepted });
        },
        () => {
          if (!gone) addEventListener('online', fetchParts, { once: true });
        },
      );
    };
    fetchParts();
    return () => {
      gone = true;
      removeEventListener('online', fetchParts);
    };
  }, []);
  return late;
}
