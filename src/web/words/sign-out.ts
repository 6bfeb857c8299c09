/** What signing out asks and says. */
export const signOutWords = {
  title: (count: number) => (count === 1 ? 'You have 1 unsent draft' : `You have ${count} unsent drafts`),
  detail: (count: number) =>
    count === 1 ? 'Signing out deletes it from this device.' : 'Signing out deletes them from this device.',
  stay: 'Stay signed in',
  leave: 'Delete and sign out',
  failed: 'Signing out did not work. You are still signed in.',
} as const;
