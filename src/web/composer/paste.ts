import { parseInert, setAside } from './inert.ts';
import { isOverwhelming, textWithoutParsing } from './nesting.ts';
import { linesToHTML } from './plain.ts';
import { shape } from './shape.ts';

/**
 * Turns HTML from the clipboard (Word, Outlook, Excel, Gmail, Google Docs, any page) into a message's own tags: structure
 * and blank lines stay, looks go. `images` is how many pictures had to be left out.
 */
export function cleanPaste(html: string): { html: string; images: number } {
  if (isOverwhelming(html)) return { html: linesToHTML(textWithoutParsing(html).split('\n')), images: 0 };
  // Copied in this editor: ProseMirror's own marker says how the ends fit together, so it goes in as it is.
  if (html.includes('data-pm-slice')) return { html: setAside(html), images: 0 };
  const body = parseInert(html);
  makeWordLists(body);
  const holder = document.createElement('div');
  holder.append(shape(body));
  for (const space of textNodes(holder)) space.nodeValue = space.nodeValue?.replace(/\u00a0/g, ' ') ?? '';
  return { html: holder.innerHTML, images: body.querySelectorAll('img').length };
}

function textNodes(root: Node): Node[] {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const found: Node[] = [];
  while (walker.nextNode()) found.push(walker.currentNode);
  return found;
}

/** Word's list items are paragraphs that say `mso-list:l0 level2 lfo1`, their bullet a span with `mso-list:Ignore`. */
function makeWordLists(body: HTMLElement) {
  const style = (element: Element) => element.getAttribute('data-style') ?? '';
  const levelOf = (element: Element) => {
    const level = /mso-list:\s*[^;]*\blevel(\d)/i.exec(style(element))?.[1];
    return level === undefined ? undefined : Number(level);
  };
  let lists: Element[] = [];
  let previous: Element | undefined;
  for (const paragraph of [...body.querySelectorAll('p, h1, h2, h3')]) {
    const level = levelOf(paragraph);
    if (level === undefined) continue;
    if (previous === undefined || nextElement(previous) !== paragraph) lists = [];
    const bullet = [...paragraph.querySelectorAll('span')].find((span) => /mso-list:\s*ignore/i.test(style(span)));
    const sign = bullet?.textContent?.replace(/[\s\u00a0]/g, '') ?? '';
    bullet?.remove();
    const kind = /^\(?[0-9a-z]+[.)]/i.test(sign) ? 'ol' : 'ul';
    lists = lists.slice(0, level);
    // Numbers right after bullets are a list of their own; an item without a sign goes on with the one before.
    if (sign !== '' && lists[level - 1]?.localName !== kind) lists = lists.slice(0, level - 1);
    while (lists.length < level) {
      const list = body.ownerDocument.createElement(kind);
      const parent = lists.at(-1);
      if (parent === undefined) paragraph.before(list);
      else (parent.lastElementChild ?? parent.appendChild(body.ownerDocument.createElement('li'))).append(list);
      lists.push(list);
    }
    const item = body.ownerDocument.createElement('li');
    item.append(...paragraph.childNodes);
    lists.at(-1)?.append(item);
    paragraph.remove();
    previous = lists[0];
  }
}

/** The next element with nothing but white space in between. */
function nextElement(element: Element): Element | null {
  for (let next = element.nextSibling; next !== null; next = next.nextSibling) {
    if (next instanceof Element) return next;
    if (next.nodeType === Node.TEXT_NODE && next.nodeValue?.trim() !== '') return null;
  }
  return null;
}
