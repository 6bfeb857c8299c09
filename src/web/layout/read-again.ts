import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { isRefusal } from '../api/request.ts';
import { statusQuery } from '../api/status.ts';

/** A query that is being read already is not started a second time, however many components ask for it. */
const once = { cancelRefetch: false };
const isWorthAgain = ({ state: { error } }: { state: { error: unknown } }) => error !== null && !isRefusal(error);

/**
 * The last recovery for which everything was read again: `since` when Moov was up, and how many requests for its status had failed by
 * then. Kept outside the component, so that the many instances on a page, and later ones, read only once for each recovery.
 */
let last = { since: '', misses: 0 };

/**
 * Put this beside a message that something could not be read. It renders nothing. It asks at once how Moov is doing, and whenever Moov
 * is up again it reads all shown queries again that have failed, but not those that were refused (4xx). It reads once for each recovery
 * and not by a timer, since that would put load on the portal and keep the session alive.
 */
export function ReadAgain() {
  const client = useQueryClient();
  const { data, dataUpdatedAt, errorUpdateCount: misses } = useQuery({ ...statusQuery, enabled: false });
  const [shownAt] = useState(Date.now);
  const since = data?.upstream === 'up' && dataUpdatedAt >= shownAt ? data.since : undefined;
  useEffect(() => void client.invalidateQueries({ queryKey: statusQuery.queryKey }, once), [client]);
  useEffect(() => {
    // Instances of the portal may give slightly different moments for one recovery, so only a later moment counts as a new one. So does
    // a request for the status that failed since: then the portal itself could not be reached.
    if (since === undefined || (since <= last.since && misses <= last.misses)) return;
    last = { since, misses };
    void client.refetchQueries({ type: 'active', predicate: isWorthAgain }, once);
  }, [client, since, misses]);
  return null;
}
