import { type RefObject, useEffect, useRef } from 'react';

/**
 * When a control that had the focus goes, and nothing else has taken the focus, it goes on from the heading of the page.
 * @param there whether the control stands on the page
 */
export function useLostFocus(there: boolean, heading: RefObject<HTMLHeadingElement | null>) {
  const wasThere = useRef(there);
  useEffect(() => {
    if (wasThere.current && !there && document.activeElement === document.body) heading.current?.focus();
    wasThere.current = there;
  }, [there, heading]);
}
