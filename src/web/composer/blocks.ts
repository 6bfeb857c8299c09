import { Slice } from '@tiptap/pm/model';
import { AllSelection, NodeSelection, Selection, TextSelection } from '@tiptap/pm/state';
import {
  canInsertNode,
  type Editor,
  Node,
  nodeInputRule,
  textblockTypeInputRule,
  wrappingInputRule,
} from '@tiptap/react';

/** Makes the lines of the selection headings of this level, or paragraphs again. */
export const toggleHeading = (editor: Editor, level: 2 | 3) =>
  editor.commands.toggleNode('heading', 'paragraph', { level });
/** Makes the lines of the selection code, or paragraphs again. */
export const toggleCodeBlock = (editor: Editor) => editor.commands.toggleNode('codeBlock', 'paragraph');

const Document = Node.create({ name: 'doc', topNode: true, content: 'block+' });
const Text = Node.create({ name: 'text', group: 'inline' });

const Paragraph = Node.create({
  name: 'paragraph',
  priority: 1000,
  group: 'block',
  content: 'inline*',
  parseHTML: () => [{ tag: 'p' }],
  renderHTML: () => ['p', 0],
  addKeyboardShortcuts() {
    return { 'Mod-Alt-0': () => this.editor.commands.setNode('paragraph') };
  },
});

const Heading = Node.create({
  name: 'heading',
  content: 'inline*',
  group: 'block',
  defining: true,
  addAttributes: () => ({ level: { default: 2, rendered: false } }),
  parseHTML: () => [2, 3].map((level) => ({ tag: `h${level}`, attrs: { level } })),
  renderHTML: ({ node }) => [`h${node.attrs.level}`, 0],
  addKeyboardShortcuts() {
    return {
      'Mod-Alt-2': () => toggleHeading(this.editor, 2),
      'Mod-Alt-3': () => toggleHeading(this.editor, 3),
    };
  },
  addInputRules() {
    return [2, 3].map((level) =>
      textblockTypeInputRule({ find: new RegExp(`^#{${level}}\\s$`), type: this.type, getAttributes: { level } }),
    );
  },
});

/** With everything selected (Mod-A) a quote can be taken away too: ProseMirror lifts what a text selection spans. */
export const toggleQuote = (editor: Editor) =>
  editor
    .chain()
    .command(({ tr }) => {
      const { selection, doc } = tr;
      if (selection instanceof AllSelection)
        tr.setSelection(TextSelection.between(doc.resolve(selection.from), doc.resolve(selection.to)));
      return true;
    })
    .toggleWrap('blockquote')
    .run();

const Quote = Node.create({
  name: 'blockquote',
  content: 'block+',
  group: 'block',
  defining: true,
  parseHTML: () => [{ tag: 'blockquote' }],
  renderHTML: () => ['blockquote', 0],
  addKeyboardShortcuts() {
    return {
      'Mod-Shift-b': () => toggleQuote(this.editor),
      Backspace: () => backspaceAtQuote(this.editor),
    };
  },
  addInputRules() {
    return [wrappingInputRule({ find: /^\s*>\s$/, type: this.type })];
  },
});

/** At the start of a later line of a quote, takes the line out of it; right after a quote, puts the line into it. */
function backspaceAtQuote({ state, commands }: Editor): boolean {
  const { $from, empty } = state.selection;
  const outer = $from.depth - 1;
  if (!empty || $from.parentOffset !== 0 || outer < 0 || $from.index(outer) === 0) return false;
  const parent = $from.node(outer);
  if (parent.type.name === 'blockquote') return commands.lift('blockquote');
  const previous = parent.child($from.index(outer) - 1);
  if (previous.type.name !== 'blockquote' || previous.lastChild?.isTextblock !== true) return false;
  const end = $from.before() - 2;
  return commands.command(({ tr }) => {
    tr.replace(end, $from.after(), new Slice($from.parent.content, 0, 0));
    tr.setSelection(TextSelection.create(tr.doc, end)).scrollIntoView();
    return true;
  });
}

