/** A place in the DOM, as a selection gives it. */
export type Place = { node: Node; offset: number };
/** The same place in lines of text; the column counts UTF-16 units. */
type Caret = { line: number; column: number };

const breaksLines = (node: Node) =>
  node instanceof Element && /^(div|p|li|pre|blockquote|h[1-6])$/.test(node.localName);

/**
 * Reads what stands in a plain contenteditable as lines of text, whichever way the browser wrote its line breaks
 * (a newline, `<br>`, `<div>`), and where the given places are in them. A last `<br>` or newline is only the browser's
 * filler for an empty last line.
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

/** True when it holds formatting (a restored draft), not just text. */
export const isFormatted = (root: ParentNode) =>
  root.querySelector('p, h2, h3, ul, ol, blockquote, pre, hr, a, strong, b, em, i, u, s, code') !== null;

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const escapeText = (text: string) => text.replace(/[&<>]/g, (sign) => entities[sign] ?? sign);

/** Lines of text as message HTML: one paragraph each; '' when there is nothing to read in them. */
export const linesToHTML = (lines: string[]) =>
  isBlank(lines.join('')) ? '' : lines.map((line) => `<p>${escapeText(line)}</p>`).join('');

/**
 * A message whose columns and indents are to be seen by whoever reads it, as they are by whoever writes it: HTML shows a run
 * of spaces as one, unless they do not break. Code keeps its own.
 */
export const spaced = (html: string) =>
  html.replace(/<pre>[\s\S]*?<\/pre>|<[^>]*>|[ \t]{2,}|\t/g, (found) =>
    found.startsWith('<') ? found : `${'&nbsp;'.repeat(found.replaceAll('\t', '    ').length - 1)} `,
  );

/** True for text that nobody could read: white space, no-break and zero-width spaces. */
export const isBlank = (text: string) => /^[\s\u200b\u2060]*$/.test(text);
