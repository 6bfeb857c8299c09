import { messageLimits, messageLink, messageLinkRel, type messageTags } from '../../contract/message.ts';

type Tag = (typeof messageTags)[number];

/** What may stand inside an element: blocks and text, list items alone, text and marks, or nothing. */
type Content = 'flow' | 'list' | 'phrasing' | 'none';

/** Every tag that a message may hold, and what each may contain. A tag missing here is a type error. */
const contentOf: Readonly<Record<Tag, Content>> = {
  p: 'phrasing',
  h2: 'phrasing',
  h3: 'phrasing',
  pre: 'phrasing',
  strong: 'phrasing',
  em: 'phrasing',
  u: 'phrasing',
  s: 'phrasing',
  code: 'phrasing',
  a: 'phrasing',
  ul: 'list',
  ol: 'list',
  li: 'flow',
  blockquote: 'flow',
  hr: 'none',
  br: 'none',
};

/** Tags that format text within a block. */
export const marks: ReadonlySet<string> = new Set<Tag>(['strong', 'em', 'u', 's', 'code', 'a']);
/** Tags that begin a block of their own. */
export const blocks: ReadonlySet<string> = new Set<Tag>(['p', 'h2', 'h3', 'pre', 'ul', 'ol', 'blockquote', 'hr']);

/** Text that a person can see: neither white space nor zero-width characters. */
export const hasInk = (text: string): boolean => /[^\s\u200b-\u200d\u2060]/.test(text);

const isTag = (name: string): name is Tag => Object.hasOwn(contentOf, name);
/** One end tag, one start tag (with a link's two attributes), one character reference, or a run of plain text. */
const token = new RegExp(
  `</([a-z][a-z0-9]*)>|<([a-z][a-z0-9]*)(?: href="([^"<>]*)" rel="${messageLinkRel}")?>|&(amp|lt|gt|nbsp);|[^<>&\\u00a0\\r\\0]+`,
  'y',
);

/**
 * Tells whether HTML is already in the one form in which messages leave: only allowed tags, each closed where it was
 * opened and standing where a parser leaves it, no attribute but a link's two, links in normal form, text escaped as
 * a browser's `innerHTML` escapes it. Every HTML parser builds the same tree from such a text, so it can pass as it is.
 * Accepts only what it knows; linear in the length.
 * @returns undefined when it is not in that form, else whether there is any visible text in it
 */
export function readCanonical(html: string): { ink: boolean } | undefined {
  const open: Tag[] = [];
  let ink = false;
  let at = 0;
  while (at < html.length) {
    token.lastIndex = at;
    const match = token.exec(html);
    if (match === null) return undefined;
    at = token.lastIndex;
    const [text, end, start, href, reference] = match;
    const parent = open.at(-1);
    const content = parent === undefined ? 'flow' : contentOf[parent];
    if (end !== undefined) {
      if (end !== parent) return undefined;
      open.pop();
    } else if (start !== undefined) {
      if (!isTag(start) || (start === 'a') !== (href !== undefined)) return undefined;
      if (href !== undefined && !isNormalLink(href)) return undefined;
      if (start === 'li' ? content !== 'list' : blocks.has(start) ? content !== 'flow' : content === 'list')
        return undefined;
      if (marks.has(start) && open.includes(start)) return undefined;
      // A parser drops one newline right after <pre>, so a newline that counts is written twice.
      if (start === 'pre' && html[at] === '\n' && html[at + 1] !== '\n') return undefined;
      if (contentOf[start] !== 'none') open.push(start);
      if (open.length > messageLimits.depth) return undefined;
    } else {
      const seen = reference === undefined ? hasInk(text) : reference !== 'nbsp';
      if (content === 'list' && (seen || reference !== undefined || text.trim() !== '')) return undefined;
      ink ||= seen;
    }
  }
  return open.length === 0 ? { ink } : undefined;
}

function isNormalLink(escaped: string): boolean {
  if (/&(?!amp;)/.test(escaped)) return false;
  const href = escaped.replaceAll('&amp;', '&');
  return messageLink(href) === href;
}
