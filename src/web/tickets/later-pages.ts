import { later } from '../ui/later.ts';

/** The page of a ticket, loaded when it is first shown, or earlier by `TicketPage.ahead()`. */
export const TicketPage = later(async () => (await import('./ticket-page.tsx')).TicketPage);
/** The page of a submission, loaded in the same way. */
export const SubmissionPage = later(async () => (await import('./submission-page.tsx')).SubmissionPage);
