import { fillPlaceholders, type SQL, sql } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import * as z from 'zod/mini';
import { auditIn } from '../store/audit.ts';
import { connectedAccountsIn } from '../store/connected-accounts.ts';
import { eventsIn } from '../store/events.ts';
import { operatorLists, operatorsIn } from '../store/operators.ts';
import { type Database, type HotStatement, rowsOf } from '../store/query.ts';
import { sessionsIn } from '../store/sessions.ts';
import { submissionsIn } from '../store/submissions.ts';
import { tallyIn } from '../store/tally.ts';

/** A statement as it reached the database, and its cost there. */
export type Asked = { text: string; cost: Cost };
/** The cost of a statement: pages touched, rows read, tables read from end to end, and the time for planning and running (ms). */
export type Cost = { pages: number; rows: number; scanned: string[]; ms: number };

const uuidOf = (prefix: string, of: string) => `md5('${prefix}' || ${of})::uuid`;
const id = (prefix: string, number: number | string) => sql.raw(uuidOf(prefix, `'${number}'`));

const tables = [
  'people',
  'logins',
  'sessions',
  'submissions',
  'claims',
  'audit',
  'events',
  'webhook_events',
  'limits',
] as const;

/**
 * Fills every table that grows with about `size` rows, like those of a portal that has been in use for a month. One submission in ten
 * waits, half of these for one account. Only about twenty rows of each table are outdated, as many as ten minutes may leave.
 */
export async function fill(db: Database, size: number) {
  const series = sql`generate_series(1, ${size}::int) as i`;
  // The account of row `i`: each account has a hundred rows, and half of the waiting submissions belong to account 1.
  const account = sql.raw(uuidOf('account', 'case when i % 20 = 0 then 1 else i / 100 end'));
  await db.transaction(async (tx) => {
    // `replica` switches the triggers off: here neither the order of events nor notices matter.
    await tx.execute(
      sql`select set_config('session_replication_role', 'replica', true), set_config('statement_timeout', '0', true)`,
    );
    for (const table of tables) await tx.execute(sql`truncate ${sql.identifier(table)} cascade`);
    await tx.execute(sql`
      insert into people (person_id, issuer, subject, name, email)
      select 'person-' || i, 'test', 'subject-' || i, 'Person ' || i, 'Person.' || i || '@example.com' from ${series}`);
    await tx.execute(sql`
      insert into logins (state_hash, browser_hash, nonce, code_verifier, return_to, expires_at)
      select 'state-' || i, 'browser', 'nonce', 'verifier', '/', now() + make_interval(secs => case when i <= 20 then -i else i end) from ${series}`);
    await tx.execute(sql`
      insert into sessions (id_hash, person_id, name, email, role, account_id, provider_sid, idle_ends_at, ends_at)
      select 'session-' || i, 'person-' || i, 'Person ' || i, 'Person.' || i || '@example.com', 'merchant', ${account}, 'sid-' || i,
             now() + make_interval(secs => case when i <= 20 then -i else i end), now() + interval '11 hours' from ${series}`);
    await tx.execute(sql`
      insert into submissions (submission_id, account_id, person_id, person_name, idempotency_key, fingerprint, payload, as_itself, foreign_id, state, reason,
        attempts, kept, may_have_arrived, first_sent_at, settles_at, next_attempt_at, lease_owner, lease_ends_at, ticket_id, request_id, created_at, settled_at, reconciled_at)
      select ${sql.raw(uuidOf('submission', 'i'))}, ${account}, 'person-' || i, 'Person ' || i, ${sql.raw(uuidOf('key', 'i'))}, 'f', null, true, 'reference-' || i,
        state, case state when 'queued' then 'unavailable' end, 1, state in ('sending', 'queued'), false, created_at, created_at + interval '2 minutes',
        case state when 'queued' then now() + make_interval(secs => case when i % 3 = 0 then i % 60 else - (i % 60) end) end,
        case state when 'sending' then 'another' end, case state when 'sending' then now() + interval '1 minute' end,
        case state when 'created' then 'ticket-' || i end, 'request-' || i, created_at,
        case when state not in ('sending', 'queued') then created_at + interval '1 second' end, case state when 'created' then now() end
      from (select i, case when i % 10 = 0 then 'queued' when i in (101, 301) then 'sending' when i % 20 = 3 then 'rejected' when i % 50 = 7 then 'cancelled'
              else 'created' end as state,
              now() - case when i <= 20 then interval '31 days' else (29.0 * 86400 * i / ${size}::int) * interval '1 second' end as created_at
            from ${series}) as given`);
    await tx.execute(sql`
      insert into claims (account_id, ticket_id, submission_id, claimed_at)
      select account_id, ticket_id, submission_id, settled_at from submissions where state = 'created'`);
    await tx.execute(sql`
      insert into audit (at, person_id, person_name, account_id, action, submission_id, ticket_id, request_id)
      select coalesce(settled_at, created_at), person_id, person_name, account_id, 'submission-' || state, submission_id, ticket_id, request_id from submissions`);
    await tx.execute(sql`
      insert into events (event_id, account_id, kind, data, created_at)
      select i, ${account}, 'ticket', '{}', now() - case when i <= 20 then interval '2 hours' else interval '1 minute' end from ${series}`);
    await tx.execute(sql`select setval('events_id', ${size}::int)`);
    await tx.execute(sql`
      insert into webhook_events (event_id, received_at)
      select 'event-' || i, now() - case when i <= 20 then interval '3 days' else interval '1 hour' end from ${series}`);
    await tx.execute(sql`
      insert into limits (key, points, expire) select 'list:person-' || i, 1, (extract(epoch from now()) * 1000)::bigint + case when i <= 20 then -i else 60000 end from ${series}`);
  });
  for (const table of tables) await db.execute(sql`vacuum analyze ${sql.identifier(table)}`);
}

