import { DOMParser, Fragment, type Node as ProseMirrorNode, Slice } from '@tiptap/pm/model';
import { TextSelection } from '@tiptap/pm/state';
import type { EditorView } from '@tiptap/pm/view';
import { Editor } from '@tiptap/react';
import { messageLink } from '../../contract/message.ts';
import { messageExtensions } from './extensions.ts';
import { formatting } from './formatting.ts';
import { parseInert } from './inert.ts';
import { cleanPaste } from './paste.ts';
import { isBlank, isFormatted, type Place, readLines } from './plain.ts';
import type { Formatting } from './surface.ts';

type LiveOptions = {
  /** called on each change of the document, so it must be fast */
  onUpdate: () => void;
  /** called when pictures were left out of a paste, with their number, since a message cannot hold any */
  onImagesLeftOut: (count: number) => void;
};

/** Makes the plain editor a rich one; see `takeOver`. */
export type TakeOver = (element: HTMLElement, options: LiveOptions) => LiveEditor;
/** The rich editor. `getHTML` gives '' when there is no visible text; `setHTML` calls no `onUpdate` and cannot be undone. */
export type LiveEditor = {
  editor: Editor;
  formatting: Formatting;
  getHTML: () => string;
  setHTML: (html: string) => void;
  /** reads the caret from the browser now. After an arrow key the browser may report the new place only after the next key */
  syncCaret: () => void;
};

/**
 * Makes the plain contenteditable `element` a TipTap editor, within one task. Text, selection and focus stay, because ProseMirror mounts on
 * this same element. Do not call it while an input method composes a word.
 *
 * Uses TipTap's `Editor` directly, and not `useEditor` and `EditorContent`: those create an element of their own, and a key typed while one
 * element replaces another is lost.
 */
export function takeOver(element: HTMLElement, { onUpdate, onImagesLeftOut }: LiveOptions): LiveEditor {
  const focused = element.ownerDocument.activeElement === element;
  const { scrollTop } = element;
  const editor: Editor = new Editor({
    element: null,
    // JSON, because TipTap would give any string, even an empty one, to DOMParser, which Trusted Types forbid.
    content: { type: 'doc', content: [{ type: 'paragraph' }] },
    extensions: messageExtensions,
    injectCSS: false,
    enablePasteRules: false,
    editorProps: {
      handleScrollToSelection: caretInSight,
      transformPastedHTML(html) {
        const { html: clean, images } = cleanPaste(html);
        if (images > 0) onImagesLeftOut(images);
        return clean;
      },
      clipboardTextParser: (text, _context, _plain, view) => linesToSlice(text, view.state.schema.nodes.paragraph),
      handlePaste: (_view, event) => linkSelection(editor, event.clipboardData?.getData('text/plain') ?? ''),
    },
  });

  const { doc, anchor, head } = read(element, editor);
  const { tr } = editor.state;
  tr.replaceWith(0, tr.doc.content.size, doc.content);
  tr.setSelection(TextSelection.between(tr.doc.resolve(anchor), tr.doc.resolve(head)));
  editor.view.dispatch(tr);
  editor.mount({ mount: element });
  element.scrollTop = scrollTop;
  if (focused) {
    // The element keeps the focus that it had, so the browser sends no event: ProseMirror must be told.
    element.dispatchEvent(new FocusEvent('focus'));
    editor.view.focus();
  }
  editor.on('update', onUpdate);

  return {
    editor,
    formatting,
    getHTML: () => (isBlank(editor.state.doc.textContent) ? '' : editor.getHTML()),
    setHTML(html) {
      const content = parse(editor, parseInert(html)).content;
      const change = editor.state.tr.replaceWith(0, editor.state.doc.content.size, content);
      editor.view.dispatch(change.setMeta('preventUpdate', true).setMeta('addToHistory', false));
    },
    syncCaret() {
      const shown = element.ownerDocument.getSelection();
      const { view, state } = editor;
      if (!(state.selection instanceof TextSelection) || !shown?.anchorNode || !shown.focusNode) return;
      if (!element.contains(shown.anchorNode) || !element.contains(shown.focusNode)) return;
      const anchor = state.doc.resolve(view.posAtDOM(shown.anchorNode, shown.anchorOffset));
      const head = state.doc.resolve(view.posAtDOM(shown.focusNode, shown.focusOffset));
      const selection = TextSelection.between(anchor, head);
      if (!selection.eq(state.selection)) view.dispatch(state.tr.setSelection(selection));
    },
  };
}

