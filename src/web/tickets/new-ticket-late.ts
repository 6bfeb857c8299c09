/** What the form can do without at first: fetched once it stands and can be typed into. */
export { DraftBar } from './draft-bar.tsx';
export { rememberAccepted } from './new-ticket-accepted.ts';
export { SensitiveWarning } from './new-ticket-sensitive-warning.tsx';
export { SimilarTickets } from './new-ticket-similar-list.tsx';