const planSchema: z.ZodMiniType<Plan> = z.lazy(() =>
  z.looseObject({
    'Node Type': z.string(),
    'Relation Name': z.optional(z.string()),
    'Actual Rows': z.number(),
    'Actual Loops': z.number(),
    'Rows Removed by Filter': z.optional(z.number()),
    'Shared Hit Blocks': z.number(),
    'Shared Read Blocks': z.number(),
    Plans: z.optional(z.array(planSchema)),
  }),
);
type Plan = {
  'Node Type': string;
  'Relation Name'?: string | undefined;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number | undefined;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: Plan[] | undefined;
};
const explainedSchema = z.object({
  'QUERY PLAN': z.tuple([z.object({ Plan: planSchema, 'Planning Time': z.number(), 'Execution Time': z.number() })]),
});

const dialect = new PgDialect();
/** Puts values into a statement whose text has `$1`, `$2` and so on. */
const withValues = (text: string, values: unknown[]) =>
  sql.join(
    text
      .split(/\$(\d+)/)
      .map((part, index) => (index % 2 === 0 ? sql.raw(part) : sql`${sql.param(values[Number(part) - 1])}`)),
  );

class Undone extends Error {}

/** Runs a statement with `explain analyze` in a transaction that is rolled back. @returns its cost */
async function costOf(db: Pick<Database, 'transaction'>, statement: SQL): Promise<Cost> {
  let explained: z.output<typeof explainedSchema> | undefined;
  try {
    await db.transaction(async (tx) => {
      explained = rowsOf(
        explainedSchema,
        await tx.execute(sql`explain (analyze, buffers, format json) ${statement}`),
      )[0];
      throw new Undone();
    });
  } catch (error) {
    if (!(error instanceof Undone)) throw error;
  }
  const [given] = explained?.['QUERY PLAN'] ?? [];
  if (given === undefined) throw new Error('the statement was not explained');
  const cost: Cost = {
    pages: given.Plan['Shared Hit Blocks'] + given.Plan['Shared Read Blocks'],
    rows: 0,
    scanned: [],
    ms: given['Planning Time'] + given['Execution Time'],
  };
  const visit = (plan: Plan) => {
    if (plan['Relation Name'] !== undefined && plan['Node Type'].includes('Scan')) {
      const rows = (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * plan['Actual Loops'];
      cost.rows += rows;
      if (plan['Node Type'] === 'Seq Scan' && plan['Actual Loops'] > 0) cost.scanned.push(plan['Relation Name']);
    }
    for (const inner of plan.Plans ?? []) visit(inner);
  };
  visit(given.Plan);
  return cost;
}

/** Wraps a database so that `tell` is called before each statement, with the statement and its cost. */
function watched(db: Database, tell: (asked: Asked) => void): Database {
  const watch = async (on: Pick<Database, 'transaction'>, text: string, values: unknown[]) =>
    tell({ text, cost: await costOf(on, withValues(text, values)) });
  const wrap = <Some extends Pick<Database, 'transaction' | 'execute'>>(inner: Some): Some =>
    new Proxy(inner, {
      get(target, name) {
        if (name === 'execute')
          return async (query: SQL) => {
            const { sql: text, params } = dialect.sqlToQuery(query);
            await watch(target, text, params);
            return target.execute(query);
          };
        if (name === 'transaction')
          return (work: Parameters<Database['transaction']>[0]) => target.transaction((tx) => work(wrap(tx)));
        if (name === 'hot')
          return async ({ name: _, ...statement }: HotStatement, given: Record<string, unknown>) => {
            await watch(target, statement.text, fillPlaceholders(statement.params, given));
            return db.hot({ name: '', ...statement }, given);
          };
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  return wrap(db);
}

/** One call for each function of a part of the store. A function without a call is a type error. */
type Calls<Part> = { [Name in keyof Part]: () => Promise<unknown> };

/**
 * Calls every function of the store once, on tables that `fill` has filled. A new function must be given a call here; the types
 * require it.
 * @returns the statements of each function, by its name (`submissions.find`)
 */
export async function askEverything(db: Database, size: number): Promise<Map<string, Asked[]>> {
  const told = new Map<string, Asked[]>();
  let asking = '';
  const under = watched(db, (asked) => told.set(asking, [...(told.get(asking) ?? []), asked]));
  const [audit, connectedAccounts, events, operators, sessions, submissions, tally] = [
    auditIn(under),
    connectedAccountsIn(under, crypto.randomUUID()),
    eventsIn(under),
    operatorsIn(under),
    sessionsIn(under),
    submissionsIn(under),
    tallyIn(under),
  ];
  const ids = async (state: string, most = 1) =>
    rowsOf(
      z.object({ submission_id: z.string(), account_id: z.string() }),
      await db.execute(
        sql`select submission_id, account_id from submissions where state = ${state} and created_at > now() - interval '30 days' order by created_at limit ${most}`,
      ),
    ).map((row) => ({ submissionID: row.submission_id, accountID: row.account_id }));
  const [waiting, ...queued] = await ids('queued', 8);
  const [sent, sentToo] = await ids('sending', 2);
  const [refused] = await ids('rejected');
  const flooded =
    rowsOf(z.object({ id: z.string() }), await db.execute(sql`select ${id('account', 1)} as id`))[0]?.id ?? '';
  if (waiting === undefined || sent === undefined || refused === undefined)
    throw new Error('the tables are not filled');
  const sending = { owner: 'me', leaseMs: 60_000, settlesInMs: 60_000 };
  const stored = await submissionsIn(db).find(waiting.accountID, waiting.submissionID);
  if (stored === undefined) throw new Error('the tables are not filled');
  const aProblem = { type: 'about:blank', title: 'No', status: 422, detail: 'No', requestID: 'r' };
  const newOne = (name: string) => ({
    submissionID: crypto.randomUUID(),
    accountID: flooded,
    personID: 'person-1',
    personName: 'Person 1',
    idempotencyKey: crypto.randomUUID(),
    fingerprint: 'f',
    payload: { title: name, body: '<p>x</p>', contact: { email: 'a@example.com' } },
    asItself: true,
    foreignID: `reference-${name}`,
    requestID: 'request',
  });
  const next = () => queued.shift()?.submissionID ?? '';
  const by = { personID: 'person-1', personName: 'Person 1', requestID: 'request' };
  const half = Math.floor(size / 2);
  const news = { accountID: flooded, ticketID: `ticket-${half}`, kind: 'updated' } as const;

  const calls: {
    audit: Calls<typeof audit>;
    connectedAccounts: Calls<typeof connectedAccounts>;
    events: Calls<typeof events>;
    operators: Calls<typeof operators>;
    sessions: Calls<typeof sessions>;
    submissions: Calls<typeof submissions>;
    tally: Calls<typeof tally>;
  } = {
    audit: {
      record: () =>
        audit.record({ personID: 'person-1', personName: 'Person 1', accountID: flooded, action: 'ticket-closed' }),
      filedBy: () => audit.filedBy(flooded, `ticket-${half}`),
    },
    connectedAccounts: {
      keep: () => connectedAccounts.keep([{ accountID: flooded, displayName: 'Whole Body Fitness' }]),
      last: () => connectedAccounts.last(),
    },
    events: {
      after: () => events.after(size - 600, 500),
      range: () => events.range(),
      tell: () => events.tell(news),
      receive: () => events.receive(crypto.randomUUID(), news, 'a new signature'),
      spend: () => events.spend('a signature'),
      purge: () => events.purge(),
    },
    sessions: {
      beginLogin: () =>
        sessions.beginLogin({
          stateHash: 's',
          browserHash: 'b',
          nonce: 'n',
          codeVerifier: 'v',
          returnTo: '/',
          sessionHash: `session-${half}`,
          lifeSeconds: 60,
        }),
      takeLogin: () => sessions.takeLogin(`state-${half}`, 'browser'),
      begin: () =>
        sessions.begin({
          idHash: 'new',
          replaces: [`session-${half}`],
          person: { personID: `person-${half}`, issuer: 'test', subject: `subject-${half}`, name: 'A' },
          role: 'merchant',
          accountID: flooded,
          idleMinutes: 60,
          maxHours: 12,
        }),
      find: () => sessions.find(`session-${half + 1}`),
      slide: () => sessions.slide(`session-${half + 1}`, 60),
      end: () => sessions.end(`session-${half + 1}`),
      endAll: async () => {
        await sessions.endAll({ personID: `person-${half + 2}` });
        await sessions.endAll({ providerSid: `sid-${half + 3}` });
        await sessions.endAll({ personID: `person-${half + 4}`, providerSid: `sid-${half + 5}` });
      },
      count: () => sessions.count(),
      purge: () => sessions.purge(),
    },
    submissions: {
      accept: async () => {
        await submissions.accept(newOne('sent'), sending);
        await submissions.accept(newOne('queued'), undefined);
      },
      acceptCorrected: () => submissions.acceptCorrected(refused.submissionID, newOne('corrected'), sending),
      findByKey: () => submissions.findByKey(flooded, 'person-1', crypto.randomUUID()),
      find: () => submissions.find(waiting.accountID, waiting.submissionID),
      waiting: () => submissions.waiting(flooded),
      created: () => submissions.created(sent.submissionID, 'a-new-ticket'),
      found: () => submissions.found(stored, 'another-new-ticket'),
      rejected: () => submissions.rejected(next(), aProblem),
      requeued: () =>
        submissions.requeued(sentToo?.submissionID ?? next(), 'another', {
          reason: 'timeout',
          mayHaveArrived: true,
          againInMs: 0,
        }),
      postponed: () => submissions.postponed(next(), 'me', 1_000),
      sendingAgain: () => submissions.sendingAgain(next(), sending),
      kept: () => submissions.kept(next()),
      dismissed: () => submissions.dismissed(flooded, refused.submissionID, by),
      cancelled: () => submissions.cancelled(waiting.accountID, waiting.submissionID, by),
      givenUp: () => submissions.givenUp(waiting.submissionID, by, aProblem),
      claimDue: () => submissions.claimDue('me', 60_000, 16),
      handBack: () => submissions.handBack('me'),
      wake: () => submissions.wake(),
      claimedByOthers: () => submissions.claimedByOthers(flooded, waiting.submissionID, [`ticket-${half}`]),
      twinOnTheWire: () => submissions.twinOnTheWire(stored),
      twinLookedFor: () => submissions.twinLookedFor(stored),
      twinCreated: () => submissions.twinCreated(stored),
      toReconcile: () => submissions.toReconcile(48, 200, 800),
      reconciled: () => submissions.reconciled(sent.submissionID),
      orphanAll: () => submissions.orphanAll(),
      countWaiting: () => submissions.countWaiting(),
      oldestWaitingSeconds: () => submissions.oldestWaitingSeconds(),
      purge: () => submissions.purge(),
    },
    operators: {
      submissions: async () => {
        for (const list of operatorLists) await operators.submissions(list, 500);
      },
      sessions: async () => {
        await operators.sessions(undefined, 500);
        await operators.sessions([`person-${half}`, `person-${half + 6}`], 500);
      },
      submission: () => operators.submission(waiting.submissionID),
      trail: () => operators.trail(waiting.submissionID),
      sendNow: () => operators.sendNow(waiting.submissionID, 60_000),
      people: () => operators.people(`person.${half}@example.com`),
      // Last, because it changes all waiting submissions.
      doubtAll: () => operators.doubtAll(60_000),
    },
    tally: {
      add: () => tally.add([{ key: 'list:person-1', points: 1, seconds: 60 }]),
      purge: () => tally.purge(),
    },
  };
  for (const [part, functions] of Object.entries(calls))
    for (const [name, call] of Object.entries(functions)) {
      asking = `${part}.${name}`;
      await call();
    }
  return told;
}
