// Every address that the browser uses, pages and calls, in one place. Pages mirror the API. Ids are encoded here and nowhere else.

const id = encodeURIComponent;
const query = (values: Record<string, string | number | undefined>) => {
  const given = Object.entries(values).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, String(value)]],
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
};

/** Ids of accounts and submissions are UUIDs, compared in lower case; anything else cannot exist. */
export const idPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** The id of an account or a submission, or an idempotency key, as it came in: in lower case; undefined if it is not a UUID. */
export function readID(given: string | undefined): string | undefined {
  const lower = given?.toLowerCase() ?? '';
  return idPattern.test(lower) ? lower : undefined;
}
/**
 * Ids of tickets are Moov's. Its reference page calls them strings, so they are not changed in any way. The pattern keeps an id
 * from reaching beyond its own part of a path (`/`, `..`).
 */
export const ticketIDPattern = /^[\w-]{1,128}$/;

/** Pages of the SPA. */
export const page = {
  home: () => '/',
  accounts: (search: { q?: string } = {}) => `/accounts${query(search)}`,
  tickets: (accountID: string, search: { status?: string; q?: string } = {}) =>
    `/accounts/${id(accountID)}/tickets${query(search)}`,
  newTicket: (accountID: string, prefill: { title?: string; foreignID?: string; email?: string } = {}) =>
    `/accounts/${id(accountID)}/tickets/new${query(prefill)}`,
  ticket: (accountID: string, ticketID: string) => `/accounts/${id(accountID)}/tickets/${id(ticketID)}`,
  submission: (accountID: string, submissionID: string) => `/accounts/${id(accountID)}/submissions/${id(submissionID)}`,
  signedOut: () => '/signed-out',
};
/**
 * The page for a sign-in that failed. Only the BFF redirects to it. `kind` is the kind of the problem, `reference` the request id
 * for the person to quote, `returnTo` the path to which the person was going.
 */
export const signInFailedPage = (failure: { kind: string; reference: string; returnTo?: string | undefined }) =>
  `${pattern.signInFailed}${query(failure)}`;

/** Route patterns of the same pages, for the router. */
export const pattern = {
  home: '/',
  accounts: '/accounts',
  /** no page of its own: leads on to the account's tickets, for people who cut the end off an address */
  account: '/accounts/:accountID',
  tickets: '/accounts/:accountID/tickets',
  newTicket: '/accounts/:accountID/tickets/new',
  ticket: '/accounts/:accountID/tickets/:ticketID',
  submission: '/accounts/:accountID/submissions/:submissionID',
  signedOut: '/signed-out',
  signInFailed: '/sign-in-failed',
} as const;

/** Calls of the BFF. */
export const call = {
  login: (returnTo: string) => `/auth/login${query({ returnTo })}`,
  callback: () => '/auth/callback',
  logout: () => '/auth/logout',
  session: () => '/api/session',
  status: () => '/api/status',
  /** live news, starting after the news with this number */
  events: (after: number) => `/api/events?after=${after}`,
  accounts: (search: { q?: string; cursor?: string } = {}) => `/api/accounts${query(search)}`,
  account: (accountID: string) => `/api/accounts/${id(accountID)}`,
  tickets: (accountID: string, search: { status?: string; foreignID?: string; cursor?: string; count?: number } = {}) =>
    `/api/accounts/${id(accountID)}/tickets${query(search)}`,
  ticket: (accountID: string, ticketID: string) => `/api/accounts/${id(accountID)}/tickets/${id(ticketID)}`,
  messages: (accountID: string, ticketID: string) => `/api/accounts/${id(accountID)}/tickets/${id(ticketID)}/messages`,
  submissions: (accountID: string) => `/api/accounts/${id(accountID)}/submissions`,
  submission: (accountID: string, submissionID: string) =>
    `/api/accounts/${id(accountID)}/submissions/${id(submissionID)}`,
};
