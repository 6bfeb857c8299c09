/** Words of the pages that are shown in place of the one asked for. */
export const standInWords = {
  signIn: {
    title: 'Get help with your Moov account',
    lead: 'File a ticket with Moov support, and follow what becomes of it.',
    points: [
      'Write once: a ticket you submit is kept, even when Moov cannot be reached.',
      'See the status of every ticket, and the conversation, in one place.',
      'Partners file for any account that is connected to theirs.',
    ],
    cookies:
      'This browser blocks cookies, without which nobody can be signed in. Allow them for this site, then sign in.',
    returns: 'After signing in you come back to this page.',
    title401: 'You are signed out',
    lead401: 'Sign in again to go on. You come back to this page.',
  },
  signedOut: {
    title: 'You have signed out',
    detail: 'Nobody can see your tickets on this device until you sign in again.',
  },
  notFound: {
    title: 'Page not found',
    detail:
      'There is no such page, or it belongs to an account that you cannot see. Check the address, or ask the person who sent it to you.',
    home: 'Go to the start page',
  },
  noAccess: {
    title: 'Your account is not set up yet',
    detail: (name: string) =>
      `Your sign-in works, ${name}, but it is not connected to a Moov account, so there are no tickets to show.`,
    ask: 'Ask the person who gave you this sign-in, or the administrator of your company’s accounts, to connect it. Then sign out and in again.',
    as: (email: string) => `You are signed in as ${email}.`,
  },
} as const;
