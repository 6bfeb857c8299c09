/** Words of the editor's toolbar. */
export const toolWords = {
  toolbar: 'Formatting',
  tools: {
    bold: 'Bold',
    italic: 'Italic',
    underline: 'Underline',
    strike: 'Strikethrough',
    code: 'Code',
    heading2: 'Heading',
    heading3: 'Subheading',
    bulletList: 'Bulleted list',
    orderedList: 'Numbered list',
    outdent: 'Decrease indent',
    indent: 'Increase indent',
    blockquote: 'Quote',
    codeBlock: 'Code block',
    rule: 'Divider',
    link: 'Link',
    undo: 'Undo',
    redo: 'Redo',
  },
  /** the tooltip of a tool: its name and its keyboard shortcut */
  withKeys: (tool: string, keys: string) => `${tool} (${keys})`,

  link: {
    panel: 'Link',
    address: 'Link address',
    example: 'https://example.com',
    apply: 'Apply',
    remove: 'Remove link',
    cancel: 'Cancel',
    invalid: 'Enter a web address, an email address or a phone number, for example https://example.com.',
  },
} as const;
