/** Words of the frame around every page. */
export const layoutWords = {
  skip: 'Skip to the content',
  home: 'Support portal, start page',
  filingFor: (account: string) => `Filing for ${account}`,
  /** an account whose name is not known */
  nameless: (accountID: string) => `account ${accountID.slice(0, 8)}`,
  accounts: 'Accounts',
  footer: 'Answers to tickets arrive by email, at the address given on each ticket.',

  newsAnnounced: (title: string) => `News on the ticket “${title}”.`,

  offline: 'You are offline. What you write is kept on this device.',
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
