import { sql } from 'drizzle-orm';
import * as z from 'zod/mini';
import { purge } from './purge.ts';
import { type Database, hotStatement, instant, mostCounted, rowsOf } from './query.ts';

/** A person who signed in, as the identity provider describes them. `personID` is from `personIDOf`. */
export type Person = { personID: string; issuer: string; subject: string; name: string; email?: string | undefined };

const sessionRow = z.pipe(
  z.object({
    person_id: z.string(),
    name: z.string(),
    email: z.nullable(z.string()),
    role: z.nullable(z.enum(['merchant', 'partner'])),
    account_id: z.nullable(z.string()),
    seen_ms_ago: z.coerce.number(),
    idle_ends_at: instant,
    ends_at: instant,
    left_ms: z.coerce.number(),
  }),
  z.transform((row) => ({
    personID: row.person_id,
    name: row.name,
    email: row.email ?? undefined,
    role: row.role,
    accountID: row.account_id ?? undefined,
    /** when a call last prolonged it, converted to this process's clock, which may differ from the database's */
    seenAt: new Date(Date.now() - row.seen_ms_ago),
    idleEndsAt: row.idle_ends_at,
    endsAt: row.ends_at,
    /** the time until the session ends by itself (ms), counted from the moment of the query by the database's clock */
    leftMs: row.left_ms,
  })),
);
/** A session that has not ended. */
export type StoredSession = z.output<typeof sessionRow>;

const loginRow = z.pipe(
  z.object({
    nonce: z.string(),
    code_verifier: z.string(),
    return_to: z.string(),
    session_hash: z.nullable(z.string()),
  }),
  z.transform((row) => ({
    nonce: row.nonce,
    codeVerifier: row.code_verifier,
    returnTo: row.return_to,
    /** the hash of the session that the browser had when it began to sign in */
    sessionHash: row.session_hash ?? undefined,
  })),
);
type Login = z.output<typeof loginRow>;

const auditedRow = z.object({ audit_id: z.coerce.number() });

const findSession = hotStatement(
  'find-session',
  sql`
    select person_id, name, email, role, account_id, idle_ends_at, ends_at,
           (extract(epoch from now() - seen_at) * 1000)::double precision as seen_ms_ago,
           (extract(epoch from least(idle_ends_at, ends_at) - now()) * 1000)::double precision as left_ms
    from sessions where id_hash = ${sql.placeholder('idHash')} and idle_ends_at > now() and ends_at > now()`,
);

/**
 * Runs about once a minute for every session in use, so it does not wait until the change is on disk. If a crash of the database undoes
 * it, the session only ends a minute sooner.
 */
const slideSession = hotStatement(
  'slide-session',
  sql`
    update sessions set seen_at = now(), idle_ends_at = least(now() + make_interval(mins => ${sql.placeholder('idleMinutes')}::int), ends_at)
    where id_hash = ${sql.placeholder('idHash')} returning set_config('synchronous_commit', 'off', true)`,
);

