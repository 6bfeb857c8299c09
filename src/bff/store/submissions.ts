import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod/mini';
import { problemSchema } from '../../contract/problem.ts';
import { submissionStates, type WaitingReason, waitingReasons } from '../../contract/submission.ts';
import type { NewTicket } from '../../contract/ticket.ts';
import { purge } from './purge.ts';
import { type Database, hotStatement, instant, mostCounted, rowsOf } from './store.ts';
import { together } from './together.ts';

/**
 * What was accepted, by its shape alone: the rules of what may be filed were applied then, and may have been others. One that is
 * larger than is taken today must still be listed, delivered and cancelled.
 */
const storedTicket: z.ZodMiniType<NewTicket> = z.object({
  title: z.string(),
  body: z.string(),
  contact: z.object({ email: z.string(), name: z.optional(z.string()) }),
  author: z.optional(z.string()),
  foreignID: z.optional(z.string()),
});

/**
 * When a ticket was sent and when that settles, by this process's clock, which may be another than the database's: as long ago,
 * or as far ahead, as it was when the database read it.
 */
const sendingTimes = (row: { first_sent_at: Date | null; settles_at: Date | null; read_at: Date }) => {
  const behindMs = Date.now() - row.read_at.getTime();
  const byOwnClock = (time: Date | null) => (time === null ? undefined : new Date(time.getTime() + behindMs));
  return { firstSentAt: byOwnClock(row.first_sent_at), settlesAt: byOwnClock(row.settles_at) };
};

const submissionRow = z.pipe(
  z.object({
    submission_id: z.string(),
    account_id: z.string(),
    person_id: z.string(),
    person_name: z.string(),
    idempotency_key: z.string(),
    fingerprint: z.string(),
    payload: z.nullable(storedTicket),
    as_itself: z.boolean(),
    foreign_id: z.string(),
    state: z.enum(submissionStates),
    reason: z.nullable(z.enum(waitingReasons)),
    attempts: z.number(),
    kept: z.boolean(),
    may_have_arrived: z.boolean(),
    first_sent_at: z.nullable(instant),
    settles_at: z.nullable(instant),
    next_attempt_at: z.nullable(instant),
    lease_owner: z.nullable(z.string()),
    ticket_id: z.nullable(z.string()),
    problem: z.nullable(problemSchema),
    request_id: z.string(),
    created_at: instant,
    updated_at: instant,
    read_at: instant,
  }),
  z.transform((row) => ({
    submissionID: row.submission_id,
    accountID: row.account_id,
    personID: row.person_id,
    personName: row.person_name,
    idempotencyKey: row.idempotency_key,
    fingerprint: row.fingerprint,
    /** the cleaned request; undefined once settled */
    payload: row.payload ?? undefined,
    asItself: row.as_itself,
    foreignID: row.foreign_id,
    state: row.state,
    reason: row.reason ?? undefined,
    attempts: row.attempts,
    kept: row.kept,
    mayHaveArrived: row.may_have_arrived,
    ...sendingTimes(row),
    nextAttemptAt: row.next_attempt_at ?? undefined,
    leaseOwner: row.lease_owner ?? undefined,
    ticketID: row.ticket_id ?? undefined,
    problem: row.problem ?? undefined,
    requestID: row.request_id,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  })),
);
/** The columns of `submissionRow`, for statements whose result must keep its shape. */
const columnNames =
  'submission_id, account_id, person_id, person_name, idempotency_key, fingerprint, payload, as_itself, foreign_id, state, reason, ' +
  'attempts, kept, may_have_arrived, first_sent_at, settles_at, next_attempt_at, lease_owner, ticket_id, problem, request_id, ' +
  'created_at, updated_at, now() as read_at';
const columns = sql.raw(columnNames);
/** The same, without the content: for who knows it. */
const columnsBesideContent = sql.raw(columnNames.replace('payload', 'null::jsonb as payload'));
/** A submission as it stands in the ledger. */
export type StoredSubmission = z.output<typeof submissionRow>;

export type NewSubmission = {
  submissionID: string;
  accountID: string;
  personID: string;
  personName: string;
  idempotencyKey: string;
  fingerprint: string;
  payload: NewTicket;
  asItself: boolean;
  foreignID: string;
  requestID: string;
};

