import { fillPlaceholders } from 'drizzle-orm';
import type { Client } from 'pg';
import type { Logger } from 'pino';
import * as z from 'zod/mini';
import { codeOf } from '../guard/error-code.ts';
import { migrationsFolder, mustTakeWrites, type Store, StoreError } from './engine.ts';
import { listenOn } from './listen.ts';
import { isOfCertificate } from './outage.ts';
import type { HotStatement, Transaction } from './query.ts';

/** The advisory lock of whoever migrates. A constant of the portal's own; 7261002 is that of the log of news (`0000_start.sql`). */
const migrationLock = 7_261_001;
/** PostgreSQL ends a statement after `statementEndsMs`. If the server has disappeared, this side gives up after `answersWithinMs`. */
const statementEndsMs = 15_000;
const answersWithinMs = 20_000;
/** The part of that time for which a statement may wait for somebody else's lock. No statement of the portal holds a lock for long. */
const locksWithin = 0.4;
/** If this process waits for another one's migration for longer than this, it says so in the log. */
const tellOfWaitMs = 2_000;
/** How long a migration may wait for a table that somebody else has locked. */
const tableLockWithinMs = 5_000;

const throughPooler =
  'A pooler such as PgBouncer stands before the database, which does not do: let DATABASE_URL lead to PostgreSQL itself. Each instance pools its connections, 22 at most.';

const wrongPassword = (code: string) =>
  `PostgreSQL does not take the user or the password of DATABASE_URL (${code}). Signs such as @ / ? # in them must be percent-encoded.`;
/** Sentences for the codes with which PostgreSQL refuses a connection. */
const whyClosed = new Map([
  ['28P01', wrongPassword('28P01')],
  ['28000', wrongPassword('28000')],
  ['3D000', 'PostgreSQL has no database of the name at the end of DATABASE_URL (3D000): create it, owned by its role.'],
  [
    '53300',
    'PostgreSQL has no connection left (53300): raise max_connections, or find in pg_stat_activity who holds them.',
  ],
  ['57P03', 'PostgreSQL is starting or stopping (57P03): try again when it is there.'],
]);

/**
 * Why the database cannot be used, as a sentence. It quotes nothing of DATABASE_URL, not even the host: if a password contains an @, a
 * part of the password is read as the host.
 */
function whyNot(error: unknown): string {
  // An error without a code is about the protocol (the server has no TLS, no password was given), so its message may be quoted.
  const code = codeOf(error) ?? (error instanceof Error ? error.message : 'no answer');
  // A protocol violation (08P01) is how poolers answer a connection with settings of its own.
  if (code === '08P01') return throughPooler;
  const said = whyClosed.get(code);
  if (said !== undefined) return said;
  if (isOfCertificate(code))
    return `The certificate of PostgreSQL is not trusted (${code}): renew it, or let DATABASE_URL name the host that it is for and, as sslrootcert, the file of its authority.`;
  return `The database cannot be used (${code}): check that DATABASE_URL leads to it and that it answers. Signs such as @ / ? # in a user name or password must be percent-encoded.`;
}

/** Why a migration failed: a `StoreError` that says what to do if the operator can repair it, else the error as it is. */
function whyNotMigrated(error: unknown): unknown {
  const code = codeOf(error instanceof Error && error.cause instanceof Error ? error.cause : error);
  if (code === '42501')
    return new StoreError(
      'The tables cannot be made or changed (42501): let the role of DATABASE_URL own the database, and all that is in it.',
    );
  if (code === '55P03')
    return new StoreError(
      'The tables cannot be brought up to date (55P03): somebody else keeps them locked. Nothing has changed; end that transaction (pg_stat_activity names it as “idle in transaction”) and start again.',
    );
  if (code === '25006')
    return new StoreError('The database takes no writes (25006): let DATABASE_URL lead to the primary server.');
  return error;
}

/** Makes what reads DATABASE_URL and the files that it names. @throws {StoreError} when that is not possible */
function inURL<Made>(make: () => Made): Made {
  try {
    return make();
  } catch (error) {
    const code = codeOf(error);
    throw new StoreError(
      `DATABASE_URL cannot be used${code === undefined ? '' : ` (${code})`}: check that it is well-formed, and that the files which it names (sslrootcert, sslcert, sslkey) are there and can be read by this process.`,
      { cause: error },
    );
  }
}

