import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod/mini';
import { type Database, rowsOf } from './query.ts';

const mostAtOnce = 1_000;

/**
 * Deletes outdated rows, at most 1,000 in one statement: so no statement takes long, however many rows there are, and two instances
 * that clean up at the same time do not wait for each other.
 * @param key the columns of the primary key
 * @param which the condition for the rows to delete, with an `order by` that an index answers
 * @returns how many rows were deleted
 */
export async function purge(
  db: Database,
  table: 'sessions' | 'logins' | 'submissions' | 'claims' | 'events' | 'webhook_events' | 'limits',
  key: SQL,
  which: SQL,
) {
  let gone = 0;
  for (;;) {
    const result = await db.execute(sql`
      with gone as (
        delete from ${sql.identifier(table)} where (${key}) in (
          select ${key} from ${sql.identifier(table)} where ${which} limit ${mostAtOnce} for update skip locked)
        returning 1)
      select count(*)::int as count from gone`);
    const count = rowsOf(z.object({ count: z.number() }), result)[0]?.count ?? 0;
    gone += count;
    if (count < mostAtOnce) return gone;
  }
}
