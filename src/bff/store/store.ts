import { createHash } from 'node:crypto';
import { mkdir, realpath } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import path from 'node:path';
import { fillPlaceholders, type SQL, sql } from 'drizzle-orm';
import { type PgDatabase, PgDialect, type PgQueryResultHKT } from 'drizzle-orm/pg-core';
import type { Client } from 'pg';
import type { Logger } from 'pino';
import * as z from 'zod/mini';
import { listenOn } from './listen.ts';
import { isOfCertificate } from './outage.ts';

/** The database as the rest of the store uses it, with either engine. */
export type Database = PgDatabase<PgQueryResultHKT, Record<string, never>> & {
  /** Runs a statement made by `hotStatement`, with values for its placeholders. */
  hot(statement: HotStatement, values: Record<string, unknown>): Promise<unknown>;
};

type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];

/** A prepared statement, made by `hotStatement`. */
export type HotStatement = { name: string; text: string; params: unknown[] };

const dialect = new PgDialect();
/**
 * Makes a prepared statement: its text is built once, and PostgreSQL plans it once for each connection. For statements that run so often
 * that building and planning would be most of their cost. Name the columns of the result (no `*`): PostgreSQL refuses a prepared
 * statement whose result changes, which would happen when an instance of the next version adds a column.
 * @param statement with `sql.placeholder` for each value
 */
export function hotStatement(name: string, statement: SQL): HotStatement {
  const { sql: text, params } = dialect.sqlToQuery(statement);
  return { name, text, params };
}

/** An open database. */
export type Store = {
  engine: 'postgres' | 'embedded';
  db: Database;
  /**
   * Calls `heard` with the payload of each notice (`pg_notify`) on a channel, after its commit, until `stop` is called. When the
   * connection is lost, `lost` is called, and notices are missed. As soon as it listens, at first and again, `heard` is called
   * without a payload.
   */
  listen(channel: string, heard: (told?: string) => void, lost?: () => void): Promise<{ stop(): Promise<void> }>;
  /** Resolves when the database answers and takes writes; rejects when it does not. */
  ping(): Promise<void>;
  close(): Promise<void>;
};

/** Thrown when the database cannot be opened; the message says what to do. */
export class StoreError extends Error {
  override name = 'StoreError';
}

/** A key for `pg_advisory_lock`: any constant that nothing else in the database uses. */
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
/** Beside this file in the sources; beside the bundle in `dist/bff`. */
const migrationsFolder = path.join(import.meta.dirname, 'migrations');

/**
 * Opens the database and brings its tables up to date: real PostgreSQL (15 or later) when `databaseURL` is given, else
 * the embedded one in `dataDir` (`memory://` for one that exists only as long as the process).
 * @param where.answerWithinMs how long a query of PostgreSQL may take
 * @throws {StoreError} when the server cannot be reached or is too old, or the directory cannot be used or another process holds it
 */
export async function openStore(
  where: { databaseURL?: string | undefined; dataDir: string; answerWithinMs?: number },
  log: Logger,
): Promise<Store> {
  return where.databaseURL === undefined
    ? openEmbedded(where.dataDir, log)
    : openPostgres(where.databaseURL, where.answerWithinMs ?? answersWithinMs, log);
}

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
  const code = error instanceof Error ? ('code' in error ? String(error.code) : error.message) : 'no answer';
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
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
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
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    throw new StoreError(
      `DATABASE_URL cannot be used${code}: check that it is well-formed, and that the files which it names (sslrootcert, sslcert, sslkey) are there and can be read by this process.`,
      { cause: error },
    );
  }
}

async function openPostgres(databaseURL: string, answerWithinMs: number, log: Logger): Promise<Store> {
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

/** Does work that needs the directory of the embedded database. @throws {StoreError} naming DATA_DIR, when that cannot be used */
async function inDataDir<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StoreError) throw error;
    const why = error instanceof Error && 'code' in error ? error.code : error instanceof Error ? error.message : error;
    throw new StoreError(
      `The embedded database cannot be used (${String(why)}): check that DATA_DIR is a directory in which this process may write and where nothing else is kept, or set DATABASE_URL.`,
      { cause: error },
    );
  }
}

