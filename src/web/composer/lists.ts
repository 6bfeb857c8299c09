import { type Editor, Node, wrappingInputRule } from '@tiptap/react';

type ListName = 'bulletList' | 'orderedList';
/** Makes the lines of the selection a list of this kind, or paragraphs again. */
export const toggleList = (editor: Editor, name: ListName) => editor.commands.toggleList(name, 'listItem');

/** A list without attributes: numbered ones always count from 1, in figures. */
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

/** Tab belongs to the page (it leaves the editor), so lists are indented by Mod-] and Mod-[. */
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
 * Delete at the end of an item's line, before a list within it whose items hold more than their line: that list's items
 * become the next items, since joining the lines would break what is below them.
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

/** The two kinds of list, and their items. */
export const messageLists = [
  list('bulletList', 'ul', /^\s*([-+*])\s$/, 'Mod-Shift-8'),
  list('orderedList', 'ol', /^1\.\s$/, 'Mod-Shift-7'),
  Item,
];
