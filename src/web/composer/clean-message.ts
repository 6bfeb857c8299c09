import DOMPurify from 'dompurify';
import { messageLink, messageLinkProtocols, messageLinkRel, messageTags } from '../../contract/message.ts';
import { messageWords } from '../words/message.ts';
import { parseInert } from './inert.ts';
import { wrapQuotedHistory } from './quoted.ts';
import { shape } from './shape.ts';
import { linkWebAddresses } from './web-addresses.ts';

const words = messageWords;
const purifier = {
  ALLOWED_TAGS: [...messageTags, 'details', 'summary'],
  ALLOWED_ATTR: ['href'],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  ALLOWED_URI_REGEXP: new RegExp(`^(?:${messageLinkProtocols.join('|')})`, 'i'),
};

/**
 * Makes a message from outside safe to show. The markup of mails is rewritten in a message's own tags (`shape`), quoted history is folded
 * into `<details>`, images become links (none is loaded), web addresses in the text become links too, and web links open in a new tab with
 * the fixed `rel`.
 *
 * DOMPurify cleans the result last. After it, only blank lines are removed, and links get attributes of ours, among them their own
 * address once it is checked, and in some cases the name of their site as text.
 * @param html check it with `isOverwhelming` first: this function has no limits of size and depth
 */
export function cleanMessage(html: string): DocumentFragment {
  const escaped = html.replace(bracketed, '&lt;');
  const tagged = aTag.test(escaped);
  const body = parseInert(tagged ? escaped : '');
  if (!tagged) body.append(...textLines(escaped));
  const folded = wrapQuotedHistory(body);
  const retold = shape(body, {
    image: standForImage,
    container: (element) => (folded.has(element) ? fold() : undefined),
  });
  const holder = document.createElement('div');
  holder.append(retold);
  linkWebAddresses(holder);
  const clean = DOMPurify.sanitize(holder, { ...purifier, RETURN_DOM_FRAGMENT: true });
  for (const link of clean.querySelectorAll('a')) open(link);
  for (const box of [clean, ...clean.querySelectorAll('details')]) trimBlank(box);
  return clean;
}

const isBlankLine = (element: Element | null | undefined) => element?.localName === 'p' && !element.hasChildNodes();

/** Removes blank lines at both ends (at the start also rules), and next to folded history, where they separated it from the answer. */
function trimBlank(box: DocumentFragment | Element) {
  const first = () => [...box.children].find((child) => child.localName !== 'summary');
  while (isBlankLine(first()) || first()?.localName === 'hr') first()?.remove();
  while (isBlankLine(box.lastElementChild)) box.lastElementChild?.remove();
  for (const child of box.querySelectorAll('details')) {
    while (isBlankLine(child.previousElementSibling)) child.previousElementSibling?.remove();
    while (isBlankLine(child.nextElementSibling)) child.nextElementSibling?.remove();
  }
}

/** Finds an HTML tag. “2 < 3” and “Mel <mel@wholebody.example>” do not count as tags. */
const aTag = /<(?:!|\/?[a-z][\w:-]*[\s/>])/i;

/** Before a web address in angle brackets, as mail programs write it in plain text. A browser would take it for a tag and leave it out. */
const bracketed = /<(?=https?:\/\/)/gi;

/** The nodes for a message that has no tag at all: it is plain text, so its line breaks are kept. Entities are decoded. */
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

/**
 * What takes the place of an image. Images are never loaded, since loading one tells its sender that the message is being read. An image
 * on the web becomes a link, any other a text; a tracking pixel (3 px or less) is left out.
 */
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

/** Makes a link safe and opens it in a new tab, if it leads to the web. A link with an address that is not allowed becomes plain text. */
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
  // Against phishing: if the link's text begins with one site and leads to another, the real site is added.
  // In two steps: one pattern for both could split the characters before the name in many ways, and would try them all.
  // Letters of every script count, since some look like others, and signs that show nothing (`Cf`) do not.
  const text = (link.textContent ?? '').replace(/\p{Cf}+/gu, '').replace(/^[^\p{L}\p{N}_]+/u, '');
  const named = /^(?:https?:\/\/)?((?:[\p{L}\p{M}\p{N}_-]+\.)+\p{L}{2,})(?![\p{L}\p{M}\p{N}_-])/iu.exec(text)?.[1];
  if (named !== undefined && bare(named) !== bare(host)) link.append(words.linkTarget(host));
}

/** A host without `www.` and port, to compare it with another. */
const bare = (host: string) =>
  host
    .toLowerCase()
    .replace(/^www\./, '')
    .replace(/:\d+$/, '');
