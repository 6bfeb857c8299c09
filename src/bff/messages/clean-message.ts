import rehypeSanitize, { type Options as Schema } from 'rehype-sanitize';
import rehypeStringify from 'rehype-stringify';
import { unified } from 'unified';
import { countBytes, messageFault, messageLimits, messageTags } from '../../contract/message.ts';
import { readCanonical } from './canonical.ts';
import { CostlyMessage, parseMessage } from './parse.ts';
import { box, rename, tidy } from './tidy-tree.ts';

/** `fault` is the sentence that tells the person why the message is refused. `cause` is there if the fault is the portal's own. */
type CleanMessage = { ok: true; html: string } | { ok: false; fault: string; cause?: unknown };

/** Cleaning may lengthen a text (escapes, the `rel` of links). The result is what is stored and sent, so the limit holds for it too. */
const mostBytes = messageLimits.bytes;

/**
 * Cleans the HTML of a message for sending. The result holds only what `contract/message` allows, and every parser reads it in the
 * same way. HTML that is canonical already comes back unchanged: what the editor writes, and the result of an earlier cleaning.
 * Other tags are replaced by an allowed equal (`b` by `strong`, `div` by `p`) or by their text. Script, style and the like are
 * removed with their content.
 * @returns the cleaned HTML, or why the message is refused; never throws
 */
export function cleanMessage(html: string): CleanMessage {
  const given = html.toWellFormed();
  const fault = messageFault(given);
  if (fault !== undefined) return { ok: false, fault };
  const canonical = readCanonical(given);
  return canonical === undefined ? sanitise(given) : verdict(given, canonical.ink);
}

/** The slow way of `cleanMessage`, through an HTML5 parser, for HTML that is not canonical. It must be well-formed and within the caps. */
export function sanitise(html: string): CleanMessage {
  try {
    const tree = parseMessage(html);
    rename(tree);
    const cleaned = escapeAsBrowsersDo(processor.stringify(tidy(processor.runSync(tree))));
    if (countBytes(cleaned) > mostBytes) return { ok: false, fault: messageLimits.tooLong };
    // A last check, in case the steps before have overlooked something: only canonical HTML may be sent.
    const canonical = readCanonical(cleaned);
    if (canonical === undefined) throw new Error('a cleaned message is not canonical');
    return verdict(cleaned, canonical.ink);
  } catch (error) {
    if (error instanceof CostlyMessage) return { ok: false, fault: error.fault };
    // The person can get round it with simpler formatting, so they are told what to do.
    return { ok: false, fault: messageLimits.unreadable, cause: error };
  }
}

const verdict = (html: string, ink: boolean): CleanMessage =>
  ink ? { ok: true, html } : { ok: false, fault: messageLimits.empty };

const schema: Schema = {
  tagNames: [...messageTags, box],
  attributes: { a: ['href'] },
  // No check of addresses here: `tidy` checks them with `messageLink`, which parses them as a browser does.
  protocols: {},
  ancestors: {},
  required: {},
  clobber: [],
  // These are removed with their content, which is code, markup of another kind, or text that nobody sees.
  strip: (
    'applet audio canvas datalist embed frameset iframe math noembed noframes noscript object plaintext script select ' +
    'style svg template textarea title video xmp'
  ).split(' '),
  allowComments: false,
  allowDoctypes: false,
};

const processor = unified()
  .use(rehypeSanitize, schema)
  // The only attributes are `href`, in which `asMark` leaves no quotes, and the constant `rel`. So little escaping is enough.
  .use(rehypeStringify, { characterReferences: { useNamedReferences: true }, allowDangerousCharacters: true })
  .freeze();

/**
 * Escapes as a browser's `innerHTML`, and so the editor, does. The stringifier escapes only `<` and `&`; this adds `>` and no-break
 * spaces in text. Tags contain neither.
 */
const escapeAsBrowsersDo = (html: string) =>
  html.replace(/(<[^>]*>)|>|\u00a0/g, (found, tag: string | undefined) => tag ?? (found === '>' ? '&gt;' : '&nbsp;'));
