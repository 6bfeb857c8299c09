import { sql } from 'drizzle-orm';
import * as z from 'zod/mini';
import { type Database, rowsOf } from './store.ts';

/** Attempts of one key since an instance last told of them; the window begins with the first that is told. */
export type Attempts = { key: string; points: number; seconds: number };
/** Where a key stands for all instances together. */
export type Standing = { points: number; endsInMs: number };

const standingRow = z.object({ key: z.string(), points: z.number(), ends_in_ms: z.coerce.number() });

/** What all instances together have counted against the limits, in the table that rate-limiter-flexible counts in as well. */
export function tallyIn(db: Database) {
  return {
    /** Adds attempts of many keys, each at most once, in one statement. @returns where each of them stands now */
    async add(attempts: readonly Attempts[]): Promise<Map<string, Standing>> {
      // Taken in one order by everybody, so that two instances do not wait for each other's rows. The clock is the database's.
      const result = await db.execute(sql`
        insert into limits as kept (key, points, expire)
        select key, points, (extract(epoch from now()) * 1000)::bigint + seconds * 1000
        from json_to_recordset(${JSON.stringify(attempts)}::json) as given (key text, points int, seconds int) order by key
        on conflict (key) do update set
          points = case when kept.expire > extract(epoch from now()) * 1000 then kept.points else 0 end + excluded.points,
          expire = case when kept.expire > extract(epoch from now()) * 1000 then kept.expire else excluded.expire end
        returning key, points, expire - (extract(epoch from now()) * 1000)::bigint as ends_in_ms`);
      return new Map(
        rowsOf(standingRow, result).map((row) => [row.key, { points: row.points, endsInMs: row.ends_in_ms }]),
      );
    },
  };
}
export type Tally = ReturnType<typeof tallyIn>;
