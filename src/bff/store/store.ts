import { mkdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import path from 'node:path';
import { fillPlaceholders, type SQL, sql } from 'drizzle-orm';
import { type PgDatabase, PgDialect, type PgQueryResultHKT } from 'drizzle-orm/pg-core';
import type { Logger } from 'pino';
import * as z from 'zod/mini';
import { listenOn } from './listen.ts';

/** The database as the rest of the store sees it: the same on both engines. */
export type Database = PgDatabase<PgQueryResultHKT, Record<string, never>> & {
  /** Runs a statement whose text was built once, and that the server plans once for each connection. */
  hot(statement: HotStatement, values: Record<string, unknown>): Promise<unknown>;
};

type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];

/** Made by `hotStatement`. */
export type HotStatement = { name: string; text: string; params: unknown[] };

const dialect = new PgDialect();
/**
 * A statement that runs so often that building its text and planning it anew would be most of its cost.
 * Its result must not change its shape when an instance of the next version adds a column: name the columns.
 * @param statement with `sql.placeholder` for each value
 */
export function hotStatement(name: string, statement: SQL): HotStatement {
  const { sql: text, params } = dialect.sqlToQuery(statement);
  return { name, text, params };
}

export type Store = {
  engine: 'postgres' | 'embedded';
  db: Database;
  /**
   * Calls `heard` after each commit that told the channel something, with what it told, until `stop` is called. Gaps are
   * possible while the connection is lost: `lost` is called then, and `heard`, with nothing, as soon as it listens again.
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
/** The server ends a statement after the first time. If the server itself is gone without a word, this side gives up after the second. */
const statementEndsMs = 15_000;
const answersWithinMs = 20_000;
/** Of that, how much may pass with waiting for what somebody else has locked. No statement here keeps another waiting for long. */
const locksWithin = 0.4;
/** After so long it is told that this process waits for another one's migration. */
const tellOfWaitMs = 2_000;
/** How long a migration may wait for a table that somebody else has locked. */
const tableLockWithinMs = 5_000;
/** Beside this file in the sources; beside the bundle in `dist/bff`. */
const migrationsFolder = path.join(import.meta.dirname, 'migrations');

/**
 * Opens the database and brings its tables up to date: real PostgreSQL (15 or later) when `databaseURL` is given, else
 * the embedded one in `dataDir` (`memory://` for one that is gone with the process).
 * @param where.answerWithinMs how long a question to PostgreSQL may take
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
/** What PostgreSQL itself says to whom it lets nobody in. */
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

/** Why the database cannot be used, in a sentence that quotes nothing of DATABASE_URL: of a password with an @ in it, a part is read as the host. */
function whyNot(error: unknown): string {
  // An error without a code is about the conversation alone (no TLS there, no password given), so its words may be quoted.
  const code = error instanceof Error ? ('code' in error ? String(error.code) : error.message) : 'no answer';
  // A protocol violation: what poolers answer to a connection that brings settings of its own.
  if (code === '08P01') return throughPooler;
  const said = whyClosed.get(code);
  if (said !== undefined) return said;
  return `The database cannot be used (${code}): check that DATABASE_URL leads to it and that it answers. Signs such as @ / ? # in a user name or password must be percent-encoded.`;
}

/** What an operator can mend about a database that answers and cannot be brought up to date; anything else as it is. */
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

async function openPostgres(databaseURL: string, answerWithinMs: number, log: Logger): Promise<Store> {
  const [{ default: pg }, { drizzle }, { migrate }] = await Promise.all([
    import('pg'),
    import('drizzle-orm/node-postgres'),
    import('drizzle-orm/node-postgres/migrator'),
  ]);
  const connection = { connectionString: databaseURL, connectionTimeoutMillis: 5_000, keepAlive: true };
  const settings = {
    ...connection,
    application_name: 'support-portal',
    // Every question here has an index. A statement is planned once for a connection; planned while a table was empty, it would go
    // on reading all of that table until the table is analysed.
    options: '-c enable_seqscan=off -c jit=off -c datestyle=ISO',
  };
  const broke = (error: Error) => log.warn({ err: error }, 'a connection to the database broke');
  // A connection of its own: to wait for another instance, and to migrate, may take longer than any question may.
  const client = new pg.Client(settings);
  client.on('error', broke);
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
    // Several instances may start together: one migrates, the others wait, then find nothing to do. The end of the
    // connection gives the lock back.
    const waits = setTimeout(
      () => log.warn('another process is bringing the tables up to date: waiting until it is done'),
      tellOfWaitMs,
    );
    await client.query('select pg_advisory_lock($1)', [migrationLock]).finally(() => clearTimeout(waits));
    // Whoever waits for the lock on a table keeps all others from it meanwhile, the instances that serve people among them.
    await client.query(`set lock_timeout = ${tableLockWithinMs}`);
    await migrate(drizzle(client), { migrationsFolder }).catch((error: unknown) => {
      throw whyNotMigrated(error);
    });
  } finally {
    await client.end();
  }
  const pool = new pg.Pool({
    ...settings,
    options: `${settings.options} -c statement_timeout=${statementEndsMs} -c lock_timeout=${locksWithin * answerWithinMs}`,
    max: 20,
    query_timeout: answerWithinMs,
    // After a failover a connection may lead to a server that takes no writes any more: none is kept for longer than this.
    maxLifetimeSeconds: 300,
  });
  // An error event without a listener ends the process. The pool has one for connections that are idle; those in use need their own.
  pool.on('connect', (connected) => connected.on('error', broke));
  pool.on('error', (error) => log.debug({ err: error }, 'the pool has dropped a connection that broke'));
  const db = Object.assign(drizzle(pool), {
    hot: ({ name, text, params }: HotStatement, values: Record<string, unknown>) =>
      pool.query({ name, text, values: fillPlaceholders(params, values) }),
    /** Drizzle's own never releases a connection whose `begin` fails, and returns a broken one to the pool. */
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

/** Does what needs the directory of the embedded database. @throws {StoreError} naming the setting, when it cannot be used */
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
 * Two processes on one embedded database lose data without a word, so the first one holds a lock that the kernel frees
 * when the process dies, however it dies: a socket in Linux's abstract name space, or, elsewhere, a named pipe or a
 * loopback port derived from the directory.
 * @throws {StoreError} when another process holds it
 */
async function lockDirectory(directory: string): Promise<Server> {
  const { createHash } = await import('node:crypto');
  const { realpath } = await import('node:fs/promises');
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
/** @throws when the database does not answer, or is a copy that follows another and takes no writes */
async function mustTakeWrites(db: Pick<Database, 'execute'>): Promise<void> {
  const result = await db.execute(sql`select current_setting('transaction_read_only') as read_only`);
  if (rowsOf(readOnlyRow, result)[0]?.read_only !== 'off')
    throw Object.assign(new Error('the database takes no writes'), { code: '25006' });
}

const resultSchema = z.object({ rows: z.array(z.unknown()) });
/** Parses what a query gave, row by row, at this one place. */
export function rowsOf<Schema extends z.ZodMiniType>(schema: Schema, result: unknown): z.output<Schema>[] {
  // A schema around the schema would have to be made, and compiled, for each query.
  return resultSchema.parse(result).rows.map((row) => z.parse(schema, row));
}

/** The most that a count for the metrics goes through: to count all of a large table is to read all of it. */
export const mostCounted = 10_000;

/** A moment so many milliseconds from now, by the database's clock. */
export const after = (ms: number) => sql`now() + make_interval(secs => ${ms / 1000}::double precision)`;

/** A timestamp as either engine returns it. */
export const instant = z.pipe(
  z.union([z.string(), z.date()]),
  z.transform((value) => new Date(value)),
);
