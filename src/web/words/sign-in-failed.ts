/** Words for a sign-in that has failed; `happened` is by the kind of the problem. */
export const signInFailedWords = {
  title: 'You are not signed in',
  happened: {
    'sign-in-outdated':
      'This sign-in was begun in another browser or window, took too long, or was used already. Sign in again.',
    'sign-in-not-confirmed': 'The sign-in service did not confirm who you are, or you cancelled. You can try again.',
    'upstream-unavailable': 'The sign-in service cannot be reached at the moment. Try again in a minute.',
    'too-many-requests': 'There were too many sign-ins from your network in a short time. Try again in a few minutes.',
    unavailable: 'The portal cannot sign you in at the moment. Try again in a minute.',
    internal: 'The portal failed while it signed you in. Try again.',
  },
  kept: 'What you were writing is kept on this device.',
  ask: 'If it happens again, quote this reference to the person who runs this portal.',
} as const;
