import { Blockquote } from '@tiptap/extension-blockquote';
import { Bold } from '@tiptap/extension-bold';
import { Code } from '@tiptap/extension-code';
import { CodeBlock } from '@tiptap/extension-code-block';
import { Document } from '@tiptap/extension-document';
import { HardBreak } from '@tiptap/extension-hard-break';
import { Heading } from '@tiptap/extension-heading';
import { HorizontalRule } from '@tiptap/extension-horizontal-rule';
import { Italic } from '@tiptap/extension-italic';
import { BulletList } from '@tiptap/extension-list/bullet-list';
import { ListItem } from '@tiptap/extension-list/item';
import { OrderedList } from '@tiptap/extension-list/ordered-list';
import { Paragraph } from '@tiptap/extension-paragraph';
import { Strike } from '@tiptap/extension-strike';
import { Text } from '@tiptap/extension-text';
import { Underline } from '@tiptap/extension-underline';
import { UndoRedo } from '@tiptap/extensions/undo-redo';
import { AllSelection, TextSelection } from '@tiptap/pm/state';
import { wrappingInputRule } from '@tiptap/react';
import { LinkMark } from './link-mark.ts';

/** A message's numbered list always counts from 1 in figures: `ol` carries no attribute. */
const PlainOrderedList = OrderedList.extend({
  addAttributes: () => ({}),
  renderHTML: () => ['ol', 0],
  addProseMirrorPlugins: () => [],
  addInputRules() {
    return [wrappingInputRule({ find: /^1\.\s$/, type: this.type })];
  },
});

/** With everything selected (Mod-A) a quote can be taken away too: ProseMirror lifts what a text selection spans. */
const Quote = Blockquote.extend({
  addCommands() {
    return {
      ...this.parent?.(),
      toggleBlockquote:
        () =>
        ({ chain }) =>
          chain()
            .command(({ tr }) => {
              const { selection, doc } = tr;
              if (selection instanceof AllSelection) {
                tr.setSelection(TextSelection.between(doc.resolve(selection.from), doc.resolve(selection.to)));
              }
              return true;
            })
            .toggleWrap(this.name)
            .run(),
    };
  },
});

/** Tab belongs to the page (it leaves the editor), so lists are indented by Mod-] and Mod-[. */
const Item = ListItem.extend({
  addKeyboardShortcuts() {
    return {
      Enter: () => this.editor.commands.splitListItem(this.name),
      'Mod-]': () => this.editor.commands.sinkListItem(this.name),
      'Mod-[': () => this.editor.commands.liftListItem(this.name),
    };
  },
});

/** Code without a language: `pre > code` carries no class. */
const PlainCodeBlock = CodeBlock.extend({
  addAttributes: () => ({}),
  renderHTML: () => ['pre', ['code', 0]],
});

/** Mod-Enter files the ticket; only Shift-Enter breaks a line. */
const Break = HardBreak.extend({
  addKeyboardShortcuts() {
    return { 'Shift-Enter': () => this.editor.commands.setHardBreak() };
  },
});

/** The schema of a message: exactly the tags of `contract/message`, each extension picked by hand for its bytes. */
export const messageExtensions = [
  Document,
  Paragraph,
  Text,
  Heading.configure({ levels: [2, 3] }),
  Bold,
  Italic,
  Underline,
  Strike,
  Code,
  PlainCodeBlock,
  BulletList,
  PlainOrderedList,
  Item,
  Quote,
  LinkMark,
  HorizontalRule,
  Break,
  UndoRedo,
];

/** Marks that typing makes by itself would spoil log lines (`__init__`); blocks and `code` are safe. */
export const typingRules = [
  'heading',
  'bulletList',
  'orderedList',
  'blockquote',
  'codeBlock',
  'code',
  'horizontalRule',
];
