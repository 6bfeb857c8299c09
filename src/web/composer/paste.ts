import { parseInert, setAside } from './inert.ts';
import { isOverwhelming, textWithoutParsing } from './nesting.ts';
import { linesToHTML, spaced } from './plain.ts';
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
  for (const end of body.querySelectorAll('br.Apple-interchange-newline')) end.remove();
  for (const image of body.querySelectorAll('img')) if (emoji.test(image.alt)) image.replaceWith(image.alt);
  keepSpaces(body);
  makeWordLists(body);
  const holder = document.createElement('div');
  holder.append(shape(body));
  // Spaces that break, but for those that HTML would not show.
  const clean = spaced(holder.innerHTML.replaceAll('&nbsp;', ' '));
  return { html: clean, images: body.querySelectorAll('img').length };
}

/** Gmail, Outlook on the web and chats show an emoji as a picture that says in words which one it is. */
const emoji = /^(?:\p{Extended_Pictographic}|\p{Regional_Indicator}|\p{Emoji_Modifier}|\u200d|\ufe0f)+$/u;

function textNodes(root: Node): Text[] {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const found: Text[] = [];
  while (walker.nextNode()) if (walker.currentNode instanceof Text) found.push(walker.currentNode);
  return found;
}
const styleOf = (element: Element) => element.getAttribute('data-style') ?? '';

/** What says by its style that its spaces and line ends are to be seen, as code of editors does, gets such as HTML shows. */
function keepSpaces(body: HTMLElement) {
  for (const element of body.querySelectorAll('[data-style]')) {
    if (!/white-space[a-z-]*:\s*(pre|break)/i.test(styleOf(element))) continue;
    for (const text of textNodes(element)) {
      // Between blocks it is only how the source is written.
      if (/^\s*\n\s*$/.test(text.data)) continue;
      const lines = text.data.replaceAll('\t', '    ').replaceAll(' ', '\u00a0').split('\n');
      text.replaceWith(...lines.flatMap((line) => [document.createElement('br'), line]).slice(1));
    }
  }
}

/** Word's list items are paragraphs that say `mso-list:l0 level2 lfo1`, their bullet a span with `mso-list:Ignore`. */
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
