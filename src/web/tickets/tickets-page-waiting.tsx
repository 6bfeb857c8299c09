import { useQuery } from '@tanstack/react-query';
import { page } from '../../contract/paths.ts';
import type { Submission } from '../../contract/submission.ts';
import { Badge } from '../ui/badge.tsx';
import { RelativeTime } from '../ui/relative-time.tsx';
import { ticketWords } from '../words/tickets.ts';
import { outcomeOf } from './submission-outcome.ts';
import { submissionsQuery } from './ticket-queries.ts';
import { GroupedRow, RowGroup } from './tickets-page-group.tsx';
import { titleMatches } from './tickets-page-search.ts';

const words = ticketWords.waiting;
const settled = (submission: Submission) => submission.state === 'created' || submission.state === 'cancelled';

/** A name of the group that is true of each in it. */
const groupName = (waiting: readonly Submission[]) =>
  waiting.some((each) => outcomeOf(each) === 'given-up')
    ? words.groupUnknown
    : waiting.every(({ state }) => state === 'rejected')
      ? words.groupSettled
      : words.group;

/**
 * The account's submissions that Moov has not got yet or has refused, or that may have arrived unseen. Shown above the tickets, since
 * somebody may wait for them in vain.
 */
export function WaitingSubmissions({ accountID, query }: { accountID: string; query: string }) {
  const { data } = useQuery(submissionsQuery(accountID));
  const waiting = data?.items.filter((each) => !settled(each) && titleMatches(each.title ?? '', query)) ?? [];
  if (waiting.length === 0) return null;
  return (
    <RowGroup name={groupName(waiting)}>
      {waiting.map((each) => (
        <GroupedRow
          key={each.submissionID}
          href={page.submission(accountID, each.submissionID)}
          title={each.title ?? words.untitled[outcomeOf(each) === 'given-up' ? 'given-up' : 'rejected']}
          details={
            <>
              {each.filedBy}
              {each.nextAttemptOn !== undefined && each.state === 'queued' && (
                <span>
                  {words.next} <RelativeTime date={each.nextAttemptOn} ahead={words.nextSoon} />
                </span>
              )}
            </>
          }
          state={
            <Badge tone={outcomeOf(each) === 'rejected' ? 'danger' : 'warning'}>{words.badge[outcomeOf(each)]}</Badge>
          }
          when={
            <>
              {words.submitted} <RelativeTime date={each.createdOn} />
            </>
          }
        />
      ))}
    </RowGroup>
  );
}
