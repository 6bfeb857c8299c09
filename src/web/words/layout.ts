/** Words of the frame around every page. */
export const layoutWords = {
  skip: 'Skip to the content',
  home: 'Support portal, start page',
  filingFor: (account: string) => `Filing for ${account}`,
  /** an account whose name is not known */
  nameless: (accountID: string) => `account ${accountID.slice(0, 8)}`,
  accounts: 'Accounts',
  footer: 'Answers to tickets arrive by email, at the address given on each ticket.',

  offline: 'You are offline. What you write is kept on this device.',
  crash: {
    chunkTitle: 'This page could not be loaded',
    chunkDetail: 'The connection broke, or the portal has been updated since you opened it. Reload the page.',
    reload: 'Reload the page',
  },
  sessionUnknown: 'Whether you are signed in could not be found out.',
} as const;
