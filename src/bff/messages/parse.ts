import type { ElementContent, Root } from 'hast';
import { type DefaultTreeAdapterTypes, defaultTreeAdapter, parse as parseDocument } from 'parse5';
import { messageLimits } from '../../contract/message.ts';

/** Thrown for HTML whose tree would be too large or too deep; `fault` is the sentence for the person. */
export class CostlyMessage extends Error {
  override name = 'CostlyMessage';
  readonly fault: string;
  constructor(fault: string) {
    super(fault);
    this.fault = fault;
  }
}

/**
 * Parsing mends misnested formatting by repeating it: 3,000 tags can make millions of elements. No message that a
 * person wrote comes near this many.
 */
const mostElements = 4 * messageLimits.tags;
/** Makes the parser read the message as the content of a page's body, whatever it begins with. */
const bodyStart = '<!doctype html><body>';

/**
 * Parses HTML as browsers do. Only tag names, text and the addresses of links are kept.
 * @throws {CostlyMessage} as soon as the tree has too many elements, or when it is deeper than `messageLimits.depth`
 */
export function parseMessage(html: string): Root {
  let elements = 0;
  const treeAdapter: typeof defaultTreeAdapter = {
    ...defaultTreeAdapter,
    createElement(...given) {
      elements += 1;
      if (elements > mostElements) throw new CostlyMessage(messageLimits.tooManyTags);
      return defaultTreeAdapter.createElement(...given);
    },
  };
  const document = parseDocument(bodyStart + html, { treeAdapter, scriptingEnabled: false });
  const body = document.childNodes.flatMap(childrenOf).find((node) => node.nodeName === 'body');
  const content = body === undefined ? [] : childrenOf(body);
  // Before anything walks it by recursion.
  let level = content;
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > messageLimits.depth) throw new CostlyMessage(messageLimits.tooDeep);
    level = level.flatMap(childrenOf);
  }
  return { type: 'root', children: content.flatMap(toHast) };
}

type Node = DefaultTreeAdapterTypes.ChildNode;
const childrenOf = (node: Node): Node[] => ('childNodes' in node ? node.childNodes : []);

function toHast(node: Node): ElementContent[] {
  if (defaultTreeAdapter.isTextNode(node)) return [{ type: 'text', value: node.value }];
  if (!defaultTreeAdapter.isElementNode(node)) return [];
  const href = node.tagName === 'a' ? node.attrs.find(({ name }) => name === 'href')?.value : undefined;
  return [
    {
      type: 'element',
      tagName: node.tagName,
      properties: href === undefined ? {} : { href },
      children: node.childNodes.flatMap(toHast),
    },
  ];
}
