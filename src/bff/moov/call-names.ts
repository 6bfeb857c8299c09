/** The calls that the portal makes to the Moov API, as its metrics and its log name them. */
export const callNames = [
  'createTicket',
  'listTickets',
  'getTicket',
  'closeTicket',
  'listMessages',
  'getAccount',
  'listAccounts',
  'probe',
] as const;
export type CallName = (typeof callNames)[number];
