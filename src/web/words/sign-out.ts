const counted = (count: number, one: string, many: string) => (count === 1 ? `1 ${one}` : `${count} ${many}`);

/** Words of the dialogs of signing out. */
export const signOutWords = {
  title: (drafts: number, tickets: number) =>
    `You have ${[
      drafts > 0 ? counted(drafts, 'unsent draft', 'unsent drafts') : '',
      tickets > 0 ? counted(tickets, 'ticket not delivered yet', 'tickets not delivered yet') : '',
    ]
      .filter((part) => part !== '')
      .join(' and ')}`,
  detail: (count: number) =>
    count === 1
      ? 'Signing out deletes its text from this device.'
      : 'Signing out deletes their texts from this device.',
  undelivered:
    'What was submitted is delivered all the same. Should Moov refuse it, its text could not be put back into the form.',
  stay: 'Stay signed in',
  leave: 'Delete and sign out',
  failed: 'Signing out did not work. You are still signed in.',
} as const;
