/** The tools in their groups, in order; known to the page before the editor is there, so that their place is kept. */
export const toolGroups = [
  ['bold', 'italic', 'underline', 'strike', 'code'],
  ['heading2', 'heading3'],
  ['bulletList', 'orderedList', 'outdent', 'indent'],
  ['blockquote', 'codeBlock', 'rule'],
  ['link'],
  ['undo', 'redo'],
] as const;
/** What a tool does, as the toolbar and its words name it. */
export type ToolName = (typeof toolGroups)[number][number];
