import type { Element, ElementContent, Root, RootContent } from 'hast';
import { messageLink, messageLinkRel } from '../../contract/message.ts';
import { blocks, hasInk, marks } from './canonical.ts';

/** Tags that are not allowed, and the allowed tags with the same meaning. */
const sameAs: ReadonlyMap<string, string> = new Map(
  Object.entries({
    b: 'strong',
    i: 'em',
    cite: 'em',
    dfn: 'em',
    var: 'em',
    ins: 'u',
    strike: 's',
    del: 's',
    kbd: 'code',
    samp: 'code',
    tt: 'code',
    h1: 'h2',
    h4: 'h3',
    h5: 'h3',
    h6: 'h3',
    dir: 'ul',
    menu: 'ul',
  }),
);
/** Tags that begin a new line. They become paragraphs, or are removed around their content if there are blocks in it. */
const boxes = new Set(
  (
    'address article aside caption center dd details dialog div dl dt fieldset figcaption figure footer form header ' +
    'hgroup legend listing main nav search section summary table tbody tfoot thead tr'
  ).split(' '),
);
const cells = new Set(['td', 'th']);

/** `rename` gives this name to every element that only divides; `tidy` removes it. */
export const box = 'div';

/**
 * Renames, in place, elements that are not allowed but have an allowed equal, so that cleaning keeps their meaning. Puts “ | ”
 * between the cells of a row of a table.
 */
export function rename(tree: Root | Element): void {
  let isFirst = true;
  for (const child of tree.children) {
    if (child.type !== 'element') continue;
    rename(child);
    const isCell = cells.has(child.tagName);
    if (boxes.has(child.tagName) || (isCell && child.children.some(breaksLine))) child.tagName = box;
    else if (isCell && !isFirst) child.children.unshift({ type: 'text', value: ' | ' });
    else child.tagName = sameAs.get(child.tagName) ?? child.tagName;
    isFirst = false;
  }
}

/**
 * Rebuilds a tree of allowed tags and boxes so that every parser reads it in the same way: blocks only where blocks may stand, items
 * only in lists, each mark once and inside its block. Text is never dropped. Formatting is dropped if it is there twice, if
 * there is nothing visible in it, or if it is a link to an address that is not allowed.
 */
export function tidy(tree: Root): Root {
  return { type: 'root', children: flow(tree.children, [], undefined) };
}

type Leaf = 'p' | 'h2' | 'h3' | 'pre';
const isLeaf = (name: string): name is Leaf => name === 'p' || name === 'h2' || name === 'h3' || name === 'pre';
const isList = (name: string) => name === 'ul' || name === 'ol';

const element = (tagName: string, children: ElementContent[], properties: Element['properties'] = {}): Element => ({
  type: 'element',
  tagName,
  properties,
  children,
});

/** Whether an element begins a new line, or something in it does. */
const breaksLine = (node: RootContent): boolean =>
  node.type === 'element' &&
  (blocks.has(node.tagName) || node.tagName === 'li' || node.tagName === box || node.children.some(breaksLine));

/**
 * Tidies the children of an element in which blocks may stand.
 * @param around marks around these blocks, outermost first; they are moved inside the blocks
 * @param leaf the block that loose text is put into, so that it does not run into its neighbours; undefined: text stays loose
 */
function flow(nodes: readonly RootContent[], around: readonly Element[], leaf: Leaf | undefined): ElementContent[] {
  const result: ElementContent[] = [];
  let run: RootContent[] = [];
  const endRun = () => {
    const text = phrasing(run, around);
    run = [];
    if (leaf === undefined || !text.some(isSeen)) result.push(...text);
    else result.push(textBlock(leaf, text));
  };
  for (const node of nodes) {
    if (node.type !== 'element' || !breaksLine(node)) {
      run.push(node);
      continue;
    }
    endRun();
    const name = node.tagName;
    const inside = node.children.some(breaksLine);
    if (name === 'hr') result.push(element('hr', []));
    else if (name === 'blockquote') result.push(element(name, flow(node.children, around, undefined)));
    else if (isList(name)) result.push(element(name, items(node.children, around)));
    else if (marks.has(name)) result.push(...flow(node.children, withMark(around, node), leaf ?? 'p'));
    else if (inside) result.push(...flow(node.children, around, isLeaf(name) ? name : (leaf ?? 'p')));
    else result.push(textBlock(isLeaf(name) && name !== 'p' ? name : (leaf ?? 'p'), phrasing(node.children, around)));
  }
  endRun();
  return result;
}

