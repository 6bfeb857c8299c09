import type { Logger } from 'pino';
import { openEmbedded } from './embedded.ts';
import type { Store } from './engine.ts';
import { openPostgres } from './postgres.ts';

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
  const { databaseURL, dataDir, answerWithinMs } = where;
  return databaseURL === undefined ? openEmbedded(dataDir, log) : openPostgres({ databaseURL, answerWithinMs }, log);
}
