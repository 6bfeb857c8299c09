import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { isRefusal } from '../api/request.ts';
import { statusQuery } from '../api/status.ts';

/** However many say so at one moment, each thing is asked for once. */
const once = { cancelRefetch: false };
const isWorthAgain = ({ state: { error } }: { state: { error: unknown } }) => error !== null && !isRefusal(error);

/** The last time that Moov, and the way there, was well again and all was read again for it, whatever has come of that. */
let last = { since: '', misses: 0 };

/**
 * Stands beside what says that something could not be read. All such is read again by itself once for each time that Moov is well
 * again, which is asked about at once; what was refused is not. Reading by itself again and again would be a load, and would keep
 * the session alive.
 */
export function ReadAgain() {
  const client = useQueryClient();
  const { data, dataUpdatedAt, errorUpdateCount: misses } = useQuery({ ...statusQuery, enabled: false });
  const [shownAt] = useState(Date.now);
  const since = data?.upstream === 'up' && dataUpdatedAt >= shownAt ? data.since : undefined;
  useEffect(() => void client.invalidateQueries({ queryKey: statusQuery.queryKey }, once), [client]);
  useEffect(() => {
    // Several instances of the portal may tell different moments: only a later one is another time.
    if (since === undefined || (since <= last.since && misses <= last.misses)) return;
    last = { since, misses };
    void client.refetchQueries({ type: 'active', predicate: isWorthAgain }, once);
  }, [client, since, misses]);
  return null;
}
