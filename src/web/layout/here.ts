import { type RefObject, useEffect, useRef } from 'react';

/** Whether the component is still on the page, for what comes after waiting: the person may have gone to another page meanwhile. */
export function useHere(): Readonly<RefObject<boolean>> {
  const here = useRef(true);
  useEffect(() => {
    here.current = true;
    return () => {
      here.current = false;
    };
  }, []);
  return here;
}
