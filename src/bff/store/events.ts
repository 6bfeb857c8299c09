import { sql } from 'drizzle-orm';
import * as z from 'zod/mini';
import { type Database, rowsOf } from './store.ts';

const eventRow = z.pipe(
  z.object({
    event_id: z.coerce.number(),
    account_id: z.string(),
    kind: z.enum(['ticket', 'submission']),
    data: z.record(z.string(), z.unknown()),
  }),
  z.transform((row) => ({ eventID: row.event_id, accountID: row.account_id, kind: row.kind, data: row.data })),
);
/** One piece of live news. Ids grow in the order in which they became visible. */
export type StoredEvent = z.output<typeof eventRow>;

/** The log of live news, and the webhook events that were seen. */
export function eventsIn(db: Database) {
  return {
    /** Events after an id, in order; at most `most`. */
    async after(eventID: number, most: number): Promise<StoredEvent[]> {
      return rowsOf(
        eventRow,
        await db.execute(
          sql`select event_id, account_id, kind, data from events where event_id > ${eventID} order by event_id limit ${most}`,
        ),
      );
    },
    /** The newest id, or 0; and the oldest that is still there. */
    async range(): Promise<{ newest: number; oldest: number }> {
      const result = await db.execute(
        sql`select coalesce(max(event_id), 0)::int8 as newest, coalesce(min(event_id), 0)::int8 as oldest from events`,
      );
      return (
        rowsOf(z.object({ newest: z.coerce.number(), oldest: z.coerce.number() }), result)[0] ?? {
          newest: 0,
          oldest: 0,
        }
      );
    },
    /** Notes a webhook event and its news in one step; false when it was seen before. */
    async receive(webhookEventID: string, accountID: string, data: Record<string, string>): Promise<boolean> {
      const result = await db.execute(sql`
        with seen as (insert into webhook_events (event_id) values (${webhookEventID}) on conflict do nothing returning event_id),
        told as (insert into events (account_id, kind, data) select ${accountID}, 'ticket', ${JSON.stringify(data)}::jsonb from seen)
        select event_id from seen`);
      return rowsOf(z.object({ event_id: z.string() }), result).length > 0;
    },
    /** Removes news older than an hour (a page that was away longer reads everything anew) and webhook ids older than two days. */
    async purge() {
      await db.execute(
        sql`delete from events where created_at < now() - interval '1 hour' and event_id < (select max(event_id) from events)`,
      );
      await db.execute(sql`delete from webhook_events where received_at < now() - interval '2 days'`);
    },
  };
}
export type Events = ReturnType<typeof eventsIn>;
