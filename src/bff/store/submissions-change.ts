import { type SQL, sql } from 'drizzle-orm';
import { columns } from './submissions-row.ts';

/**
 * Adds to a change of submissions, in the same statement, an audit row and live news for each changed row: so after a crash either
 * all three are there or none is.
 * @param change an `update` or `insert` that returns the `columns`
 * @param by who made the change, if not the person who filed the ticket, and the request ids to note
 * @param more `also`: further parts of the `with`; `results`: what to select of the changed rows, instead of the `columns`
 */
export const told = (
  change: SQL,
  by: {
    upstreamRequestID?: string | SQL | undefined;
    personID?: string | undefined;
    personName?: string | undefined;
    requestID?: string | undefined;
  } = {},
  more: { also?: SQL; results?: SQL } = {},
) => sql`
  with changed as (${change}),
  audited as (
    insert into audit (person_id, person_name, account_id, action, submission_id, ticket_id, request_id, upstream_request_id)
    select coalesce(${by.personID ?? null}, person_id), coalesce(${by.personName ?? null}, person_name), account_id, 'submission-' || state,
           submission_id, ticket_id, coalesce(${by.requestID ?? null}, request_id), ${by.upstreamRequestID ?? null}::text
    from changed),
  told as (
    insert into events (account_id, kind, data)
    select account_id, 'submission', jsonb_strip_nulls(jsonb_build_object(
      'accountID', account_id, 'submissionID', submission_id, 'state', state, 'ticketID', ticket_id))
    from changed)${more.also ?? sql``}
  select ${more.results ?? columns} from changed`;

/** The assignments that settle a submission as created, and erase its content. */
export const asCreated = (ticketID: string | SQL) => sql`
  state = 'created', reason = null, payload = null, problem = null, ticket_id = ${ticketID}, may_have_arrived = true,
    lease_owner = null, lease_ends_at = null, next_attempt_at = null, updated_at = now(), settled_at = now()`;
