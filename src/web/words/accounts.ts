/** Words of the page of accounts and of the account picker. */
export const accountWords = {
  title: 'Accounts',
  lead: 'Choose the account to read or file tickets for.',
  search: 'Search accounts',
  searchHint: 'Name or account ID',
  recent: 'Recent',
  all: 'All accounts',
  found: 'Search results',
  own: 'Your own',
  ticketsOf: (account: string) => `Tickets of ${account}`,
  newTicketFor: (account: string) => `New ticket for ${account}`,
  loading: 'Loading the accounts…',
  loadMore: 'Load more',
  loadingMore: 'Loading more accounts…',
  foundCount: (count: number, more: boolean) =>
    `${count === 1 ? '1 account' : `${count.toLocaleString('en')} accounts`}${more ? ' so far' : ''} found.`,
  emptySearch: (query: string) => `No account found for “${query}”`,
  emptySearchHint:
    'The search looks at the beginning and the words of the name, and at the beginning of the account ID.',
  empty: 'No account is connected to yours yet',
  emptyHint: 'Accounts appear here as soon as they are connected to your partner account at Moov.',
  picker: {
    open: 'Switch account',
    missing: 'The accounts could not be loaded. Try again when you are online.',
    label: 'Account',
    placeholder: 'Name or account ID',
    searching: 'Searching…',
    none: 'No account found.',
    more: (shown: number) => `The first ${shown} are shown. Type more of the name to find others.`,
    failed: 'The accounts could not be loaded.',
  },
} as const;