/** How long a sender may hold a submission, and until when what it sent may still arrive; both from now, in ms. */
export type Sending = { owner: string; leaseMs: number; settlesInMs: number };

const after = (ms: number) => sql`now() + make_interval(secs => ${ms / 1000}::double precision)`;

/**
 * Wraps a change of one submission so that its audit row and its live event are written with it, in one statement:
 * whatever dies, all three are there or none is. `change` must return the `columns`.
 * @param also what else is written with them; \`results\`: what is selected of the change in the end
 */
const told = (
  change: SQL,
  by: {
    upstreamRequestID?: string | SQL | undefined;
    personID?: string | undefined;
    personName?: string | undefined;
    requestID?: string | undefined;
  } = {},
  { also = sql``, results = columns }: { also?: SQL; results?: SQL } = {},
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
    from changed)${also}
  select ${results} from changed`;

const asCreated = (ticketID: string | SQL) => sql`
  state = 'created', reason = null, payload = null, problem = null, ticket_id = ${ticketID}, may_have_arrived = true,
    lease_owner = null, lease_ends_at = null, next_attempt_at = null, updated_at = now(), settled_at = now()`;

const value = sql.placeholder;
/** Takes many in at once, whether they are to be sent now (with an `owner`) or to be queued. */
const acceptAll = hotStatement(
  'accept',
  told(
    sql`
    insert into submissions (submission_id, account_id, person_id, person_name, idempotency_key, fingerprint, payload, as_itself, foreign_id,
      request_id, state, kept, reason, attempts, may_have_arrived, first_sent_at, settles_at, lease_owner, lease_ends_at, next_attempt_at)
    select "submissionID", "accountID", "personID", "personName", "idempotencyKey", fingerprint, payload, "asItself", "foreignID",
      "requestID", case when owner is null then 'queued' else 'sending' end, owner is null, "queuedBecause",
      case when owner is null then 0 else 1 end, owner is not null, case when owner is not null then now() end,
      now() + make_interval(secs => "settlesInSeconds"), owner, now() + make_interval(secs => "leaseSeconds"),
      case when owner is null then now() end
    from json_to_recordset(${value('given')}::json) as given (
      "submissionID" uuid, "accountID" uuid, "personID" text, "personName" text, "idempotencyKey" uuid, fingerprint text, payload jsonb,
      "asItself" boolean, "foreignID" text, "requestID" text, owner text, "settlesInSeconds" double precision,
      "leaseSeconds" double precision, "queuedBecause" text)
    on conflict (account_id, person_id, idempotency_key) do nothing
    returning ${columns}`,
    {},
    { results: columnsBesideContent },
  ),
);
/**
 * Settles many at once, without waiting for the disk: a settlement that a crash of the database takes back is made again when the
 * lease of its sender has run out, since the ticket is found by its reference then. `coalesce` keeps the planner from reading
 * the index of all that waits, which the settled ones leave only when the table is vacuumed.
 */
const settleAll = hotStatement(
  'settle-as-created',
  told(
    sql`
      update submissions set ${asCreated(sql`upstream_ticket_id`)}
      from unnest(${value('submissionIDs')}::uuid[], ${value('ticketIDs')}::text[], ${value('upstreamRequestIDs')}::text[])
        as settled (id, upstream_ticket_id, answered_as)
      where submission_id = settled.id and coalesce(state, '') in ('sending', 'queued')
      returning ${columns}, answered_as`,
    { upstreamRequestID: sql`answered_as` },
    {
      also: sql`, claimed as (
        insert into claims (account_id, ticket_id, submission_id) select account_id, ticket_id, submission_id from changed on conflict do nothing)`,
      // Asked for in the statement itself, this holds for its own commit.
      results: sql`submission_id, set_config('synchronous_commit', 'off', true)`,
    },
  ),
);

const waitingRow = z.object({ sending: z.number(), queued: z.number() });
const wokenAtOnce = 1_000;

const isDue = sql.raw(
  "submissions.state = 'queued' and submissions.next_attempt_at <= now() and (submissions.lease_ends_at is null or submissions.lease_ends_at < now())",
);
/** Before every id. */
const noAccount = '00000000-0000-0000-0000-000000000000';
/** How many accounts one look walks past. */
const accountsAtOnce = 64;
/**
 * The candidates are the oldest of all, and the oldest of each of the next 64 accounts that have something waiting, one step
 * of the index each, in the order of their ids: so that those behind a flood are among them however deep it is. The next
 * look goes on where this one ended. Of the candidates each account's first come first, then each one's second.
 */
const claim = (owner: string, leaseMs: number, most: number, walkedTo: string) => sql`
  with recursive
    walk as (
      (select account_id, 1 as step from submissions where state = 'queued' and account_id > ${walkedTo}::uuid order by account_id limit 1)
      union all
      select another.account_id, before.step + 1
      from walk as before cross join lateral (
        select account_id from submissions where state = 'queued' and account_id > before.account_id order by account_id limit 1) as another
      where before.step < ${accountsAtOnce}::int),
    due as (
      (select submission_id, account_id, next_attempt_at from submissions where ${isDue} order by next_attempt_at limit 256)
      union
      select submission_id, account_id, next_attempt_at
      from (select account_id from walk) as accounts (id)
      cross join lateral (
        select submission_id, account_id, next_attempt_at from submissions
        where account_id = accounts.id and ${isDue} order by next_attempt_at limit ${most}::int) as its_oldest),
    turns as (
      select submission_id, next_attempt_at, row_number() over (partition by account_id order by next_attempt_at) as turn from due),
    mine as (
      select locked.submission_id from (select submission_id from turns order by turn, next_attempt_at) as candidates
      cross join lateral (
        select submission_id from submissions
        where submissions.submission_id = candidates.submission_id and ${isDue} for update skip locked) as locked
      limit ${most}::int)
  update submissions set lease_owner = ${owner}, lease_ends_at = ${after(leaseMs)}
  where submission_id = any (array(select submission_id from mine))
  returning ${columns}, (select account_id from walk where step = ${accountsAtOnce}::int) as walked_to`;
const walkedRow = z.object({ walked_to: z.nullable(z.string()) });

/** The ledger of submissions: every change is guarded by the state it starts from, so that races are decided here. */
export function submissionsIn(db: Database) {
  const one = async (query: SQL) => rowsOf(submissionRow, await db.execute(query))[0];
  type Acceptance = NewSubmission & {
    owner?: string;
    leaseSeconds?: number;
    settlesInSeconds?: number;
    queuedBecause?: WaitingReason;
  };
  const accept = together(async (items: readonly Acceptance[]) => {
    const rows = rowsOf(submissionRow, await db.hot(acceptAll, { given: JSON.stringify(items) }));
    const byID = new Map(rows.map((row) => [row.submissionID, row]));
    return items.map(({ submissionID, payload }): StoredSubmission | undefined => {
      const row = byID.get(submissionID);
      return row && { ...row, payload };
    });
  });
  type Settlement = { submissionID: string; ticketID: string; upstreamRequestID: string | undefined };
  const settle = together(async (items: readonly Settlement[]) => {
    const settled = await db.hot(settleAll, {
      submissionIDs: items.map(({ submissionID }) => submissionID),
      ticketIDs: items.map(({ ticketID }) => ticketID),
      upstreamRequestIDs: items.map(({ upstreamRequestID }) => upstreamRequestID ?? null),
    });
    const ids = new Set(rowsOf(z.object({ submission_id: z.string() }), settled).map((row) => row.submission_id));
    return items.map(({ submissionID }) => ids.has(submissionID));
  });
  /** The account at which the last look for what is due ended; after the last one it begins anew. */
  let walkedTo = noAccount;

  return {
    /**
     * Takes a submission in, before anybody is called. Without `sending` it goes straight to the queue.
     * @returns the row, or undefined when one with this account, person and key is there already
     */
    accept(
      submission: NewSubmission,
      sending: Sending | undefined,
      queuedBecause: WaitingReason = 'circuit-open',
    ): Promise<StoredSubmission | undefined> {
      return accept(
        sending === undefined
          ? { ...submission, queuedBecause }
          : {
              ...submission,
              owner: sending.owner,
              leaseSeconds: sending.leaseMs / 1000,
              settlesInSeconds: sending.settlesInMs / 1000,
            },
      );
    },
    /** Takes the corrected content of a rejected submission in; undefined when it is not rejected any more. */
    acceptCorrected(
      submissionID: string,
      corrected: Pick<NewSubmission, 'fingerprint' | 'payload' | 'foreignID' | 'requestID'>,
      sending: Sending | undefined,
    ) {
      return one(
        told(sql`
          update submissions set fingerprint = ${corrected.fingerprint}, payload = ${JSON.stringify(corrected.payload)}::jsonb, foreign_id = ${corrected.foreignID},
            request_id = ${corrected.requestID}, problem = null, settled_at = null, kept = ${sending === undefined}, updated_at = now(), may_have_arrived = ${sending !== undefined},
            ${
              sending === undefined
                ? sql`state = 'queued', reason = 'circuit-open', next_attempt_at = now()`
                : sql`state = 'sending', reason = null, attempts = attempts + 1, first_sent_at = now(), settles_at = ${after(sending.settlesInMs)},
                      lease_owner = ${sending.owner}, lease_ends_at = ${after(sending.leaseMs)}, next_attempt_at = null`
            }
          where submission_id = ${submissionID} and state = 'rejected'
          returning *`),
      );
    },
    findByKey: (accountID: string, personID: string, idempotencyKey: string) =>
      one(
        sql`select ${columns} from submissions where account_id = ${accountID} and person_id = ${personID} and idempotency_key = ${idempotencyKey}`,
      ),
    find: (accountID: string, submissionID: string) =>
      one(sql`select ${columns} from submissions where account_id = ${accountID} and submission_id = ${submissionID}`),
    /** Those of an account that are not delivered yet, newest first; at most 200. */
    async waiting(accountID: string): Promise<StoredSubmission[]> {
      return rowsOf(
        submissionRow,
        await db.execute(sql`
          select ${columns} from submissions where account_id = ${accountID} and (state in ('sending', 'queued') or (state = 'rejected' and kept))
          order by created_at desc limit 200`),
      );
    },

    /** A definite yes. Recorded whoever holds the lease; false when it was settled before. */
    created(submissionID: string, ticketID: string, upstreamRequestID?: string): Promise<boolean> {
      return settle({ submissionID, ticketID, upstreamRequestID });
    },
    /** Claims a ticket that was found upstream for a submission; undefined when another submission has it. */
    found(submission: StoredSubmission, ticketID: string, upstreamRequestID?: string) {
      return db.transaction(async (tx) => {
        const claimed = rowsOf(
          z.object({ submission_id: z.string() }),
          await tx.execute(sql`
            insert into claims (account_id, ticket_id, submission_id) values (${submission.accountID}, ${ticketID}, ${submission.submissionID})
            on conflict (account_id, ticket_id) do update set claimed_at = claims.claimed_at where claims.submission_id = excluded.submission_id
            returning submission_id`),
        )[0];
        if (claimed === undefined) return undefined;
        return rowsOf(
          submissionRow,
          await tx.execute(
            told(
              sql`update submissions set ${asCreated(ticketID)}
                  where submission_id = ${submission.submissionID} and state in ('sending', 'queued')
                  returning *`,
              { upstreamRequestID },
            ),
          ),
        )[0];
      });
    },
    /** A definite no. */
    rejected(submissionID: string, problem: z.infer<typeof problemSchema>, upstreamRequestID?: string) {
      return one(
        told(
          sql`update submissions set state = 'rejected', reason = null, payload = null, problem = ${JSON.stringify(problem)}::jsonb, may_have_arrived = false,
                lease_owner = null, lease_ends_at = null, next_attempt_at = null, updated_at = now(), settled_at = now()
              where submission_id = ${submissionID} and state in ('sending', 'queued')
              returning *`,
          { upstreamRequestID },
        ),
      );
    },
    /** No definite answer: back to the queue. */
    requeued(
      submissionID: string,
      owner: string,
      why: { reason: WaitingReason; mayHaveArrived: boolean; againInMs: number; settlesInMs?: number | undefined },
      upstreamRequestID?: string,
    ) {
      const change = sql`update submissions set state = 'queued', kept = true, reason = ${why.reason}, may_have_arrived = ${why.mayHaveArrived},
          next_attempt_at = ${after(why.againInMs)}, ${why.settlesInMs === undefined ? sql`` : sql`settles_at = ${after(why.settlesInMs)},`}
          lease_owner = null, lease_ends_at = null, updated_at = now()
        where submission_id = ${submissionID} and state = 'sending' and lease_owner = ${owner}
        returning *`;
      return one(told(change, { upstreamRequestID }));
    },
    /** Puts a queued submission that was only looked for back, without a change of state. */
    async postponed(submissionID: string, owner: string, againInMs: number, reason?: WaitingReason) {
      await db.execute(sql`
        update submissions set next_attempt_at = ${after(againInMs)}, lease_owner = null, lease_ends_at = null, reason = coalesce(${reason ?? null}, reason)
        where submission_id = ${submissionID} and state = 'queued' and lease_owner = ${owner}`);
    },
    /** From the queue onto the wire; undefined when it was cancelled, or taken over, meanwhile. */
    sendingAgain(submissionID: string, sending: Sending) {
      return one(
        told(sql`
          update submissions set state = 'sending', reason = null, attempts = attempts + 1, may_have_arrived = true, first_sent_at = coalesce(first_sent_at, now()),
            settles_at = ${after(sending.settlesInMs)}, lease_ends_at = ${after(sending.leaseMs)}, next_attempt_at = null, updated_at = now()
          where submission_id = ${submissionID} and state = 'queued' and lease_owner = ${sending.owner}
          returning *`),
      );
    },
    /** Remembers that the person was told that it is kept. */
    async kept(submissionID: string) {
      await db.execute(sql`update submissions set kept = true where submission_id = ${submissionID} and not kept`);
    },
    /** The person has read that it was refused: it leaves the list. */
    async dismissed(accountID: string, submissionID: string) {
      await db.execute(
        sql`update submissions set kept = false where account_id = ${accountID} and submission_id = ${submissionID} and state = 'rejected'`,
      );
    },
    /** Cancels one that surely has not arrived; undefined when that is not sure, or it is settled. */
    cancelled(
      accountID: string,
      submissionID: string,
      by: { personID: string; personName: string; requestID: string },
    ) {
      return one(
        told(
          sql`update submissions set state = 'cancelled', reason = null, payload = null, lease_owner = null, lease_ends_at = null, next_attempt_at = null,
                updated_at = now(), settled_at = now()
              where account_id = ${accountID} and submission_id = ${submissionID} and state = 'queued' and not may_have_arrived
              returning *`,
          by,
        ),
      );
    },
    /**
     * Leases what is due to one worker, accounts in turn so that one account's flood does not delay another's; several
     * instances side by side get different ones. Senders that died (their lease ran out) are put back to the queue first.
     */
    async claimDue(owner: string, leaseMs: number, most: number): Promise<StoredSubmission[]> {
      await db.execute(
        told(sql`
          update submissions set state = 'queued', kept = true, reason = 'interrupted', next_attempt_at = now(), lease_owner = null, lease_ends_at = null, updated_at = now()
          where submission_id in (
            select submission_id from submissions where state = 'sending' and lease_ends_at < now() limit 100 for update skip locked)
          returning *`),
      );
      return db.transaction(async (tx) => {
        // The planner knows how much an account has waiting on the average, and would read and sort all of a flood.
        await tx.execute(sql`select set_config('enable_bitmapscan', 'off', true), set_config('jit', 'off', true)`);
        const claimed = await tx.execute(claim(owner, leaseMs, most, walkedTo));
        walkedTo = rowsOf(walkedRow, claimed)[0]?.walked_to ?? noAccount;
        return rowsOf(submissionRow, claimed);
      });
    },
    /** Gives back what an owner has leased, so that another takes it up at once; what it has begun to send is looked for first. */
    async handBack(owner: string) {
      for (const held of [sql`state = 'queued'`, sql`state = 'sending' and lease_ends_at > now()`])
        await db.execute(
          sql`update submissions set lease_ends_at = now() - interval '1 second' where lease_owner = ${owner} and ${held}`,
        );
    },
    /** Wakes what waits only because Moov was down; what Moov itself asked to wait, and what may have arrived, keep their time. */
    async wake() {
      // In small steps: after a long outage much may wait.
      for (;;) {
        const result = await db.execute(sql`
          with woken as (
            update submissions set next_attempt_at = now()
            where submission_id in (
              select submission_id from submissions
              where state = 'queued' and reason in ('circuit-open', 'unavailable', 'timeout', 'broken') and not may_have_arrived and next_attempt_at > now()
              order by next_attempt_at limit ${wokenAtOnce} for update skip locked)
            returning 1)
          select count(*)::int as count from woken`);
        if ((rowsOf(z.object({ count: z.number() }), result)[0]?.count ?? 0) < wokenAtOnce) return;
      }
    },
    /** Of these tickets, those that belong to another submission. */
    async claimedByOthers(accountID: string, submissionID: string, ticketIDs: string[]): Promise<Set<string>> {
      if (ticketIDs.length === 0) return new Set();
      const result = await db.execute(sql`
        select ticket_id from claims where account_id = ${accountID} and submission_id <> ${submissionID}
          and ticket_id in (${sql.join(
            ticketIDs.map((id) => sql`${id}`),
            sql`, `,
          )})`);
      return new Set(rowsOf(z.object({ ticket_id: z.string() }), result).map((row) => row.ticket_id));
    },
    /** True while another submission with the same reference is on the wire: a ticket found now may be its own. */
    async twinOnTheWire(submission: StoredSubmission): Promise<boolean> {
      const result = await db.execute(sql`
        select 1 as one from submissions where account_id = ${submission.accountID} and foreign_id = ${submission.foreignID}
          and submission_id <> ${submission.submissionID} and state = 'sending' and lease_ends_at > now() limit 1`);
      return rowsOf(z.object({ one: z.number() }), result).length > 0;
    },
    /** Delivered ones that took more than one attempt and that nobody has looked for doubles of yet; oldest first, a minute after they were settled. */
    async toReconcile(sinceHours: number, most: number): Promise<StoredSubmission[]> {
      return rowsOf(
        submissionRow,
        await db.execute(sql`
          select ${columns} from submissions where state = 'created' and attempts > 1 and reconciled_at is null
            and settled_at > now() - make_interval(hours => ${sinceHours}) and settled_at < now() - interval '1 minute'
          order by settled_at limit ${most}`),
      );
    },
    /** Notes that doubles have been looked for; false when another instance has noted it before. */
    async reconciled(submissionID: string): Promise<boolean> {
      const result = await db.execute(sql`
        update submissions set reconciled_at = now() where submission_id = ${submissionID} and reconciled_at is null returning submission_id`);
      return rowsOf(z.object({ submission_id: z.string() }), result).length > 0;
    },
    /** Ends every lease: for a process that knows that it is alone. */
    async orphanAll() {
      for (const held of [
        sql`state = 'queued' and lease_owner is not null`,
        sql`state = 'sending' and lease_ends_at > now()`,
      ])
        await db.execute(sql`update submissions set lease_ends_at = now() - interval '1 second' where ${held}`);
    },
    /** How many wait in each state; of each at most 10,000 are counted, so that the answer costs the same however many wait. */
    async countWaiting(): Promise<{ sending: number; queued: number }> {
      const upToMost = (state: string) =>
        sql`(select count(*)::int from (select 1 from submissions where state = ${state} order by created_at limit ${mostCounted}) as waiting)`;
      const result = await db.execute(sql`select ${upToMost('sending')} as sending, ${upToMost('queued')} as queued`);
      return rowsOf(waitingRow, result)[0] ?? { sending: 0, queued: 0 };
    },
    /** The age in seconds of the oldest that is not delivered yet; 0 when none waits. */
    async oldestWaitingSeconds(): Promise<number> {
      const result = await db.execute(sql`
        select coalesce(extract(epoch from now() - least(
          (select min(created_at) from submissions where state = 'sending'),
          (select min(created_at) from submissions where state = 'queued'))), 0)::double precision as age`);
      return rowsOf(z.object({ age: z.number() }), result)[0]?.age ?? 0;
    },
    /** Removes what was settled more than `days` ago, and claims of the same age. @returns how many of each */
    async purge(days: number): Promise<{ submissions: number; claims: number }> {
      const before = sql`now() - make_interval(days => ${days})`;
      return {
        submissions: await purge(
          db,
          'submissions',
          sql`submission_id`,
          sql`settled_at < ${before} order by settled_at`,
        ),
        claims: await purge(
          db,
          'claims',
          sql`account_id, ticket_id`,
          sql`claimed_at < ${before} and not exists (select 1 from submissions where submissions.submission_id = claims.submission_id) order by claimed_at`,
        ),
      };
    },
  };
}
export type Submissions = ReturnType<typeof submissionsIn>;
