import { useQuery } from '@tanstack/react-query';
import { page } from '../../contract/paths.ts';
import { useSession } from '../api/session.ts';
import { Badge } from '../ui/badge.tsx';
import { RelativeTime } from '../ui/relative-time.tsx';
import { ticketWords } from '../words/tickets.ts';
import { goOnWith, latestDraft } from './draft-latest.ts';
import { GroupedRow, RowGroup } from './tickets-page-group.tsx';

const words = ticketWords.draft;

/**
 * The latest draft for this account on this device, as a row above the tickets, so that one click continues it. Nothing if there is none.
 */
export function UnsentDraft({ accountID }: { accountID: string }) {
  const { session } = useSession();
  const userID = session?.user.id ?? '';
  const { data: draft } = useQuery({
    queryKey: ['draft', userID, accountID],
    queryFn: async () => (await latestDraft({ userID, accountID })) ?? null,
    staleTime: 0,
    gcTime: 0,
  });
  if (draft === undefined || draft === null) return null;
  return (
    <RowGroup name={words.group}>
      <GroupedRow
        href={page.newTicket(accountID)}
        onOpen={() => goOnWith(draft)}
        title={draft.fields.title || words.untitled}
        details={words.kept}
        state={<Badge tone="neutral">{words.badge}</Badge>}
        when={
          <>
            {words.saved} <RelativeTime date={draft.savedOn} />
          </>
        }
      />
    </RowGroup>
  );
}
