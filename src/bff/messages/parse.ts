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
 * An HTML parser repairs wrongly nested formatting by repeating it, so 3,000 tags can become millions of elements. No message that
 * a person wrote comes near this number.
 */
const mostElements = 4 * messageLimits.tags;
/** Put before the message, so that the parser reads it as the content of a page's body, whatever it begins with. */
const bodyStart = '<!doctype html><body>';

/**
 * Parses HTML as browsers do, into a hast tree. Of each element only the tag name, the content and a link's `href` are kept.
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
  // Level by level, and before `toHast`: a function that calls itself could overflow the stack on a deep tree.
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
