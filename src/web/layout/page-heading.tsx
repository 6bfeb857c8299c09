import { type ReactNode, type RefObject, useEffect, useRef } from 'react';
import { setPageTitle } from './page-title.ts';

/** The path of the page whose heading was shown last. When the path has changed, the new heading gets the focus. */
let headedPath = typeof location === 'undefined' ? '' : location.pathname;

type PageHeadingProps = {
  /** the name of the page, shown in the tab, and in the heading unless there are `children` */
  title: string;
  children?: ReactNode;
  /** for a page that itself moves the focus to the heading */
  ref?: RefObject<HTMLHeadingElement | null>;
};

/**
 * The `h1` of a page. It also names the tab. After going to another page the heading takes the focus, so that keyboard and screen
 * reader go on from there; on the first page of a visit it does not. Show it while the page is still loading, and keep it mounted.
 */
export function PageHeading({ title, children, ref }: PageHeadingProps) {
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
    <h1 ref={heading} tabIndex={-1}>
      {children ?? title}
    </h1>
  );
}
