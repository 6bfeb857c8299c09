import { messageLink } from '../../contract/message.ts';

/** Found in linear time, whatever the text: what follows the scheme is one class of signs. */
const address = /\bhttps?:\/\/[^\s<>"“”«»]+/gi;
/** Signs that end a sentence around an address rather than the address. */
const closing = new Set(
  ".,;:!?'’›`*_~|…)]}、。，；：！？）】」』،؛؟" +
    // what shows nothing: a space of no width, and the marks around an address in a text from right to left
    '\u200b\u200e\u200f\u202a\u202b\u202c\u2060\u2066\u2067\u2068\u2069',
);
const brackets = ['()', '[]', '{}'];
const countOf = (sign: string, text: string) => text.split(sign).length - 1;

/** The address without the signs at its end that are not part of it. A bracket is part of it if it is opened in it. */
function withoutClosing(text: string): string {
  // How many of each bracket are closed and were never opened. Counted once: a text of nothing but brackets must not take long.
  const surplus = new Map(
    brackets.map(([opens = '', closes = '']) => [closes, countOf(closes, text) - countOf(opens, text)]),
  );
  let end = text.length;
  for (; end > 0; end -= 1) {
    const last = text.charAt(end - 1);
    if (!closing.has(last)) break;
    const unopened = surplus.get(last);
    if (unopened === undefined) continue;
    if (unopened <= 0) break;
    surplus.set(last, unopened - 1);
  }
  return text.slice(0, end);
}

/** Makes the web addresses in the text below `root` links, except in code and in what is a link already. */
export function linkWebAddresses(root: HTMLElement): void {
  // What stood in several elements, or had a place where a line may break (`<wbr>`), is still one address.
  root.normalize();
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const texts: Text[] = [];
  while (walker.nextNode())
    if (walker.currentNode instanceof Text && !walker.currentNode.parentElement?.closest('a, code, pre, summary'))
      texts.push(walker.currentNode);
  for (const node of texts) {
    let from = 0;
    const parts: (string | Node)[] = [];
    for (const { 0: found, index } of node.data.matchAll(address)) {
      const text = withoutClosing(found);
      if (messageLink(text) === undefined) continue;
      const link = document.createElement('a');
      link.setAttribute('href', text);
      link.textContent = text;
      parts.push(node.data.slice(from, index), link);
      from = index + text.length;
    }
    if (parts.length > 0) node.replaceWith(...parts, node.data.slice(from));
  }
}
