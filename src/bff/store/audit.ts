import { sql } from 'drizzle-orm';
import type { Database } from './store.ts';

type AuditRow = {
  personID: string;
  personName: string;
  accountID: string;
  action: string;
  ticketID?: string | undefined;
  submissionID?: string | undefined;
  requestID?: string | undefined;
  upstreamRequestID?: string | undefined;
};

/** Who did what for whom, and the news of it. Submissions write theirs with each change of state. */
export function auditIn(db: Database) {
  return {
    async record(row: AuditRow) {
      await db.execute(sql`
        insert into audit (person_id, person_name, account_id, action, submission_id, ticket_id, request_id, upstream_request_id)
        values (${row.personID}, ${row.personName}, ${row.accountID}, ${row.action}, ${row.submissionID ?? null}, ${row.ticketID ?? null},
                ${row.requestID ?? null}, ${row.upstreamRequestID ?? null})`);
    },
    /** Writes a live event for everybody who may see the account. */
    async tell(kind: 'ticket' | 'submission', accountID: string, data: Record<string, string>) {
      await db.execute(
        sql`insert into events (account_id, kind, data) values (${accountID}, ${kind}, ${JSON.stringify(data)}::jsonb)`,
      );
    },
  };
}
export type Audit = ReturnType<typeof auditIn>;