/** Sessions, and sign-ins under way (`logins`). Session ids and the `state` of sign-ins are stored only as hashes. */
export function sessionsIn(db: Database) {
  return {
    async beginLogin(login: Login & { stateHash: string; browserHash: string; lifeSeconds: number }) {
      await db.execute(sql`
        insert into logins (state_hash, browser_hash, nonce, code_verifier, return_to, session_hash, expires_at)
        values (${login.stateHash}, ${login.browserHash}, ${login.nonce}, ${login.codeVerifier}, ${login.returnTo},
                ${login.sessionHash ?? null}, now() + make_interval(secs => ${login.lifeSeconds}))`);
    },
    /** Takes a sign-in out of the table, so that it can be used only once; undefined if this browser has none, or it took too long. */
    async takeLogin(stateHash: string, browserHash: string): Promise<Login | undefined> {
      const result = await db.execute(sql`
        delete from logins where state_hash = ${stateHash} and browser_hash = ${browserHash} and expires_at > now()
        returning nonce, code_verifier, return_to, session_hash`);
      return rowsOf(loginRow, result)[0];
    },
    /**
     * Begins a session and ends those that it replaces. The role and the account that the provider gives now count for all sessions of
     * the person, so those that began with another role or account end as well. @returns how many ended for that reason
     */
    async begin(session: {
      idHash: string;
      replaces?: readonly string[];
      person: Person;
      role: 'merchant' | 'partner' | null;
      accountID?: string | undefined;
      providerSid?: string | undefined;
      idleMinutes: number;
      maxHours: number;
    }): Promise<number> {
      const { person } = session;
      return db.transaction(async (tx) => {
        await tx.execute(sql`
          insert into people (person_id, issuer, subject, name, email)
          values (${person.personID}, ${person.issuer}, ${person.subject}, ${person.name}, ${person.email ?? null})
          on conflict (person_id) do update set name = excluded.name, email = excluded.email, signed_in_at = now()`);
        for (const idHash of session.replaces ?? [])
          await tx.execute(sql`delete from sessions where id_hash = ${idHash}`);
        const outdated = await tx.execute(sql`
          with ended as (
            delete from sessions where person_id = ${person.personID}
              and (role is distinct from ${session.role}::text or account_id is distinct from ${session.accountID ?? null}::uuid)
            returning person_id, name, account_id)
          insert into audit (person_id, person_name, account_id, action)
          select person_id, name, account_id, 'signed-out-by-other-rights' from ended returning audit_id`);
        await tx.execute(sql`
          insert into sessions (id_hash, person_id, name, email, role, account_id, provider_sid, idle_ends_at, ends_at)
          values (${session.idHash}, ${person.personID}, ${person.name}, ${person.email ?? null}, ${session.role},
                  ${session.accountID ?? null}, ${session.providerSid ?? null},
                  now() + least(make_interval(mins => ${session.idleMinutes}), make_interval(hours => ${session.maxHours})),
                  now() + make_interval(hours => ${session.maxHours}))`);
        await tx.execute(sql`
          insert into audit (person_id, person_name, account_id, action)
          values (${person.personID}, ${person.name}, ${session.accountID ?? null}, 'signed-in')`);
        return rowsOf(auditedRow, outdated).length;
      });
    },
    /** The session with this hash, unless it has ended. */
    async find(idHash: string): Promise<StoredSession | undefined> {
      return rowsOf(sessionRow, await db.hot(findSession, { idHash }))[0];
    },
    /** Sets the idle end to `idleMinutes` from now, but not past the absolute end. */
    async slide(idHash: string, idleMinutes: number) {
      await db.hot(slideSession, { idHash, idleMinutes });
    },
    async end(idHash: string) {
      await db.execute(sql`
        with ended as (delete from sessions where id_hash = ${idHash} returning person_id, name, account_id)
        insert into audit (person_id, person_name, account_id, action) select person_id, name, account_id, 'signed-out' from ended`);
    },
    /**
     * Ends the sessions with the provider's session id `providerSid`, and those of the person for which the provider gave no such id.
     * Without a `providerSid`, ends all sessions of the person.
     * @param onceFor identifies the provider's logout token: with a token that was used before nothing ends, so that somebody who has
     *   seen a token cannot sign the person out again
     * @returns how many sessions ended
     */
    async endAll(
      which: { personID?: string | undefined; providerSid?: string | undefined },
      onceFor?: string,
    ): Promise<number> {
      const match =
        which.providerSid === undefined
          ? sql`person_id = ${which.personID ?? ''}`
          : sql`(provider_sid = ${which.providerSid} or (provider_sid is null and person_id = ${which.personID ?? ''}))`;
      const first =
        onceFor === undefined
          ? sql`select 1`
          : sql`insert into webhook_events (event_id) values (${`logout:${onceFor}`}) on conflict do nothing returning 1`;
      const result = await db.execute(sql`
        with first as (${first}),
        ended as (delete from sessions where ${match} and exists (select from first) returning person_id, name, account_id)
        insert into audit (person_id, person_name, account_id, action) select person_id, name, account_id, 'signed-out-elsewhere' from ended
        returning audit_id`);
      return rowsOf(auditedRow, result).length;
    },
    /** How many sessions have not ended. At most 10,000 are counted, so that the query is fast however many there are. */
    async count(): Promise<number> {
      const result = await db.execute(sql`
        select count(*)::int as count from (
          select 1 from sessions where idle_ends_at > now() and ends_at > now() order by idle_ends_at desc limit ${mostCounted}) as going_on`);
      return rowsOf(z.object({ count: z.number() }), result)[0]?.count ?? 0;
    },
    /** Removes sessions and sign-ins that have ended. @returns how many of each */
    async purge(): Promise<{ sessions: number; logins: number }> {
      const idle = await purge(db, 'sessions', sql`id_hash`, sql`idle_ends_at < now() order by idle_ends_at`);
      const over = await purge(db, 'sessions', sql`id_hash`, sql`ends_at < now() order by ends_at`);
      const logins = await purge(db, 'logins', sql`state_hash`, sql`expires_at < now() order by expires_at`);
      return { sessions: idle + over, logins };
    },
  };
}
export type Sessions = ReturnType<typeof sessionsIn>;
