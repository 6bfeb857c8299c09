const trusted = typeof window === 'undefined' ? undefined : window.trustedTypes;
/**
 * With `require-trusted-types-for 'script'` in the page's content security policy, even DOMParser needs a Trusted Types policy. This one
 * may pass any text, because it is used only in `parseInert`: a document of DOMParser runs no script, loads nothing, and is never attached
 * to the page.
 */
const policy = trusted?.createPolicy('message-html', { createHTML: (html) => html });

/**
 * Renames what the content security policy would block, and report in the console, even in an inert document: `style` and `on…` attributes
 * become `data-style` and `data-on…`, `<style>` becomes `<script>` (its content is also raw text, and it never runs), `<base>` becomes
 * `<meta>`. This only keeps the console quiet. It is not a protection: the policy blocks whatever is missed here.
 * @returns the HTML with these names changed
 */
export const setAside = (html: string) =>
  html
    .replace(/<(\/?)style\b/gi, '<$1script')
    .replace(/<base\b/gi, '<meta')
    .replace(/<[a-z][^<>]*>/gi, (tag) => tag.replace(/([\s"'/])(style|on[a-z]+)(\s*=)/gi, '$1data-$2$3'));

/** Elements whose `id` or `name` becomes a property of their form or document, and may hide its own, such as `childNodes` or `body`. */
const offered = 'button,embed,fieldset,form,iframe,img,input,object,output,select,textarea';

/**
 * Parses untrusted HTML in an inert document: no script runs, nothing is loaded.
 * @returns the body, only to be read: never attach it, or nodes of it, to the page. `style` attributes are in `data-style`
 */
export function parseInert(html: string): HTMLElement {
  const text = setAside(html);
  const parsed = new DOMParser().parseFromString(policy?.createHTML(text) ?? text, 'text/html');
  // Calls the functions of the prototypes: an element with the name of such a function may hide it on the object itself.
  for (const element of Document.prototype.querySelectorAll.call(parsed, offered))
    for (const name of ['id', 'name']) Element.prototype.removeAttribute.call(element, name);
  return parsed.body;
}
