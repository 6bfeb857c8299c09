import { createHash } from 'node:crypto';
import { mkdir, realpath } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import path from 'node:path';
import { fillPlaceholders } from 'drizzle-orm';
import type { Logger } from 'pino';
import { codeOf } from '../guard/error-code.ts';
import { migrationsFolder, mustTakeWrites, type Store, StoreError } from './engine.ts';
import type { HotStatement } from './query.ts';

/** Does work that needs the directory of the embedded database. @throws {StoreError} naming DATA_DIR, when that cannot be used */
async function inDataDir<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StoreError) throw error;
    const why = codeOf(error) ?? (error instanceof Error ? error.message : error);
    throw new StoreError(
      `The embedded database cannot be used (${String(why)}): check that DATA_DIR is a directory in which this process may write and where nothing else is kept, or set DATABASE_URL.`,
      { cause: error },
    );
  }
}

/** Opens the embedded database in a directory, as `openStore` describes it. */
export async function openEmbedded(dataDir: string, log: Logger): Promise<Store> {
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
