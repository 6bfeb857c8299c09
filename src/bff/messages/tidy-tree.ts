import type { Element, ElementContent, Root, RootContent } from 'hast';
import { messageLink, messageLinkRel } from '../../contract/message.ts';
import { blocks, hasInk, marks } from './canonical.ts';

/** Tags of other people's HTML, and the allowed ones that say the same. */
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
/** Tags that begin a line of their own: they become paragraphs, or go when there are blocks inside them. */
const boxes = new Set(
  (
    'address article aside caption center dd details dialog div dl dt fieldset figcaption figure footer form header ' +
    'hgroup legend listing main nav search section summary table tbody tfoot thead tr'
  ).split(' '),
);
const cells = new Set(['td', 'th']);

/** Stands for every element that only divides; gone from the tidied tree. */
export const box = 'div';

/** Renames, in place, what is not allowed but has an allowed equal, so that cleaning keeps its meaning. */
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
 * Rebuilds a tree that holds only allowed tags and boxes so that no parser can read it in two ways: blocks only where
 * blocks may stand, items only in lists, each mark once and inside its block. Text is never dropped, formatting only
 * where it is there twice.
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

const breaksLine = (node: RootContent): boolean =>
  node.type === 'element' &&
  (blocks.has(node.tagName) || node.tagName === 'li' || node.tagName === box || node.children.some(breaksLine));

/**
 * The children of a place where blocks may stand.
 * @param around marks that were wrapped around these blocks, to be put inside them, outermost first
 * @param leaf what loose text becomes, where it would run into its neighbours otherwise
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

/** The children of a list: items, and the white space between them. */
function items(nodes: readonly RootContent[], around: readonly Element[]): ElementContent[] {
  const result: ElementContent[] = [];
  for (const node of nodes) {
    if (node.type === 'text' && node.value.trim() === '' && !/\u00a0/.test(node.value)) {
      result.push({ type: 'text', value: lines(node.value) });
    } else if (node.type === 'element' && node.tagName === 'li') {
      result.push(element('li', flow(node.children, around, undefined)));
    } else if (node.type === 'element' && isList(node.tagName)) {
      // A list right inside a list, as mail programs write it, belongs to the item before it.
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

/** Text and marks, the surrounding marks put around them. */
function phrasing(nodes: readonly RootContent[], around: readonly Element[]): ElementContent[] {
  const inner = inline(nodes, new Set(around.map((mark) => mark.tagName)));
  if (!inner.some(isSeen)) return inner;
  return around.reduceRight((content, mark) => [element(mark.tagName, content, mark.properties)], inner);
}

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

/** A mark without its content; a link only with an address that may stand. */
function asMark(node: Element): Element | undefined {
  if (!marks.has(node.tagName)) return undefined;
  if (node.tagName !== 'a') return element(node.tagName, []);
  const given = node.properties.href;
  const href = typeof given === 'string' ? messageLink(given) : undefined;
  if (href === undefined) return undefined;
  // Legal in the opaque part of mailto: and tel:, but nobody's idea of an address; so no quoting can ever go wrong.
  const plain = href.replace(/["<>]/g, (character) => encodeURIComponent(character));
  return element('a', [], { href: plain, rel: messageLinkRel.split(' ') });
}

function textBlock(name: Leaf, content: ElementContent[]): Element {
  const first = content[0];
  // A parser drops one newline right after <pre>.
  if (name === 'pre' && first?.type === 'text' && first.value.startsWith('\n')) {
    return element(name, [{ type: 'text', value: `\n${first.value}` }, ...content.slice(1)]);
  }
  return element(name, content);
}

const isSeen = (node: ElementContent): boolean =>
  node.type === 'text'
    ? hasInk(node.value)
    : node.type === 'element' && (node.tagName === 'br' || node.children.some(isSeen));

/** A carriage return can only come from a character reference, and would turn into a newline at the next reading. */
const lines = (text: string) => text.replace(/\r\n?/g, '\n');
