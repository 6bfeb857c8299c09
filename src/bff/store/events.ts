import { sql } from 'drizzle-orm';
import * as z from 'zod/mini';
import type { TicketEvent } from '../../contract/event.ts';
import { purge } from './purge.ts';
import { type Database, hotStatement, rowsOf } from './query.ts';

const eventRow = z.pipe(
  z.object({
    event_id: z.coerce.number(),
    account_id: z.string(),
    kind: z.enum(['ticket', 'submission']),
    data: z.record(z.string(), z.unknown()),
  }),
  z.transform((row) => ({ eventID: row.event_id, accountID: row.account_id, kind: row.kind, data: row.data })),
);
/** One piece of live news. Ids grow in the order in which the news became visible, so a reader that has seen one has seen all below. */
export type StoredEvent = z.output<typeof eventRow>;

const newsAfter = hotStatement(
  'news-after',
  sql`select event_id, account_id, kind, data from events where event_id > ${sql.placeholder('eventID')}::bigint
      order by event_id limit ${sql.placeholder('most')}::int`,
);

/**
 * The log of live news, and the ids of webhooks that were received. News of submissions is written together with each change of their
 * state (`submissions-change.ts`).
 */
export function eventsIn(db: Database) {
  return {
    /** News after an id, oldest first; at most `most`. */
    async after(eventID: number, most: number): Promise<StoredEvent[]> {
      return rowsOf(eventRow, await db.hot(newsAfter, { eventID, most }));
    },
    /** The newest id and the oldest that is still there; 0 for both if there is no news. */
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
    /** Writes news of a ticket, for everybody who may see its account. */
    async tell(event: TicketEvent) {
      await db.execute(
        sql`insert into events (account_id, kind, data) values (${event.accountID}, 'ticket', ${JSON.stringify(event)}::jsonb)`,
      );
    },
    /**
     * Notes a webhook, and writes its news of a ticket, in one statement.
     * @param webhookEventID Moov's id of the event
     * @param signedAs identifies the signature of this delivery. A signature does not cover the event, so each can be used only once
     * @returns false if the event or the signature was seen before; then no news is written
     */
    async receive(webhookEventID: string, event: TicketEvent, signedAs: string): Promise<boolean> {
      const result = await db.execute(sql`
        with signed as (insert into webhook_events (event_id) values (${`signed:${signedAs}`}) on conflict do nothing returning event_id),
        seen as (insert into webhook_events (event_id) select ${webhookEventID} from signed on conflict do nothing returning event_id),
        told as (insert into events (account_id, kind, data) select ${event.accountID}, 'ticket', ${JSON.stringify(event)}::jsonb from seen)
        select event_id from seen`);
      return rowsOf(z.object({ event_id: z.string() }), result).length > 0;
    },
    /** Notes that a signature was used for a webhook without news, so that nobody can use it again for another event. */
    async spend(signedAs: string) {
      await db.execute(
        sql`insert into webhook_events (event_id) values (${`signed:${signedAs}`}) on conflict do nothing`,
      );
    },
    /**
     * Removes news older than an hour (a page that was away for longer reads everything anew) and webhook ids older than two days.
     * The newest news always stays: the hub compares with it to notice that the database has lost news.
     * @returns how many of each were removed
     */
    async purge(): Promise<{ events: number; webhookEvents: number }> {
      return {
        events: await purge(
          db,
          'events',
          sql`event_id`,
          sql`created_at < now() - interval '1 hour' and event_id < (select max(event_id) from events) order by created_at`,
        ),
        webhookEvents: await purge(
          db,
          'webhook_events',
          sql`event_id`,
          sql`received_at < now() - interval '2 days' order by received_at`,
        ),
      };
    },
  };
}
export type Events = ReturnType<typeof eventsIn>;
