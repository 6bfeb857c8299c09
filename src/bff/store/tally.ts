import { sql } from 'drizzle-orm';
import * as z from 'zod/mini';
import { purge } from './purge.ts';
import { type Database, hotStatement, rowsOf } from './store.ts';

/** Attempts of one key since an instance last told of them; the window begins with the first that is told. */
export type Attempts = { key: string; points: number; seconds: number };
/** Where a key stands for all instances together. */
export type Standing = { points: number; endsInMs: number };

/**
 * Every instance takes the rows in the order of their keys, so that no two wait for each other. The clock is the database's. It does
 * not wait for the disk, which would be most of its cost: a count that a crash of the database takes back harms nobody.
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

/** What all instances together have counted against the limits. */
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
