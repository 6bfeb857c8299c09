/** Words for showing a message. */
export const messageWords = {
  quoted: 'Show quoted text',
  opensElsewhere: 'opens in a new tab',
  image: (description: string) => (description === '' ? 'Image' : `Image: ${description}`),
  remoteImage: (description: string, host: string) =>
    description === '' ? `Image (opens ${host})` : `Image: ${description} (opens ${host})`,
  linkTarget: (host: string) => ` (${host})`,
  tooComplex: 'This message is shown without its formatting: it is too large or too deeply nested.',
  empty: 'There is no text in this message.',
  preview: {
    label: 'Preview of the message',
    empty: 'Nothing to preview yet.',
  },
} as const;