/** Code without a language: `pre > code` carries no class. Tab belongs to the page. */
const CodeBlock = Node.create({
  name: 'codeBlock',
  content: 'text*',
  marks: '',
  group: 'block',
  code: true,
  defining: true,
  parseHTML: () => [{ tag: 'pre', preserveWhitespace: 'full' }],
  renderHTML: () => ['pre', ['code', 0]],
  addKeyboardShortcuts() {
    /** Where the caret is, when it is in a block of code and nothing is selected. */
    const caret = () => {
      const { $from, empty } = this.editor.state.selection;
      return empty && $from.parent.type === this.type ? $from : undefined;
    };
    return {
      'Mod-Alt-c': () => toggleCodeBlock(this.editor),
      Backspace: () => {
        const $from = caret();
        if ($from === undefined || ($from.pos !== 1 && $from.parent.content.size > 0)) return false;
        return this.editor.commands.clearNodes();
      },
      // A third Enter leaves the block, with the two blank lines taken back.
      Enter: () => {
        const $from = caret();
        if ($from === undefined || $from.parentOffset < $from.parent.content.size) return false;
        if (!$from.parent.textContent.endsWith('\n\n')) return false;
        return this.editor
          .chain()
          .command(({ tr }) => {
            tr.delete($from.pos - 2, $from.pos);
            return true;
          })
          .exitCode()
          .run();
      },
      ArrowUp: () => {
        const $from = caret();
        if ($from === undefined || $from.parentOffset > 0 || $from.before() > 0) return false;
        return this.editor.commands.insertDefaultBlock({ pos: 0 });
      },
      ArrowDown: () => {
        const $from = caret();
        if ($from === undefined || $from.parentOffset < $from.parent.content.size) return false;
        const after = $from.after();
        if (this.editor.state.doc.nodeAt(after) === null) return this.editor.commands.exitCode();
        return this.editor.commands.command(({ tr }) => {
          tr.setSelection(Selection.near(tr.doc.resolve(after)));
          return true;
        });
      },
    };
  },
  addInputRules() {
    return [textblockTypeInputRule({ find: /^(?:```|~~~)[a-z]*[\s\n]$/, type: this.type })];
  },
});

/** A rule where the selection is, and the caret on the line below it, which is made when there is none. */
export const insertRule = (editor: Editor): boolean => {
  const { selection, schema } = editor.state;
  const rule = schema.nodes.horizontalRule;
  if (rule === undefined || !canInsertNode(editor.state, rule)) return false;
  const content = { type: rule.name };
  const chain = editor.chain();
  if (selection instanceof NodeSelection) chain.insertContentAt(selection.to, content);
  else chain.insertContent(content);
  return chain
    .command(({ tr }) => {
      const { $to } = tr.selection;
      if ($to.nodeAfter?.isTextblock) tr.setSelection(TextSelection.create(tr.doc, $to.pos + 1));
      else if ($to.nodeAfter?.isBlock) tr.setSelection(NodeSelection.create(tr.doc, $to.pos));
      else if ($to.nodeAfter) tr.setSelection(TextSelection.create(tr.doc, $to.pos));
      else {
        const line = schema.nodes.paragraph?.create();
        const end = $to.end();
        if (line) tr.insert(end, line).setSelection(TextSelection.create(tr.doc, end + 1));
      }
      tr.scrollIntoView();
      return true;
    })
    .run();
};

const Rule = Node.create({
  name: 'horizontalRule',
  group: 'block',
  parseHTML: () => [{ tag: 'hr' }],
  renderHTML: () => ['hr'],
  addInputRules() {
    return [nodeInputRule({ find: /^(?:---|—-|___\s|\*\*\*\s)$/, type: this.type })];
  },
});

/** Mod-Enter files the ticket; only Shift-Enter breaks a line. The marks that one types in go on after it. */
const Break = Node.create({
  name: 'hardBreak',
  inline: true,
  group: 'inline',
  selectable: false,
  linebreakReplacement: true,
  parseHTML: () => [{ tag: 'br' }],
  renderHTML: () => ['br'],
  renderText: () => '\n',
  addKeyboardShortcuts() {
    return {
      'Shift-Enter': () =>
        this.editor.commands.first(({ commands, chain, state, editor }) => [
          () => commands.exitCode(),
          () => {
            const { $from, $to } = state.selection;
            const marks = state.storedMarks ?? ($to.parentOffset > 0 ? $from.marks() : []);
            const { splittableMarks } = editor.extensionManager;
            return chain()
              .insertContent({ type: this.name })
              .command(({ tr }) => {
                tr.ensureMarks(marks.filter(({ type }) => splittableMarks.includes(type.name)));
                return true;
              })
              .scrollIntoView()
              .run();
          },
        ]),
    };
  },
});

/** What a message is made of, but for its lists. */
export const messageBlocks = [Document, Paragraph, Text, Heading, CodeBlock, Quote, Rule, Break];
