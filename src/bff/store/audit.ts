import { sql } from 'drizzle-orm';
import * as z from 'zod/mini';
import { type Database, rowsOf } from './query.ts';

type AuditRow = {
  personID: string;
  personName: string;
  accountID: string;
  action: 'ticket-closed' | 'ticket-close-unclear' | 'double-found';
  ticketID?: string | undefined;
  submissionID?: string | undefined;
  requestID?: string | undefined;
  upstreamRequestID?: string | undefined;
};

/**
 * The audit trail (who did what, for which account), for everything but submissions: those write their audit rows together with each
 * change of state (`submissions-change.ts`).
 */
export function auditIn(db: Database) {
  return {
    async record(row: AuditRow) {
      await db.execute(sql`
        insert into audit (person_id, person_name, account_id, action, submission_id, ticket_id, request_id, upstream_request_id)
        values (${row.personID}, ${row.personName}, ${row.accountID}, ${row.action}, ${row.submissionID ?? null}, ${row.ticketID ?? null},
                ${row.requestID ?? null}, ${row.upstreamRequestID ?? null})`);
    },
    /** The name of the person who filed a ticket through this portal; undefined if it was filed in another way. */
    async filedBy(accountID: string, ticketID: string): Promise<string | undefined> {
      const result = await db.execute(sql`
        select person_name from audit where ticket_id = ${ticketID} and account_id = ${accountID} and action = 'submission-created' limit 1`);
      return rowsOf(z.object({ person_name: z.nullable(z.string()) }), result)[0]?.person_name ?? undefined;
    },
  };
}
export type Audit = ReturnType<typeof auditIn>;
