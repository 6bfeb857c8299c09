/** Words of the message editor that are needed before the toolbar is loaded. */
export const composerWords = {
  formattingUnavailable:
    'Formatting could not be loaded. Keep writing: your message is kept and sent as plain paragraphs.',
  imagesLeftOut: (count: number) =>
    count === 1
      ? 'One image was left out: a message holds text only.'
      : `${count} images were left out: a message holds text only.`,
  filesLeftOut: 'Files cannot be attached: a message holds text only.',
} as const;
