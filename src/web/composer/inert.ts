const trusted = typeof window === 'undefined' ? undefined : window.trustedTypes;
/**
 * Under `require-trusted-types-for 'script'` even an inert parse needs a policy. It may pass any text, because its only
 * use is below: documents of DOMParser run no script, load nothing and are never attached to the page.
 */
const policy = trusted?.createPolicy('message-html', { createHTML: (html) => html });

/** Renames `style` attributes to `data-style`: the page's policy forbids them even in an inert document. */
export const setStylesAside = (html: string) => html.replace(/(<[a-z][^<>]*?[\s"'])style(\s*=)/gi, '$1data-style$2');

/** Parses HTML that nobody vouches for into a body that does nothing: to be read, never to be attached. */
export function parseInert(html: string): HTMLElement {
  const text = setStylesAside(html);
  return new DOMParser().parseFromString(policy?.createHTML(text) ?? text, 'text/html').body;
}
