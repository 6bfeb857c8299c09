import { sql } from 'drizzle-orm';
import * as z from 'zod/mini';
import { purge } from './purge.ts';
import { type Database, hotStatement, rowsOf } from './query.ts';

/** How many attempts (`points`) an instance has counted for a key since it last told. If no window is open, one of `seconds` begins. */
export type Attempts = { key: string; points: number; seconds: number };
/** The count of a key over all instances, and how long its window still lasts. */
export type Standing = { points: number; endsInMs: number };

/**
 * `order by key`: all instances lock the rows in the same order, so that no two block each other for ever. The clock is the database's.
 * The statement does not wait for the disk, which would be most of its cost: losing a count in a crash harms nobody.
 */
const addAll = hotStatement(
  'count-attempts',
  sql`
  insert into limits as kept (key, points, expire)
  select key, points, (extract(epoch from now()) * 1000)::bigint + seconds * 1000
  from json_to_recordset(${sql.placeholder('attempts')}::json) as given (key text, points int, seconds int) order by key
  on conflict (key) do update set
    points = case when kept.expire > extract(epoch from now()) * 1000 then kept.points else 0 end + excluded.points,
    expire = case when kept.expire > extract(epoch from now()) * 1000 then kept.expire else excluded.expire end
  returning key, points, expire - (extract(epoch from now()) * 1000)::bigint as ends_in_ms, set_config('synchronous_commit', 'off', true)`,
);

const standingRow = z.object({ key: z.string(), points: z.number(), ends_in_ms: z.coerce.number() });

/** The counts of all instances together against the limits. */
export function tallyIn(db: Database) {
  return {
    /** Adds attempts of many keys, each at most once, in one statement. @returns where each of them stands now */
    async add(attempts: readonly Attempts[]): Promise<Map<string, Standing>> {
      const result = await db.hot(addAll, { attempts: JSON.stringify(attempts) });
      return new Map(
        rowsOf(standingRow, result).map((row) => [row.key, { points: row.points, endsInMs: row.ends_in_ms }]),
      );
    },
    /** Removes the windows that have ended. @returns how many */
    purge: () =>
      purge(db, 'limits', sql`key`, sql`expire < (extract(epoch from now()) * 1000)::bigint order by expire`),
  };
}
export type Tally = ReturnType<typeof tallyIn>;