/** Parses DOM nodes by the editor's schema. Sets `pos` of each place in `findPositions` to its position in the document. */
const parse = (editor: Editor, dom: Node, findPositions: (Place & { pos?: number })[] = []) =>
  DOMParser.fromSchema(editor.schema).parse(dom, { preserveWhitespace: true, findPositions });

/** Reads the plain editor: its content as a document, and the two ends of its selection as positions in that document. */
function read(element: HTMLElement, editor: Editor): { doc: ProseMirrorNode; anchor: number; head: number } {
  const selection = element.ownerDocument.getSelection();
  const places: (Place & { pos?: number })[] = [];
  for (const end of ['anchor', 'focus'] as const) {
    const node = selection?.[`${end}Node`];
    if (node && element.contains(node)) places.push({ node, offset: selection[`${end}Offset`] });
  }
  if (isFormatted(element)) {
    const doc = parse(editor, element, places);
    const [anchor = doc.content.size, head = anchor] = places.map(({ pos }) => pos ?? doc.content.size);
    return { doc, anchor, head };
  }
  const { lines, carets } = readLines(element, places);
  const doc = editor.schema.topNodeType.create(null, paragraphs(lines, editor.schema.nodes.paragraph));
  const [anchor = doc.content.size, head = anchor] = carets.map(
    ({ line, column }) => lines.slice(0, line).reduce((sum, text) => sum + text.length + 2, 1) + column,
  );
  return { doc, anchor, head };
}

/** How many px the caret must be away from an edge to count as visible; ProseMirror's own default. */
const edge = 5;

/**
 * Whether the caret is visible already, so that ProseMirror need not scroll. This is so after nearly every key. ProseMirror's own check is
 * slower, because it asks the browser for the box and the style of every ancestor.
 */
function caretInSight(view: EditorView): boolean {
  const { selection } = view.state;
  if (!(selection instanceof TextSelection)) return false;
  const caret = view.coordsAtPos(selection.head, 1);
  const box = view.dom.getBoundingClientRect();
  return (
    caret.top >= Math.max(box.top, 0) + edge &&
    caret.bottom <= Math.min(box.bottom, document.documentElement.clientHeight) - edge &&
    caret.left >= Math.max(box.left, 0) &&
    caret.right <= Math.min(box.right, document.documentElement.clientWidth)
  );
}

type ParagraphType = Editor['schema']['nodes'][string] | undefined;
const paragraphs = (lines: string[], type: ParagraphType) =>
  lines.flatMap((line) => type?.create(null, line === '' ? null : type.schema.text(line)) ?? []);

/** Pasted plain text as paragraphs, one for each line. Blank lines are kept; ProseMirror's own parser would drop them. */
const linesToSlice = (text: string, type: ParagraphType) =>
  new Slice(Fragment.from(paragraphs(text.replace(/\r\n?/g, '\n').replace(/\n$/, '').split('\n'), type)), 1, 1);

/** Makes the selected words a link when an address is pasted over them. @returns whether it did */
function linkSelection(editor: Editor, text: string): boolean {
  const href = messageLink(text.trim());
  if (href === undefined || /\s/.test(text.trim()) || editor.state.selection.empty || editor.isActive('codeBlock')) {
    return false;
  }
  return editor.chain().setMark('link', { href }).run();
}
