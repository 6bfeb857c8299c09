/** The tools in their groups, in order. In a module of its own, so that the page can keep their place before the toolbar is loaded. */
export const toolGroups = [
  ['bold', 'italic', 'underline', 'strike', 'code'],
  ['heading2', 'heading3'],
  ['bulletList', 'orderedList', 'outdent', 'indent'],
  ['blockquote', 'codeBlock', 'rule'],
  ['link'],
  ['undo', 'redo'],
] as const;
/** The name of a tool, in the toolbar and in its words. */
export type ToolName = (typeof toolGroups)[number][number];
