import { type ReactNode, type RefObject, useEffect, useRef } from 'react';
import { setPageTitle } from './page-title.ts';

/** The address whose heading was last on the screen: arriving at another one moves the focus to its heading. */
let headedPath = typeof location === 'undefined' ? '' : location.pathname;

type PageHeadingProps = {
  /** the name of the page in the tab; also the heading, unless `children` say it otherwise */
  title: string;
  children?: ReactNode;
  className?: string | undefined;
  id?: string;
  /** for a page that moves the focus there by itself */
  ref?: RefObject<HTMLHeadingElement | null>;
};

/**
 * The `h1` of a page. Names the tab, and takes the focus when it comes with a change of page (not with the first page
 * of a visit), so that keyboard and screen reader go on from there. Stays mounted while its page loads.
 */
export function PageHeading({ title, children, className, id, ref }: PageHeadingProps) {
  const own = useRef<HTMLHeadingElement>(null);
  const heading = ref ?? own;
  useEffect(() => setPageTitle(title), [title]);
  useEffect(() => {
    if (headedPath === location.pathname) return;
    headedPath = location.pathname;
    heading.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [heading]);
  return (
    <h1 ref={heading} id={id} tabIndex={-1} className={className}>
      {children ?? title}
    </h1>
  );
}
