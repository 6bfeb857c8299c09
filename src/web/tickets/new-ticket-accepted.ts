import type { QueryClient } from '@tanstack/react-query';
import type { Accepted } from './new-ticket-queries.ts';
import { putTicket, submissionQuery, submissionsQuery } from './ticket-queries.ts';

/** Puts what was accepted where the next page looks for it, so that it is there at once. */
export function rememberAccepted(client: QueryClient, accountID: string, accepted: Accepted): void {
  if ('submissionID' in accepted) {
    client.setQueryData(submissionQuery(accountID, accepted.submissionID).queryKey, accepted);
    void client.invalidateQueries({ queryKey: submissionsQuery(accountID).queryKey, exact: true });
  } else putTicket(client, accountID, accepted);
}
