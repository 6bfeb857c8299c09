import * as z from 'zod/mini';

/**
 * Which HTML a ticket's message may hold. The editor's schema, the BFF's cleaner and the browser's display all follow
 * from this list. Of the attributes only the `href` of a link is kept, and each link gets the fixed `rel` below.
 */
export const messageTags = [
  'p',
  'h2',
  'h3',
  'strong',
  'em',
  'u',
  's',
  'code',
  'pre',
  'ul',
  'ol',
  'li',
  'blockquote',
  'a',
  'hr',
  'br',
] as const;

/** A link has an absolute address with one of these schemes, without a user name or password (`messageLink`). */
export const messageLinkProtocols = ['http:', 'https:', 'mailto:', 'tel:'] as const;
/** The `rel` of every link, whatever the author wrote. */
export const messageLinkRel = 'noopener noreferrer nofollow';

/**
 * Caps on one message, and the sentence for each fault. `bytes` (of UTF-8) and `tags` (`countTags`) are checked before anything
 * is parsed, so that cleaning a message takes 69 ms at worst (measured). `depth`, in levels of elements, is checked after parsing.
 */
export const messageLimits = {
  bytes: 64 * 1024,
  tags: 3000,
  depth: 64,
  tooLong: 'Shorten the message: it may hold 64 KB, formatting included.',
  tooManyTags:
    'Shorten the message or simplify its formatting: it may hold 3,000 tags, two for each line or formatted part.',
  tooDeep: 'Simplify the formatting of the message: lists and quotes are nested too deeply.',
  empty: 'Enter a message: what happened, and what you expected.',
  unreadable: 'Simplify the formatting of the message: it could not be read. “Paste as plain text” helps.',
} as const;

/** How many tags a piece of HTML holds, as `messageLimits.tags` counts them: start tags, end tags and comments, without parsing. */
export const countTags = (html: string): number => html.match(/<[a-z!/?]/gi)?.length ?? 0;
/** The size of a piece of HTML as it travels, in bytes of UTF-8. */
export const countBytes = (html: string): number => new TextEncoder().encode(html).length;

/** The sentence for a message that is over the cap of bytes or of tags, or undefined. */
export function messageFault(html: string): string | undefined {
  if (countBytes(html) > messageLimits.bytes) return messageLimits.tooLong;
  if (countTags(html) > messageLimits.tags) return messageLimits.tooManyTags;
  return undefined;
}

/** The address of a link as `URL` normalises it, or undefined when a message may not link to it. */
export function messageLink(href: string): string | undefined {
  if (!URL.canParse(href)) return undefined;
  const url = new URL(href);
  if (!messageLinkProtocols.some((protocol) => protocol === url.protocol)) return undefined;
  if (url.username !== '' || url.password !== '') return undefined;
  return url.href;
}

/** One message of a ticket's conversation, as Moov returns it; the first is the ticket's own body. */
const messageSchema = z.object({ author: z.string(), body: z.string(), sentOn: z.string() });
export type Message = z.infer<typeof messageSchema>;
export const messagesSchema = z.array(messageSchema);
