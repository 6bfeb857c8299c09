const trusted = typeof window === 'undefined' ? undefined : window.trustedTypes;
/**
 * Under `require-trusted-types-for 'script'` even an inert parse needs a policy. It may pass any text, because its only
 * use is the line below: documents of DOMParser run no script, load nothing and are never attached to the page.
 */
const policy = trusted?.createPolicy('message-html', { createHTML: (html) => html });

/**
 * Parses HTML that nobody vouches for into a body that does nothing: to be read, never to be attached.
 * `style` attributes are renamed to `data-style`, since the page's policy forbids them even here, and says so aloud.
 */
export function parseInert(html: string): HTMLElement {
  const text = html.replace(/(<[a-z][^<>]*?\s)style(\s*=)/gi, '$1data-style$2');
  return new DOMParser().parseFromString(policy?.createHTML(text) ?? text, 'text/html').body;
}
