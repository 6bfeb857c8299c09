import type { QueryClient } from '@tanstack/react-query';
import type { Accepted } from './new-ticket-queries.ts';
import { putTicket, submissionQuery, submissionsQuery } from './ticket-queries.ts';

/** Puts the ticket or submission that was just accepted into the cache, so that the next page can show it at once. */
export function rememberAccepted(client: QueryClient, accountID: string, accepted: Accepted): void {
  if ('submissionID' in accepted) {
    client.setQueryData(submissionQuery(accountID, accepted.submissionID).queryKey, accepted);
    void client.invalidateQueries({ queryKey: submissionsQuery(accountID).queryKey, exact: true });
  } else putTicket(client, accountID, accepted);
}
