import DOMPurify from 'dompurify';
import { messageLink, messageLinkProtocols, messageLinkRel, messageTags } from '../../contract/message.ts';
import { messageWords } from '../words/message.ts';
import { parseInert } from './inert.ts';
import { wrapQuotedHistory } from './quoted.ts';
import { shape } from './shape.ts';

const words = messageWords;
const purifier = {
  ALLOWED_TAGS: [...messageTags, 'details', 'summary'],
  ALLOWED_ATTR: ['href'],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  ALLOWED_URI_REGEXP: new RegExp(`^(?:${messageLinkProtocols.join('|')})`, 'i'),
};

/**
 * A message that came from outside, as nodes that are safe to show: mail's markup retold in a message's own tags, quoted
 * history folded into `<details>`, pictures as links (none is loaded), links in a new tab with the fixed `rel`. Cleaned by
 * DOMPurify as the last step; after it only attributes with values of our own are added. Size and depth are the caller's
 * to check first (`isOverwhelming`).
 */
export function cleanMessage(html: string): DocumentFragment {
  const tagged = aTag.test(html);
  const body = parseInert(tagged ? html : '');
  if (!tagged) body.append(...textLines(html));
  const folded = wrapQuotedHistory(body);
  const retold = shape(body, {
    image: standForImage,
    container: (element) => (folded.has(element) ? fold() : undefined),
  });
  const holder = document.createElement('div');
  holder.append(retold);
  const clean = DOMPurify.sanitize(holder, { ...purifier, RETURN_DOM_FRAGMENT: true });
  for (const link of clean.querySelectorAll('a')) open(link);
  for (const box of [clean, ...clean.querySelectorAll('details')]) trimBlank(box);
  return clean;
}

const isBlankLine = (element: Element | null | undefined) => element?.localName === 'p' && !element.hasChildNodes();

/** Takes the blank lines off both ends, and those that stood between an answer and the history now folded. */
function trimBlank(box: DocumentFragment | Element) {
  const first = () => [...box.children].find((child) => child.localName !== 'summary');
  while (isBlankLine(first()) || first()?.localName === 'hr') first()?.remove();
  while (isBlankLine(box.lastElementChild)) box.lastElementChild?.remove();
  for (const child of box.querySelectorAll('details')) {
    while (isBlankLine(child.previousElementSibling)) child.previousElementSibling?.remove();
    while (isBlankLine(child.nextElementSibling)) child.nextElementSibling?.remove();
  }
}

/** “2 < 3” and “Mel <mel@wholebody.example>” are none. */
const aTag = /<(?:!|\/?[a-z][\w:-]*[\s/>])/i;

/** A message without a single tag is plain text, whose line ends count. */
function textLines(text: string): Node[] {
  const decoded = parseInert(text.replaceAll('<', '&lt;')).textContent ?? '';
  return decoded.split(/\r?\n/).flatMap((line) => [document.createTextNode(line), document.createElement('br')]);
}

function fold(): Element {
  const details = document.createElement('details');
  const summary = document.createElement('summary');
  summary.textContent = words.quoted;
  details.append(summary);
  return details;
}

/** A picture is never loaded by itself: it could tell its sender who reads. Pixels that are there for that alone go. */
function standForImage(image: Element): Node | undefined {
  const tiny = (name: string) => /^[0-3](px)?$/.test(image.getAttribute(name) ?? '');
  if (tiny('width') || tiny('height')) return undefined;
  const description = (image.getAttribute('alt') ?? '').replace(/\s+/g, ' ').trim();
  const href = messageLink(image.getAttribute('src') ?? '');
  if (href === undefined || !/^https?:/.test(href)) return document.createTextNode(`[${words.image(description)}]`);
  const link = document.createElement('a');
  link.setAttribute('href', href);
  link.textContent = words.remoteImage(description, new URL(href).host);
  return link;
}

function open(link: HTMLAnchorElement) {
  const href = messageLink(link.getAttribute('href') ?? '');
  if (href === undefined) {
    link.replaceWith(...link.childNodes);
    return;
  }
  link.setAttribute('href', href);
  link.setAttribute('rel', messageLinkRel);
  const { protocol, host } = new URL(href);
  if (protocol !== 'https:' && protocol !== 'http:') return;
  link.setAttribute('target', '_blank');
  link.setAttribute('title', href);
  link.setAttribute('data-opens', words.opensElsewhere);
  // A text that names one site and leads to another is how people are deceived.
  const named = /^(?:https?:\/\/)?((?:[\w-]+\.)+[a-z]{2,})(?=[/:?#]|$)/i.exec(link.textContent?.trim() ?? '')?.[1];
  if (named !== undefined && bare(named) !== bare(host)) link.append(words.linkTarget(host));
}

const bare = (host: string) =>
  host
    .toLowerCase()
    .replace(/^www\./, '')
    .replace(/:\d+$/, '');
