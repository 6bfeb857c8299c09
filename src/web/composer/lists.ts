import { type Editor, Node, wrappingInputRule } from '@tiptap/react';

type ListName = 'bulletList' | 'orderedList';
/** Turns the selected lines into a list of this kind, or, if they are one, back into paragraphs. */
export const toggleList = (editor: Editor, name: ListName) => editor.commands.toggleList(name, 'listItem');

/**
 * Makes the node for one kind of list. It has no attributes: a numbered list always starts at 1, in figures.
 * @param typed what is typed at the start of a line to begin a list
 * @param keys the keyboard shortcut
 */
const list = (name: ListName, tag: 'ul' | 'ol', typed: RegExp, keys: string) =>
  Node.create({
    name,
    group: 'block list',
    content: 'listItem+',
    parseHTML: () => [{ tag }],
    renderHTML: () => [tag, 0],
    addKeyboardShortcuts() {
      return { [keys]: () => toggleList(this.editor, name) };
    },
    addInputRules() {
      return [wrappingInputRule({ find: typed, type: this.type })];
    },
  });

/** An item of a list. Indented by Mod-] and Mod-[, because Tab moves the focus out of the editor. */
const Item = Node.create({
  name: 'listItem',
  content: 'paragraph block*',
  defining: true,
  parseHTML: () => [{ tag: 'li' }],
  renderHTML: () => ['li', 0],
  addKeyboardShortcuts() {
    return {
      Enter: () => this.editor.commands.splitListItem(this.name),
      'Mod-]': () => this.editor.commands.sinkListItem(this.name),
      'Mod-[': () => this.editor.commands.liftListItem(this.name),
      Delete: () => hoistBranches(this.editor),
      'Mod-Delete': () => hoistBranches(this.editor),
    };
  },
});

/**
 * Delete at the end of an item's first line, before a nested list in which an item holds more than one line. The nested items become the
 * next items of the outer list. The usual Delete would join the two lines, and what is below the nested item's line would lose its place.
 * @returns false when the caret is not there, and the usual Delete should follow
 */
function hoistBranches({ state, commands }: Editor): boolean {
  const { selection } = state;
  const { $from } = selection;
  if (!selection.empty || !$from.parent.isTextblock || $from.parentOffset < $from.parent.content.size) return false;
  let depth = $from.depth;
  while (depth > 0 && $from.node(depth).type.name !== 'listItem') depth -= 1;
  if (depth === 0) return false;
  const below = state.doc.resolve($from.after()).nodeAfter;
  if (!below?.type.isInGroup('list') || below !== $from.node(depth).maybeChild($from.index(depth) + 1)) return false;
  if (!below.children.some(({ childCount }) => childCount > 1)) return false;
  return commands.command(({ tr }) => {
    tr.delete($from.after(), $from.after() + below.nodeSize);
    tr.insert(tr.mapping.map($from.after(depth)), below.content);
    tr.setSelection(selection.map(tr.doc, tr.mapping));
    return true;
  });
}

/** The nodes of the two kinds of list, and of their items. */
export const messageLists = [
  list('bulletList', 'ul', /^\s*([-+*])\s$/, 'Mod-Shift-8'),
  list('orderedList', 'ol', /^1\.\s$/, 'Mod-Shift-7'),
  Item,
];