/** Tidies the children of a list: only items, and white space between them, remain. */
function items(nodes: readonly RootContent[], around: readonly Element[]): ElementContent[] {
  const result: ElementContent[] = [];
  for (const node of nodes) {
    if (node.type === 'text' && node.value.trim() === '' && !/\u00a0/.test(node.value)) {
      result.push({ type: 'text', value: lines(node.value) });
    } else if (node.type === 'element' && node.tagName === 'li') {
      result.push(element('li', flow(node.children, around, undefined)));
    } else if (node.type === 'element' && isList(node.tagName)) {
      // Mail programs write a nested list right inside a list. It belongs into the item before it.
      const last = result.findLast((item) => item.type === 'element');
      if (last === undefined) result.push(element('li', flow([node], around, undefined)));
      else last.children.push(...flow([node], around, undefined));
    } else if (node.type === 'element' && !blocks.has(node.tagName) && breaksLine(node)) {
      result.push(...items(node.children, marks.has(node.tagName) ? withMark(around, node) : around));
    } else {
      result.push(element('li', flow([node], around, undefined)));
    }
  }
  return result;
}

/** Tidies text and marks, and puts the marks `around` around the result, unless there is nothing to see in it. */
function phrasing(nodes: readonly RootContent[], around: readonly Element[]): ElementContent[] {
  const inner = inline(nodes, new Set(around.map((mark) => mark.tagName)));
  if (!inner.some(isSeen)) return inner;
  return around.reduceRight((content, mark) => [element(mark.tagName, content, mark.properties)], inner);
}

/** Tidies text and marks. A mark is dropped if it is among `given`, the marks that are around it already. */
function inline(nodes: readonly RootContent[], given: ReadonlySet<string>): ElementContent[] {
  return nodes.flatMap((node): ElementContent[] => {
    if (node.type === 'text') return [{ type: 'text', value: lines(node.value) }];
    if (node.type !== 'element') return [];
    if (node.tagName === 'br') return [element('br', [])];
    const mark = given.has(node.tagName) ? undefined : asMark(node);
    if (mark === undefined) return inline(node.children, given);
    return [element(mark.tagName, inline(node.children, new Set([...given, mark.tagName])), mark.properties)];
  });
}

const withMark = (around: readonly Element[], node: Element): readonly Element[] => {
  const mark = around.some((other) => other.tagName === node.tagName) ? undefined : asMark(node);
  return mark === undefined ? around : [...around, mark];
};

/** The element's mark without its content; undefined if it is not a mark, or a link to an address that is not allowed. */
function asMark(node: Element): Element | undefined {
  if (!marks.has(node.tagName)) return undefined;
  if (node.tagName !== 'a') return element(node.tagName, []);
  const given = node.properties.href;
  const href = typeof given === 'string' ? messageLink(given) : undefined;
  if (href === undefined) return undefined;
  // `URL` leaves these in mailto: and tel: addresses, where nobody needs them. Encoded, they cannot break the quotes of the attribute.
  const plain = href.replace(/["<>]/g, (character) => encodeURIComponent(character));
  return element('a', [], { href: plain, rel: messageLinkRel.split(' ') });
}

function textBlock(name: Leaf, content: ElementContent[]): Element {
  const first = content[0];
  // A parser drops one newline right after <pre>, so one that belongs to the text is doubled.
  if (name === 'pre' && first?.type === 'text' && first.value.startsWith('\n')) {
    return element(name, [{ type: 'text', value: `\n${first.value}` }, ...content.slice(1)]);
  }
  return element(name, content);
}

const isSeen = (node: ElementContent): boolean =>
  node.type === 'text'
    ? hasInk(node.value)
    : node.type === 'element' && (node.tagName === 'br' || node.children.some(isSeen));

/** Turns carriage returns into newlines. They come from character references (`&#13;`), and the next parser would turn them into newlines. */
const lines = (text: string) => text.replace(/\r\n?/g, '\n');
