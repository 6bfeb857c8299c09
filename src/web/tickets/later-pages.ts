import { later } from '../ui/later.ts';

/** The page of a ticket. */
export const TicketPage = later(async () => (await import('./ticket-page.tsx')).TicketPage);
/** The page of a submission. */
export const SubmissionPage = later(async () => (await import('./submission-page.tsx')).SubmissionPage);