/** Opens a database of a PostgreSQL server, as `openStore` describes it. */
export async function openPostgres(
  { databaseURL, answerWithinMs = answersWithinMs }: { databaseURL: string; answerWithinMs?: number | undefined },
  log: Logger,
): Promise<Store> {
  const [{ default: pg }, { drizzle }] = await Promise.all([import('pg'), import('drizzle-orm/node-postgres')]);
  const connection = { connectionString: databaseURL, connectionTimeoutMillis: 5_000, keepAlive: true };
  const settings = {
    ...connection,
    application_name: 'support-portal',
    // Every query of the portal has an index, so reading a whole table is never right. But a prepared statement that was planned while
    // a table was empty would read the whole table from then on, until the table is analysed.
    options: '-c enable_seqscan=off -c jit=off -c datestyle=ISO',
  };
  const broke = (error: Error) => log.warn({ err: error }, 'a connection to the database broke');
  const migrating = inURL(() => new pg.Client(settings));
  migrating.on('error', broke);
  await migratePostgres(migrating, log);
  const pool = new pg.Pool({
    ...settings,
    options: `${settings.options} -c statement_timeout=${statementEndsMs} -c lock_timeout=${locksWithin * answerWithinMs}`,
    max: 20,
    query_timeout: answerWithinMs,
    // After a failover a connection may still lead to the old server, which takes no writes any more. So none is kept for longer.
    maxLifetimeSeconds: 300,
  });
  // An `error` event without a listener ends the process. The pool listens only to idle connections, so those in use get a listener here.
  pool.on('connect', (connected) => connected.on('error', broke));
  pool.on('error', (error) => log.debug({ err: error }, 'the pool has dropped a connection that broke'));
  const db = Object.assign(drizzle(pool), {
    hot: ({ name, text, params }: HotStatement, values: Record<string, unknown>) =>
      pool.query({ name, text, values: fillPlaceholders(params, values) }),
    /** Replaces Drizzle's `transaction`, which never releases a connection whose `begin` fails, and gives a broken one back to the pool. */
    async transaction<Result>(work: (tx: Transaction) => Promise<Result>) {
      const taken = await pool.connect();
      try {
        const result = await drizzle(taken).transaction(work);
        taken.release();
        return result;
      } catch (error) {
        taken.release(true);
        throw error;
      }
    },
  });
  return {
    engine: 'postgres',
    db,
    listen: (channel, heard, lost = () => undefined) =>
      listenOn(() => new pg.Client(connection), channel, { heard, lost }, log),
    ping: () => mustTakeWrites(db),
    close: () => pool.end(),
  };
}

/**
 * Checks that the database can be used, and brings its tables up to date.
 * @param client not connected yet; without the time limits of the pool, since waiting for another instance, and migrating, may take long
 */
async function migratePostgres(client: Client, log: Logger): Promise<void> {
  const [{ drizzle }, { migrate }] = await Promise.all([
    import('drizzle-orm/node-postgres'),
    import('drizzle-orm/node-postgres/migrator'),
  ]);
  try {
    await client.connect().catch((error: unknown) => {
      throw new StoreError(whyNot(error));
    });
    const { rows } = await client.query(
      "select current_setting('server_version_num')::int as version, current_setting('enable_seqscan') as seqscan",
    );
    const { version, seqscan } = z.object({ version: z.number(), seqscan: z.string() }).parse(rows[0]);
    if (version < 150_000) throw new StoreError('DATABASE_URL leads to a PostgreSQL older than 15: use 15 or later.');
    if (seqscan !== 'off')
      log.warn(
        'the settings of a connection do not reach the database: DATABASE_URL has options of its own, or a pooler drops them, which breaks locks, news and prepared statements as well in its mode of transactions. Let DATABASE_URL lead to PostgreSQL itself, without options.',
      );
    // Several instances may start together. One migrates; the others wait for the lock and then find nothing to do. The lock is released
    // when the connection ends.
    const waits = setTimeout(
      () => log.warn('another process is bringing the tables up to date: waiting until it is done'),
      tellOfWaitMs,
    );
    await client.query('select pg_advisory_lock($1)', [migrationLock]).finally(() => clearTimeout(waits));
    // A migration that waits for the lock on a table makes everybody who comes after it wait too, also instances that serve people. So
    // it may not wait for long.
    await client.query(`set lock_timeout = ${tableLockWithinMs}`);
    await migrate(drizzle(client), { migrationsFolder }).catch((error: unknown) => {
      throw whyNotMigrated(error);
    });
  } finally {
    await client.end();
  }
}
