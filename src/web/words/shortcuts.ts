/** Words of the sheet of keyboard shortcuts. */
export const shortcutWords = {
  title: 'Keyboard shortcuts',
  close: 'Close',
  groups: { ticket: 'Ticket', message: 'Message', around: 'Getting around' },
  submit: 'Submit ticket',
  pastePlain: 'Paste as plain text',
  leave: 'To the next field',
  toToolbar: 'To the formatting tools',
  alongToolbar: 'From tool to tool',
  toMessage: 'Back to the message',
} as const;
