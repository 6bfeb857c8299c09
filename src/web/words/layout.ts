/** Words of the frame around every page, and of the pages that stand in for one. */
export const layoutWords = {
  skip: 'Skip to the content',
  home: 'Support portal, start page',
  filingFor: (account: string) => `Filing for ${account}`,
  /** an account whose name is not known */
  nameless: (accountID: string) => `account ${accountID.slice(0, 8)}`,
  accounts: 'Accounts',
  footer: 'Answers to tickets arrive by email, at the address given on each ticket.',

  offline: 'You are offline. What you write is kept on this device.',
  upstream: {
    degraded: {
      title: 'Moov is answering slowly at the moment',
      detail: 'You can file tickets as usual. One that cannot be delivered at once is kept and delivered by itself.',
    },
    down: {
      title: 'Moov cannot be reached at the moment',
      detail: (since: string) =>
        `Since ${since}. You can file tickets as usual: they are kept here and delivered by themselves as soon as Moov is back. Existing tickets may not open.`,
    },
  },

  signIn: {
    title: 'Get help with your Moov account',
    lead: 'File a ticket with Moov support, and follow what becomes of it.',
    points: [
      'Write once: a ticket you submit is kept, even when Moov cannot be reached.',
      'See the status of every ticket, and the conversation, in one place.',
      'Partners file for any account that is connected to theirs.',
    ],
    returns: 'After signing in you come back to this page.',
    title401: 'You are signed out',
    lead401: 'Sign in again to go on. You come back to this page.',
  },
  signedOut: {
    title: 'You have signed out',
    detail: 'Nobody can see your tickets on this device until you sign in again.',
    again: 'Sign in again',
  },
  signOut: {
    title: (count: number) => (count === 1 ? 'You have 1 unsent draft' : `You have ${count} unsent drafts`),
    detail: (count: number) =>
      count === 1 ? 'Signing out deletes it from this device.' : 'Signing out deletes them from this device.',
    stay: 'Stay signed in',
    leave: 'Delete and sign out',
    failed: 'Signing out did not work. You are still signed in.',
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
  crash: {
    chunkTitle: 'This page could not be loaded',
    chunkDetail: 'The connection broke, or the portal has been updated since you opened it. Reload the page.',
    reload: 'Reload the page',
    kept: 'A ticket that you were writing is kept and comes back after reloading.',
    copyDetails: 'Copy details for support',
  },
  sessionUnknown: 'Whether you are signed in could not be found out.',

  problem: {
    reference: 'Reference',
    upstreamReference: 'Moov’s reference',
    copyReference: 'Copy reference',
    copyUpstreamReference: 'Copy Moov’s reference',
    retryAfter: (seconds: number) =>
      seconds < 90 ? `Try again in ${seconds} seconds.` : `Try again in ${Math.ceil(seconds / 60)} minutes.`,
    /** what to do, by status, where the problem's own detail does not say it */
    advice: {
      403: 'Moov does not let the portal do this for this account. Ask your contact at Moov whether tickets are enabled for it, and quote the reference below.',
      404: 'Moov does not know this, or does not show it to the portal. If it should be there, quote the reference below to support.',
      429: 'Too much was asked for in a short time.',
      500: 'If it stays so, quote the reference below to support.',
      502: 'If it stays so, quote the reference below to support.',
      503: 'If it stays so, quote the reference below to support.',
      504: 'If it stays so, quote the reference below to support.',
    } as Readonly<Record<number, string>>,
  },
} as const;