async function openEmbedded(dataDir: string, log: Logger): Promise<Store> {
  const [{ PGlite }, { drizzle }, { migrate }] = await Promise.all([
    import('@electric-sql/pglite'),
    import('drizzle-orm/pglite'),
    import('drizzle-orm/pglite/migrator'),
  ]);
  const inMemory = dataDir.startsWith('memory://');
  const lock = inMemory ? undefined : await inDataDir(() => lockDirectory(path.resolve(dataDir)));
  try {
    const directory = inMemory ? dataDir : path.join(path.resolve(dataDir), 'postgres');
    if (!inMemory) {
      await inDataDir(() => mkdir(directory, { recursive: true, mode: 0o700 }));
      log.warn(
        { dataDir },
        'using the embedded PostgreSQL: it survives the end of this process, but not a power cut or a crash of the machine, and serves one process alone. Set DATABASE_URL for anything that matters.',
      );
    }
    const client = await inDataDir(() => PGlite.create(directory));
    const db = Object.assign(drizzle(client), {
      hot: ({ text, params }: HotStatement, values: Record<string, unknown>) =>
        client.query(text, fillPlaceholders(params, values)),
    });
    await migrate(db, { migrationsFolder });
    return {
      engine: 'embedded',
      db,
      async listen(channel, heard) {
        const stop = await client.listen(channel, heard);
        heard();
        return { stop };
      },
      ping: () => mustTakeWrites(db),
      async close() {
        await client.close();
        lock?.close();
      },
    };
  } catch (error) {
    lock?.close();
    throw error;
  }
}

/**
 * Locks the directory of the embedded database for this process, because two processes on one such database lose data silently. The
 * lock is something that the kernel frees however the process ends: on Linux a socket in the abstract name space, on Windows a named
 * pipe, elsewhere a port of loopback. Its name is derived from the directory.
 * @throws {StoreError} when another process holds the lock
 */
async function lockDirectory(directory: string): Promise<Server> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const digest = createHash('sha256')
    .update(await realpath(directory))
    .digest();
  const name = `support-portal-${digest.toString('hex').slice(0, 32)}`;
  const server = createServer((socket) => socket.destroy());
  server.unref();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new StoreError(
              `Another process is using the embedded database in ${directory}. Stop it, choose another DATA_DIR, or set DATABASE_URL to share a real PostgreSQL.`,
            )
          : error,
      );
    });
    if (process.platform === 'linux') server.listen({ path: `\0${name}` }, resolve);
    else if (process.platform === 'win32') server.listen({ path: `\\\\.\\pipe\\${name}` }, resolve);
    else server.listen({ port: 49_152 + (digest.readUInt16BE(0) % 16_000), host: '127.0.0.1' }, resolve);
  });
  return server;
}

const readOnlyRow = z.object({ read_only: z.enum(['on', 'off']) });
/** @throws when the database does not answer, or is a replica, which takes no writes */
async function mustTakeWrites(db: Pick<Database, 'execute'>): Promise<void> {
  const result = await db.execute(sql`select current_setting('transaction_read_only') as read_only`);
  if (rowsOf(readOnlyRow, result)[0]?.read_only !== 'off')
    throw Object.assign(new Error('the database takes no writes'), { code: '25006' });
}

const resultSchema = z.object({ rows: z.array(z.unknown()) });
/** Parses the rows of a query's result, each by the schema. @throws when a row does not fit */
export function rowsOf<Schema extends z.ZodMiniType>(schema: Schema, result: unknown): z.output<Schema>[] {
  // Row by row, because a schema for the whole result would have to be made, and compiled, for each query.
  return resultSchema.parse(result).rows.map((row) => z.parse(schema, row));
}

/** The most rows that a count for the metrics reads: to count all rows of a large table, PostgreSQL reads all of them. */
export const mostCounted = 10_000;

/** SQL for the time in `ms` milliseconds, by the database's clock. */
export const after = (ms: number) => sql`now() + make_interval(secs => ${ms / 1000}::double precision)`;

/** A timestamp as either engine returns it. */
export const instant = z.pipe(
  z.union([z.string(), z.date()]),
  z.transform((value) => new Date(value)),
);
