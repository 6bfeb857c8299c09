/** Words of the message editor and of messages as they are shown. */
export const composerWords = {
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
  /** a tool with the keys that reach it, as its tooltip */
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

  formattingUnavailable:
    'Formatting could not be loaded. Keep writing: your message is kept and sent as plain paragraphs.',
  imagesLeftOut: (count: number) =>
    count === 1
      ? 'One image was left out: a message holds text only.'
      : `${count} images were left out: a message holds text only.`,
  filesLeftOut: 'Files cannot be attached: a message holds text only.',

  message: {
    quoted: 'Show quoted text',
    opensElsewhere: 'opens in a new tab',
    image: (description: string) => (description === '' ? 'Image' : `Image: ${description}`),
    remoteImage: (description: string, host: string) =>
      description === '' ? `Image (opens ${host})` : `Image: ${description} (opens ${host})`,
    linkTarget: (host: string) => ` (${host})`,
    tooComplex: 'This message is shown without its formatting: it is too large or too deeply nested.',
    empty: 'There is no text in this message.',
  },
  preview: {
    label: 'Preview of the message',
    empty: 'Nothing to preview yet.',
  },
} as const;
