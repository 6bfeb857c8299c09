import { messageLink, messageLinkRel } from '../../contract/message.ts';

type Mark = { tag: string; href?: string };
type ShapeOptions = {
  /** keeps runs of spaces, for text that was typed; otherwise a run becomes one space, as in HTML */
  keepSpaces?: boolean;
  /** gives the node to put in place of an image; the image is left out when this gives undefined or is missing */
  image?: (image: Element) => Node | undefined;
  /** gives an element of the caller's own to hold the content of this element, or undefined for the usual treatment */
  container?: (element: Element) => Element | undefined;
};

const dropped = new Set(
  'head title style script noscript template meta link base svg math object embed iframe frame frameset applet audio video canvas map area select option textarea input button colgroup caption'.split(
    ' ',
  ),
);
const blocks = new Set(
  'address article aside body center dd details dir div dl dt fieldset figcaption figure footer form header hgroup li main menu nav section summary tbody td tfoot th thead tr'.split(
    ' ',
  ),
);
/** Which tag a line of text gets. A Map and not an object, because a tag in the source may be named `constructor`. */
const lines = new Map(Object.entries({ p: 'p', h1: 'h2', h2: 'h2', h3: 'h3', h4: 'h3', h5: 'h3', h6: 'h3' }));
const markOfTag = new Map(
  Object.entries({
    b: 'strong',
    strong: 'strong',
    i: 'em',
    em: 'em',
    u: 'u',
    ins: 'u',
    s: 's',
    strike: 's',
    del: 's',
    code: 'code',
    kbd: 'code',
    samp: 'code',
    tt: 'code',
  }),
);
const structured = 'table, ul, ol, blockquote, pre, hr, h1, h2, h3, h4, h5, h6';
const betweenCells = ' | ';
const blank = /^[\s\u200b]*$/;

const tagOf = (element: Element) => element.nodeName.toLowerCase();
/** Whether a style has a property with this value. Compares whole names: Word writes `mso-bidi-font-weight:normal` for bold text. */
const has = (style: string, property: string, value: string) =>
  new RegExp(`(^|[;\\s])${property}\\s*:\\s*(${value})`, 'i').test(style);
const styleOf = (element: Element) => element.getAttribute('data-style') ?? element.getAttribute('style') ?? '';

/** The marks of an element: by its tag, and by its style, since mail and office programs write marks as styles. */
function marksOf(element: Element): Mark[] {
  const style = styleOf(element);
  const marks: Mark[] = [];
  const byTag = markOfTag.get(tagOf(element));
  const regular = has(style, 'font-weight', 'normal|[1-4]00');
  const upright = has(style, 'font-style', 'normal');
  if (byTag !== undefined && !(byTag === 'strong' && regular) && !(byTag === 'em' && upright)) {
    marks.push({ tag: byTag });
  }
  if (tagOf(element) === 'a') {
    const href = messageLink(element.getAttribute('href') ?? '');
    return href === undefined ? marks : [...marks, { tag: 'a', href }];
  }
  if (has(style, 'font-weight', 'bold|[6-9]00')) marks.push({ tag: 'strong' });
  if (has(style, 'font-style', 'italic|oblique')) marks.push({ tag: 'em' });
  if (has(style, 'text-decoration(-line)?', '[^;]*underline')) marks.push({ tag: 'u' });
  if (has(style, 'text-decoration(-line)?', '[^;]*line-through')) marks.push({ tag: 's' });
  return marks;
}

const isHidden = (element: Element) =>
  element.hasAttribute('hidden') || /display\s*:\s*none|mso-hide\s*:\s*all/i.test(styleOf(element));

/**
 * Rewrites any HTML with only the tags of `contract/message`: div → p, b → strong, h1 → h2, the rows of a table → lines with separators.
 * Keeps the text. Drops styles, scripts, controls and all attributes except a link's `href` (which gets the fixed `rel`). Every element of
 * the result is new and has a tag from the list, so nothing of the source can come along.
 * @param source the node whose content is rewritten. Line breaks (`<br>`) in its `<pre>` elements are replaced by newlines, in place
 */
