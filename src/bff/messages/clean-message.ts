import rehypeSanitize, { type Options as Schema } from 'rehype-sanitize';
import rehypeStringify from 'rehype-stringify';
import { unified } from 'unified';
import { countBytes, messageFault, messageLimits, messageTags } from '../../contract/message.ts';
import { readCanonical } from './canonical.ts';
import { CostlyMessage, parseMessage } from './parse.ts';
import { box, rename, tidy } from './tidy-tree.ts';

type CleanMessage = { ok: true; html: string } | { ok: false; fault: string };

/** Cleaning may lengthen a text (escapes, forced attributes): what it makes is held to the limit as well, since that is what is stored and sent. */
const mostBytes = messageLimits.bytes;

/**
 * Cleans the HTML of a message for sending: what is left holds only what `contract/message` allows, and every parser
 * reads it alike. HTML that is so already (the editor's) comes back unchanged; so does the result of cleaning.
 * Other tags give way to their equals (`b` to `strong`, `div` to `p`) or to their text; script, style and the like go
 * with what they hold.
 * @returns the cleaned HTML, or the sentence that tells the person why it is refused; never throws
 */
export function cleanMessage(html: string): CleanMessage {
  const given = html.toWellFormed();
  const fault = messageFault(given);
  if (fault !== undefined) return { ok: false, fault };
  const canonical = readCanonical(given);
  return canonical === undefined ? sanitise(given) : verdict(given, canonical.ink);
}

/** The long way of `cleanMessage`, through an HTML5 parser. Takes well-formed text that keeps the caps. */
export function sanitise(html: string): CleanMessage {
  try {
    const tree = parseMessage(html);
    rename(tree);
    const cleaned = escapeAsBrowsersDo(processor.stringify(tidy(processor.runSync(tree))));
    if (countBytes(cleaned) > mostBytes) return { ok: false, fault: messageLimits.tooLong };
    // Nothing leaves that the strict grammar does not know, whatever the steps before have overlooked.
    const canonical = readCanonical(cleaned);
    if (canonical === undefined) return { ok: false, fault: messageLimits.unreadable };
    return verdict(cleaned, canonical.ink);
  } catch (error) {
    return { ok: false, fault: error instanceof CostlyMessage ? error.fault : messageLimits.unreadable };
  }
}

const verdict = (html: string, ink: boolean): CleanMessage =>
  ink ? { ok: true, html } : { ok: false, fault: messageLimits.empty };

const schema: Schema = {
  tagNames: [...messageTags, box],
  attributes: { a: ['href'] },
  // `messageLink` judges addresses, after parsing them as a browser does.
  protocols: {},
  ancestors: {},
  required: {},
  clobber: [],
  // What these hold is code, markup of another kind, or text that nobody sees.
  strip: (
    'applet audio canvas datalist embed frameset iframe math noembed noframes noscript object plaintext script select ' +
    'style svg template textarea title video xmp'
  ).split(' '),
  allowComments: false,
  allowDoctypes: false,
};

const processor = unified()
  .use(rehypeSanitize, schema)
  // Attributes hold nothing but links without quotes and a constant, so browsers' own escaping is enough.
  .use(rehypeStringify, { characterReferences: { useNamedReferences: true }, allowDangerousCharacters: true })
  .freeze();

/**
 * The stringifier escapes `<` and `&` alone; browsers' `innerHTML`, and with it the editor, also `>` and no-break
 * spaces. Tags hold neither.
 */
const escapeAsBrowsersDo = (html: string) =>
  html.replace(/(<[^>]*>)|>|\u00a0/g, (found, tag: string | undefined) => tag ?? (found === '>' ? '&gt;' : '&nbsp;'));
