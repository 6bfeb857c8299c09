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
  /** the document has changed; called on each change, so it must be cheap */
  onUpdate: () => void;
  /** pictures that a paste held and a message cannot */
  onImagesLeftOut: (count: number) => void;
};

/** The rich editor, in place of the plain one. */
export type TakeOver = (element: HTMLElement, options: LiveOptions) => LiveEditor;
export type LiveEditor = {
  editor: Editor;
  formatting: Formatting;
  getHTML: () => string;
  setHTML: (html: string) => void;
  /** takes the caret from the browser now: after an arrow key, its `selectionchange` may come later than the next key */
  syncCaret: () => void;
};

/**
 * Makes the plain contenteditable `element` a TipTap editor, in one task: its text, its caret or selection and its focus
 * stay, since ProseMirror mounts on the very element that has them. Not to be called during an IME composition.
 *
 * The bare `Editor` of TipTap rather than `useEditor` and `EditorContent`: those bring an element of their own, and a key
 * that falls between two elements is lost.
 */
export function takeOver(element: HTMLElement, { onUpdate, onImagesLeftOut }: LiveOptions): LiveEditor {
  const focused = element.ownerDocument.activeElement === element;
  const { scrollTop } = element;
  const editor: Editor = new Editor({
    element: null,
    // As JSON: even an empty text would go through DOMParser, which trusted types forbid.
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
    // It has had the focus all along, so ProseMirror has to be told.
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

const parse = (editor: Editor, dom: Node, findPositions: (Place & { pos?: number })[] = []) =>
  DOMParser.fromSchema(editor.schema).parse(dom, { preserveWhitespace: true, findPositions });

/** What the plain editor holds, as a document, and where its selection is in it. */
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

/** How far from an edge a caret is kept, in px, as ProseMirror does. */
const edge = 5;

/**
 * Whether the caret is to be seen already, as it is after nearly every key: ProseMirror asks the browser for the place
 * and the style of each ancestor before it finds out.
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

/** Plain text as paragraphs, blank lines kept (ProseMirror would join them). */
const linesToSlice = (text: string, type: ParagraphType) =>
  new Slice(Fragment.from(paragraphs(text.replace(/\r\n?/g, '\n').replace(/\n$/, '').split('\n'), type)), 1, 1);

/** Pasting an address over selected words links them. */
function linkSelection(editor: Editor, text: string): boolean {
  const href = messageLink(text.trim());
  if (href === undefined || /\s/.test(text.trim()) || editor.state.selection.empty || editor.isActive('codeBlock')) {
    return false;
  }
  return editor.chain().setMark('link', { href }).run();
}
