import path from 'node:path';
import { sql } from 'drizzle-orm';
import * as z from 'zod/mini';
import { type Database, rowsOf } from './query.ts';

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

/** Beside this file in the sources; beside the bundle in `dist/bff`. */
export const migrationsFolder = path.join(import.meta.dirname, 'migrations');

const readOnlyRow = z.object({ read_only: z.enum(['on', 'off']) });
/** @throws when the database does not answer, or is a replica, which takes no writes */
export async function mustTakeWrites(db: Pick<Database, 'execute'>): Promise<void> {
  const result = await db.execute(sql`select current_setting('transaction_read_only') as read_only`);
  if (rowsOf(readOnlyRow, result)[0]?.read_only !== 'off')
    throw Object.assign(new Error('the database takes no writes'), { code: '25006' });
}
