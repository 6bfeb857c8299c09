/** A position in the DOM, as in `Selection.anchorNode` and `anchorOffset`. */
export type Place = { node: Node; offset: number };
/** A position in lines of text, both numbers from 0; the column counts UTF-16 units. */
type Caret = { line: number; column: number };

const breaksLines = (node: Node) =>
  node instanceof Element && /^(div|p|li|pre|blockquote|h[1-6])$/.test(node.localName);

/**
 * Reads the content of a plain contenteditable as lines of text. Browsers write line breaks in different ways: as a newline, `<br>` or
 * `<div>`. A `<br>` or newline at the very end is only a filler, with which the browser shows an empty last line, and is not counted.
 * @param places positions in the DOM
 * @returns the lines, and for each place its position in the lines
 */
export function readLines(root: Node, places: Place[] = []): { lines: string[]; carets: Caret[] } {
  let text = '';
  let pending = false;
  const offsets = places.map(() => 0);
  const note = (node: Node, child: number) => {
    for (const [index, place] of places.entries()) {
      if (place.node === node && place.offset === child) offsets[index] = text.length + (pending ? 1 : 0);
    }
  };
  const flush = () => {
    if (pending) text += '\n';
    pending = false;
  };

  const visit = (node: Node) => {
    if (node.nodeType === Node.TEXT_NODE) {
      const data = (node.nodeValue ?? '').replace(/\r\n?/g, '\n').replace(/\u00a0/g, ' ');
      if (data !== '') flush();
      for (const [index, place] of places.entries()) {
        if (place.node === node) offsets[index] = text.length + Math.min(place.offset, data.length);
      }
      text += data;
      return;
    }
    if (node.nodeName === 'BR') {
      const fills = node.parentNode !== root && node === node.parentNode?.lastChild;
      if (!fills) {
        flush();
        text += '\n';
      }
      return;
    }
    const breaks = node !== root && breaksLines(node);
    if (breaks) {
      if (text !== '' && !text.endsWith('\n')) pending = true;
      flush();
    }
    for (const [index, child] of [...node.childNodes].entries()) {
      note(node, index);
      visit(child);
    }
    note(node, node.childNodes.length);
    if (breaks) pending = true;
  };

  visit(root);
  const last = root.lastChild;
  const filler = last?.nodeName === 'BR' || (last?.nodeType === Node.TEXT_NODE && last.nodeValue?.endsWith('\n'));
  if (filler === true && text.endsWith('\n')) text = text.slice(0, -1);

  const carets = offsets.map((offset) => {
    const before = text.slice(0, offset).split('\n');
    return { line: before.length - 1, column: before.at(-1)?.length ?? 0 };
  });
  return { lines: text.split('\n'), carets };
}

/** Whether an element holds formatting, as in a draft that was restored, and not only lines of text. */
export const isFormatted = (root: ParentNode) =>
  root.querySelector('p, h2, h3, ul, ol, blockquote, pre, hr, a, strong, b, em, i, u, s, code') !== null;

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const escapeText = (text: string) => text.replace(/[&<>]/g, (sign) => entities[sign] ?? sign);

/** Makes message HTML of lines of text, a paragraph for each line; '' when they have no visible text. */
export const linesToHTML = (lines: string[]) =>
  isBlank(lines.join('')) ? '' : lines.map((line) => `<p>${escapeText(line)}</p>`).join('');

/**
 * Keeps the columns and indents of a message visible for its readers. HTML shows a run of spaces as a single space, so all spaces of a run
 * but the last become no-break spaces, and a tab counts as four spaces. Code blocks (`<pre>`) stay as they are.
 */
export const spaced = (html: string) =>
  html.replace(/<pre>[\s\S]*?<\/pre>|<[^>]*>|[ \t]{2,}|\t/g, (found) =>
    found.startsWith('<') ? found : `${'&nbsp;'.repeat(found.replaceAll('\t', '    ').length - 1)} `,
  );

/** Whether a text has nothing visible in it: only white space, no-break spaces and zero-width characters. */
export const isBlank = (text: string) => /^[\s\u200b\u2060]*$/.test(text);
