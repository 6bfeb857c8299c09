const trusted = typeof window === 'undefined' ? undefined : window.trustedTypes;
/**
 * Under `require-trusted-types-for 'script'` even an inert parse needs a policy. It may pass any text, because its only
 * use is below: documents of DOMParser run no script, load nothing and are never attached to the page.
 */
const policy = trusted?.createPolicy('message-html', { createHTML: (html) => html });

/**
 * Renames `style` and `on…` attributes to `data-style` and `data-on…`: even in an inert document the page's policy
 * stops them, and says so in the console. It is for quiet, not for safety: what is missed here is stopped there.
 */
export const setAside = (html: string) =>
  html.replace(/<[a-z][^<>]*>/gi, (tag) => tag.replace(/([\s"'/])(style|on[a-z]+)(\s*=)/gi, '$1data-$2$3'));

/** Parses HTML that nobody vouches for into a body that does nothing: to be read, never to be attached. */
export function parseInert(html: string): HTMLElement {
  const text = setAside(html);
  return new DOMParser().parseFromString(policy?.createHTML(text) ?? text, 'text/html').body;
}
