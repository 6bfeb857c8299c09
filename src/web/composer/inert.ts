const trusted = typeof window === 'undefined' ? undefined : window.trustedTypes;
/**
 * Under `require-trusted-types-for 'script'` even an inert parse needs a policy. It may pass any text, because its only
 * use is below: documents of DOMParser run no script, load nothing and are never attached to the page.
 */
const policy = trusted?.createPolicy('message-html', { createHTML: (html) => html });

/**
 * Puts aside what the page's policy would stop even in an inert document, and report in the console: `style` and `on…`
 * attributes become `data-…`, a style sheet becomes a script (which is raw text too, and runs nowhere), a base a meta.
 * It only keeps the console quiet and is no safeguard: whatever is missed here, the policy stops.
 */
export const setAside = (html: string) =>
  html
    .replace(/<(\/?)style\b/gi, '<$1script')
    .replace(/<base\b/gi, '<meta')
    .replace(/<[a-z][^<>]*>/gi, (tag) => tag.replace(/([\s"'/])(style|on[a-z]+)(\s*=)/gi, '$1data-$2$3'));

/** Elements that a form or a document offers as properties under their names, before its own: `childNodes`, `body`. */
const offered = 'button,embed,fieldset,form,iframe,img,input,object,output,select,textarea';

/** Parses HTML that nobody vouches for into a body that does nothing: to be read, never to be attached. */
export function parseInert(html: string): HTMLElement {
  const text = setAside(html);
  const parsed = new DOMParser().parseFromString(policy?.createHTML(text) ?? text, 'text/html');
  // The prototypes' own functions are called, since an element named like a property may hide it on the object itself.
  for (const element of Document.prototype.querySelectorAll.call(parsed, offered))
    for (const name of ['id', 'name']) Element.prototype.removeAttribute.call(element, name);
  return parsed.body;
}
