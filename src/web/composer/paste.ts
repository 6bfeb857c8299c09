import { parseInert, setAside } from './inert.ts';
import { isOverwhelming, textWithoutParsing } from './nesting.ts';
import { linesToHTML, spaced } from './plain.ts';
import { shape } from './shape.ts';

/**
 * Rewrites HTML from the clipboard (Word, Outlook, Excel, Gmail, Google Docs, any page) in a message's own tags. Keeps structure and blank
 * lines, and drops fonts, colors and the like.
 * @returns the new HTML, and in `images` how many pictures were left out
 */
export function cleanPaste(html: string): { html: string; images: number } {
  if (isOverwhelming(html)) return { html: linesToHTML(textWithoutParsing(html).split('\n')), images: 0 };
  const body = parseInert(html);
  // Copied in a ProseMirror editor, most likely this one. Its marker tells ProseMirror how to join the ends, so the HTML stays as it is;
  // what the schema does not know is dropped when ProseMirror parses it.
  if (html.includes('data-pm-slice')) return { html: setAside(html), images: body.querySelectorAll('img').length };
  for (const end of body.querySelectorAll('br.Apple-interchange-newline')) end.remove();
  for (const image of body.querySelectorAll('img')) if (emoji.test(image.alt)) image.replaceWith(image.alt);
  keepSpaces(body);
  makeWordLists(body);
  const holder = document.createElement('div');
  holder.append(shape(body));
  // No-break spaces become normal spaces, except in a run of spaces, of which HTML would show only one.
  const clean = spaced(holder.innerHTML.replaceAll('&nbsp;', ' '));
  return { html: clean, images: body.querySelectorAll('img').length };
}

/** Matches a text that is one emoji. Gmail, Outlook on the web and chats show emojis as images that have the emoji as their `alt`. */
const emoji = /^(?:\p{Extended_Pictographic}|\p{Regional_Indicator}|\p{Emoji_Modifier}|\u200d|\ufe0f)+$/u;

function textNodes(root: Node): Text[] {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const found: Text[] = [];
  while (walker.nextNode()) if (walker.currentNode instanceof Text) found.push(walker.currentNode);
  return found;
}
const styleOf = (element: Element) => element.getAttribute('data-style') ?? '';

/**
 * Keeps spaces and line breaks where a style says that they are shown (`white-space: pre` and the like), as in code copied from an editor:
 * they become no-break spaces and `<br>`.
 */
function keepSpaces(body: HTMLElement) {
  for (const element of body.querySelectorAll('[data-style]')) {
    if (!/white-space[a-z-]*:\s*(pre|break)/i.test(styleOf(element))) continue;
    for (const text of textNodes(element)) {
      // White space between blocks only formats the source.
      if (/^\s*\n\s*$/.test(text.data)) continue;
      const lines = text.data.replaceAll('\t', '    ').replaceAll(' ', '\u00a0').split('\n');
      text.replaceWith(...lines.flatMap((line) => [document.createElement('br'), line]).slice(1));
    }
  }
}

/**
 * Makes real lists of Word's list items. In Word's HTML an item is a paragraph with a style such as `mso-list:l0 level2 lfo1`, and its
 * bullet or number is a span in it with `mso-list:Ignore`.
 */
function makeWordLists(body: HTMLElement) {
  const levelOf = (element: Element) => {
    const level = /mso-list:\s*[^;]*\blevel(\d)/i.exec(styleOf(element))?.[1];
    return level === undefined ? undefined : Number(level);
  };
  let lists: Element[] = [];
  let previous: Element | undefined;
  for (const paragraph of [...body.querySelectorAll('p, h1, h2, h3')]) {
    const level = levelOf(paragraph);
    if (level === undefined) continue;
    if (previous === undefined || nextElement(previous) !== paragraph) lists = [];
    const bullet = [...paragraph.querySelectorAll('span')].find((span) => /mso-list:\s*ignore/i.test(styleOf(span)));
    const sign = bullet?.textContent?.replace(/[\s\u00a0]/g, '') ?? '';
    bullet?.remove();
    const kind = /^\(?[0-9a-z]+[.)]/i.test(sign) ? 'ol' : 'ul';
    lists = lists.slice(0, level);
    // When the kind changes, a new list begins. An item without a bullet or number continues the list before it.
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

/** The element that follows; null when there is text in between, or none follows. */
function nextElement(element: Element): Element | null {
  for (let next = element.nextSibling; next !== null; next = next.nextSibling) {
    if (next instanceof Element) return next;
    if (next.nodeType === Node.TEXT_NODE && next.nodeValue?.trim() !== '') return null;
  }
  return null;
}
