import { type RefObject, useEffect, useRef } from 'react';

/**
 * Moves the focus to the heading of the page when a control disappears while it has the focus, and nothing else has taken the focus.
 * Otherwise people who use a keyboard or a screen reader would have to start at the top of the page.
 * @param there whether the control is on the page now
 */
export function useLostFocus(there: boolean, heading: RefObject<HTMLHeadingElement | null>) {
  const wasThere = useRef(there);
  useEffect(() => {
    if (wasThere.current && !there && document.activeElement === document.body) heading.current?.focus();
    wasThere.current = there;
  }, [there, heading]);
}
