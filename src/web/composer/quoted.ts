/** Elements by which mail programs mark the quoted history below an answer: Gmail, Yahoo, Proton, Thunderbird, Apple Mail, Outlook. */
const marked = [
  '.gmail_quote_container',
  '.gmail_quote',
  '.yahoo_quoted',
  '.protonmail_quote',
  '.moz-cite-prefix',
  'blockquote[type="cite"]',
  '#divRplyFwdMsg',
  '#appendonsend',
  '#mail-editor-reference-message-container',
].join(', ');
/** A line such as “On 12 May 2026, Pat wrote:”, in the languages in which an answer is most likely to be written. */
const attribution =
  /^(on|el|le|am|il|em|op)\b.{4,300}(wrote|escribió|a écrit|schrieb|ha scritto|escreveu|schreef.{0,80}):$/i;
const original = /^-{2,}\s*(original message|forwarded message|mensaje original)\s*-{2,}/i;
/**
 * The header that Outlook puts above quoted history: “From: … Sent: … To: …”. The lookahead with `\1` works as an atomic group: when the
 * end does not match, the pattern is not tried again with each further “sent:”, which in a message full of them would take very long.
 */
const outlookHeader =
  /^(?:from|de|von):(?=(.{0,400}?(?:sent|date|enviado|envoyé|gesendet|datum):))\1.{0,1200}?(?:to|subject|para|asunto|à|objet|an|betreff):/i;

/** Whether everything after this element is history too. Outlook marks only the first element of the history. */
const opensTheRest = (element: Element) =>
  element.id === 'divRplyFwdMsg' ||
  element.id === 'appendonsend' ||
  original.test(textOf(element)) ||
  outlookHeader.test(textOf(element));

const textOf = (node: Node) => (node.textContent ?? '').replace(/[\s\u00a0]+/g, ' ').trim();
const isBlankNode = (node: Node) =>
  textOf(node) === '' && !(node instanceof Element && (node.localName === 'img' || node.querySelector('img') !== null));

/**
 * Finds the quoted history in a mail, and puts each piece into a new `<div>`. Changes `body`.
 * @returns these elements, only the outermost ones; none when there would be no text outside them, since the quote is the message then
 */
export function wrapQuotedHistory(body: HTMLElement): Set<Element> {
  const wraps = new Set<Element>();
  for (const start of findStarts(body)) {
    if (isWithin(wraps, start)) continue;
    const wrap = body.ownerDocument.createElement('div');
    start.before(wrap);
    if (opensTheRest(start)) while (wrap.nextSibling !== null) wrap.append(wrap.nextSibling);
    else {
      wrap.append(start);
      // An attribution line belongs to the quote that follows it.
      if (attribution.test(textOf(start)) || start.matches('.moz-cite-prefix')) takeQuote(wrap);
    }
    wraps.add(wrap);
  }
  return leavesText(body, wraps) ? wraps : new Set();
}

/** Moves the quote that follows `wrap` into it, with the blank nodes before the quote. */
function takeQuote(wrap: Element) {
  while (wrap.nextSibling !== null) {
    const next = wrap.nextSibling;
    const quote =
      next instanceof Element && (next.localName === 'blockquote' || next.querySelector('blockquote') !== null);
    if (!quote && !isBlankNode(next)) return;
    wrap.append(next);
    if (quote) return;
  }
}

/** Whether there is text outside the wraps. */
function leavesText(body: HTMLElement, wraps: Set<Element>): boolean {
  const left = body.cloneNode(true);
  if (!(left instanceof Element)) return false;
  const all = [...body.querySelectorAll('*')];
  const copies = [...left.querySelectorAll('*')];
  for (const [index, element] of all.entries()) if (wraps.has(element)) copies[index]?.remove();
  return textOf(left) !== '';
}

/** The elements with which quoted history begins, in the order of the document. */
function findStarts(body: HTMLElement): Element[] {
  const told = new Set<Element>();
  for (const block of body.querySelectorAll('div, p, span, blockquote')) {
    // Blocks inside a piece of history that was found already need no check. Neither do very long blocks: they hold more than one line.
    if (isWithin(told, block) || (block.textContent?.length ?? 0) > 3000) continue;
    const text = textOf(block);
    if (original.test(text) || outlookHeader.test(text)) told.add(outermost(block, body));
    else if (attribution.test(text) && followedByQuote(block)) told.add(block);
  }
  return [...new Set([...body.querySelectorAll(marked), ...told])].sort((a, b) =>
    a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1,
  );
}

function isWithin(those: Set<Element>, element: Element): boolean {
  for (let outer: Element | null = element; outer !== null; outer = outer.parentElement)
    if (those.has(outer)) return true;
  return false;
}

/** The outermost ancestor that holds hardly more than this element: Outlook puts its header into several boxes. */
function outermost(element: Element, body: HTMLElement): Element {
  let outer = element;
  while (
    outer.parentElement !== null &&
    outer.parentElement !== body &&
    textOf(outer.parentElement).startsWith(textOf(element)) &&
    textOf(outer.parentElement).length < textOf(element).length + 20
  ) {
    outer = outer.parentElement;
  }
  return outer;
}

function followedByQuote(element: Element): boolean {
  for (let next = element.nextSibling; next !== null; next = next.nextSibling) {
    if (next instanceof Element && (next.localName === 'blockquote' || next.querySelector('blockquote') !== null)) {
      return true;
    }
    if (!isBlankNode(next)) return false;
  }
  return false;
}
