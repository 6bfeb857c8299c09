import { messageLimits, messageLink, messageLinkRel, type messageTags } from '../../contract/message.ts';

type Tag = (typeof messageTags)[number];

/** What an element may contain: blocks and text (`flow`), only list items (`list`), text and marks (`phrasing`), or nothing. */
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

/** Whether a text has something to see in it: a character that is neither white space nor of zero width. */
export const hasInk = (text: string): boolean => /[^\s\u200b-\u200d\u2060]/.test(text);

const isTag = (name: string): name is Tag => Object.hasOwn(contentOf, name);
/** The next piece of canonical HTML: an end tag, a start tag (of a link with its two attributes), a character reference, or plain text. */
const token = new RegExp(
  `</([a-z][a-z0-9]*)>|<([a-z][a-z0-9]*)(?: href="([^"<>]*)" rel="${messageLinkRel}")?>|&(amp|lt|gt|nbsp);|[^<>&\\u00a0\\r\\0]+`,
  'y',
);

/**
 * Checks whether HTML is already in the canonical form, the only form in which messages are sent: only allowed tags, each closed in
 * the element in which it was opened and placed where a parser leaves it; no attributes but the two of a link; links as `URL`
 * normalises them; text escaped as a browser's `innerHTML` escapes it. Every HTML parser builds the same tree from such a text, so
 * it is safe to send as it is. Everything unknown is refused. Takes time in proportion to the length.
 * @returns undefined if it is not canonical; else `ink`: whether it has any visible text
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
      // A parser drops one newline right after <pre>. So text that begins with a newline must have it twice.
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