export function shape(source: Node, options: ShapeOptions = {}): DocumentFragment {
  const result = document.createDocumentFragment();
  let box: Element | DocumentFragment = result;
  /** the line (p, h2 or h3) to which text is added now */
  let line: HTMLElement | undefined;
  /** the tag of a line that has to be opened because text comes outside any line */
  let lineTag = 'p';
  /** the elements for marks that are open at the end of the line, from the outermost to the innermost */
  let open: { mark: Mark; element: Element }[] = [];
  /** the marks of the node that is being read */
  let marks: Mark[] = [];
  /** inside a table row that becomes one line */
  let flat = false;
  let inItem = false;
  /** the line so far ends with white space, so that further white space is dropped */
  let afterSpace = true;

  const openLine = (tag = lineTag) => {
    line = document.createElement(inItem ? 'p' : tag);
    open = [];
    afterSpace = true;
    box.append(line);
    return line;
  };

  const closeLine = (keepEmpty = false) => {
    if (line === undefined) return;
    const closed = line;
    line = undefined;
    if (!options.keepSpaces) trimEnd(closed);
    if (blank.test(closed.textContent ?? '') && closed.querySelector('br') === null) {
      if (keepEmpty) closed.replaceChildren();
      else closed.remove();
    } else if (closed.childNodes.length === 1 && closed.firstElementChild?.localName === 'br') {
      closed.replaceChildren();
    }
  };

  /** Adds an inline node to the end of the line, inside elements for the current marks. Opens a line if there is none. */
  const place = (node: Node) => {
    let parent: Element = line ?? openLine();
    let same = 0;
    while (same < open.length && same < marks.length && open[same]?.mark === marks[same]) same += 1;
    open = open.slice(0, same);
    parent = open.at(-1)?.element ?? parent;
    for (const mark of marks.slice(same)) {
      const element = document.createElement(mark.tag);
      if (mark.href !== undefined) {
        element.setAttribute('href', mark.href);
        element.setAttribute('rel', messageLinkRel);
      }
      parent.append(element);
      open.push({ mark, element });
      parent = element;
    }
    parent.append(node);
  };

  const addText = (text: string) => {
    if (options.keepSpaces) {
      if (text !== '') place(document.createTextNode(text.replace(/[\r\n\t]/g, ' ')));
      return;
    }
    const collapsed = text.replace(/[ \t\r\n\f]+/g, ' ');
    const told = afterSpace || line === undefined ? collapsed.replace(/^ /, '') : collapsed;
    if (told === '') return;
    place(document.createTextNode(told));
    afterSpace = told.endsWith(' ');
  };

  /** Reads the children of a node, with the node's own marks added. A heading adds none: it is bold anyway. */
  const children = (node: Node) => {
    const outer = marks;
    if (node instanceof Element && !/^h\d$/.test(tagOf(node))) {
      const fresh = marksOf(node).filter(
        ({ tag }) => !outer.some((mark) => mark.tag === tag || (tag === 'u' && mark.tag === 'a')),
      );
      marks = [...outer, ...fresh];
    }
    for (const child of node.childNodes) walk(child);
    marks = outer;
  };

  const within = (container: Element, fill: () => void) => {
    closeLine();
    const outer = box;
    outer.append(container);
    box = container;
    const before = container.childNodes.length;
    fill();
    closeLine();
    box = outer;
    if (container.childNodes.length === before) container.remove();
  };

  const item = (list: Element, nodes: Iterable<Node>) => {
    const wasInItem = inItem;
    inItem = true;
    const li = document.createElement('li');
    const outer = box;
    box = list;
    within(li, () => {
      for (const node of nodes) walk(node);
      closeLine();
      if (li.firstElementChild !== null && li.firstElementChild.localName !== 'p') {
        li.prepend(document.createElement('p'));
      }
    });
    box = outer;
    inItem = wasInItem;
  };

  const list = (element: Element) => {
    const made = document.createElement(element.localName === 'ol' ? 'ol' : 'ul');
    within(made, () => {
      for (const child of element.childNodes) {
        if (child instanceof Element && isHidden(child)) continue;
        if (child instanceof Element && child.localName === 'li') item(made, child.childNodes);
        else if (child instanceof Element && made.lastElementChild !== null) {
          // Word and Google Docs write a nested list directly into the list: it belongs to the item before it.
          const outer = box;
          box = made.lastElementChild;
          walk(child);
          closeLine();
          box = outer;
        } else if (!blank.test(child.textContent ?? '')) item(made, [child]);
      }
    });
  };

  const row = (element: Element) => {
    const cells = [...element.children].filter(
      (cell) => (cell.localName === 'td' || cell.localName === 'th') && !isHidden(cell),
    );
    const isText = cells.every(
      (cell) => cell.querySelector(structured) === null && cell.querySelectorAll('p, div').length < 2,
    );
    if (cells.length < 2 || !isText || cells.filter((cell) => !blank.test(cell.textContent ?? '')).length < 2) {
      for (const cell of cells) {
        closeLine();
        children(cell);
        closeLine();
      }
      return;
    }
    closeLine();
    openLine('p');
    flat = true;
    for (const [index, cell] of cells.entries()) {
      if (index > 0) addText(betweenCells);
      walk(cell);
    }
    flat = false;
    closeLine();
  };

  const element = (node: Element) => {
    const tag = tagOf(node);
    if (dropped.has(tag) || isHidden(node)) return;
    const container = options.container?.(node);
    const lineOf = lines.get(tag);
    if (container !== undefined) within(container, () => children(node));
    else if (tag === 'br') {
      if (flat) addText(' ');
      else if (line === undefined) {
        openLine();
        closeLine(true);
      } else {
        place(document.createElement('br'));
        afterSpace = true;
      }
    } else if (tag === 'img') {
      const stand = options.image?.(node);
      if (stand !== undefined) {
        if (!afterSpace && line !== undefined) place(document.createTextNode(' '));
        place(stand);
        place(document.createTextNode(' '));
        afterSpace = true;
      }
    } else if (flat && (lineOf !== undefined || blocks.has(tag))) children(node);
    else if (tag === 'hr') {
      closeLine();
      box.append(document.createElement('hr'));
    } else if (tag === 'pre') {
      closeLine();
      for (const br of node.querySelectorAll('br')) br.replaceWith('\n');
      const code = document.createElement('code');
      code.textContent = node.textContent;
      const pre = document.createElement('pre');
      pre.append(code);
      if (code.textContent !== '') box.append(pre);
    } else if (lineOf !== undefined) {
      closeLine();
      const outer = lineTag;
      lineTag = lineOf;
      openLine(lineOf);
      const own = line;
      children(node);
      // An empty paragraph of the source is kept as a blank line. A line that was opened inside it is not.
      closeLine(lineOf === 'p' && line === own);
      lineTag = outer;
    } else if (tag === 'blockquote') {
      const outer = lineTag;
      lineTag = 'p';
      within(document.createElement('blockquote'), () => children(node));
      lineTag = outer;
    } else if (tag === 'ul' || tag === 'ol') list(node);
    else if (tag === 'tr') row(node);
    else if (tag === 'table' || blocks.has(tag)) {
      closeLine();
      children(node);
      closeLine();
    } else children(node);
  };

  const walk = (node: Node) => {
    if (node instanceof Element) element(node);
    else if (node.nodeType === Node.TEXT_NODE) addText(node.nodeValue ?? '');
  };

  children(source);
  closeLine();
  return result;
}

/** Removes white space and line breaks from the end of a line: a browser shows neither. */
function trimEnd(line: Element) {
  for (let last = deepestLast(line); last !== null; last = deepestLast(line)) {
    if (last.nodeType === Node.TEXT_NODE) {
      last.nodeValue = last.nodeValue?.replace(/[ \t\r\n\f]+$/, '') ?? '';
      if (last.nodeValue !== '') return;
    } else if (last.nodeName === 'BR' && line.textContent === '') return;
    last.remove();
  }
}

function deepestLast(node: Node): ChildNode | null {
  let last = node.lastChild;
  while (last?.lastChild) last = last.lastChild;
  return last;
}
