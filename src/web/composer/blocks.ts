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

/** Turns the selected lines into headings of this level, or, if they are such headings, back into paragraphs. */
export const toggleHeading = (editor: Editor, level: 2 | 3) =>
  editor.commands.toggleNode('heading', 'paragraph', { level });
/** Turns the selected lines into code blocks, or, if they are code, back into paragraphs. */
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

/**
 * Puts the selected lines into a quote, or takes them out of it. After Mod-A the selection is an `AllSelection`, out of which ProseMirror
 * cannot lift a quote. So it is changed into a text selection first.
 */
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

/**
 * Backspace at the start of a line that is not the first: in a quote, it takes the line out of the quote; in the line after a quote, it
 * joins the line to the last line of the quote.
 * @returns false when it does neither, and the usual Backspace should follow
 */
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

/** A code block. It has no language, so `pre > code` has no class. It does not take Tab, which moves the focus out of the editor. */
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
    /** The position of the caret if it is in a code block and nothing is selected, else undefined. */
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
      // The third Enter in a row at the end leaves the block, and removes the two blank lines.
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

/**
 * Inserts a horizontal rule at the selection and puts the caret on the line below it. Adds that line when there is none.
 * @returns false when a rule is not possible here
 */
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

/**
 * A line break within a paragraph, by Shift-Enter only, since Mod-Enter files the ticket. Marks at the caret, such as bold, continue
 * after the break.
 */
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

/** The nodes of a message, except for lists (`lists.ts`). */
export const messageBlocks = [Document, Paragraph, Text, Heading, CodeBlock, Quote, Rule, Break];
