import { cpSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pino from 'pino';
import { afterAll, beforeAll, inject } from 'vitest';
import type { Store } from '../store/engine.ts';
import { openStore } from '../store/store.ts';
import { createDatabase } from './server-database.ts';

/** A fresh database for one spec file: in a real PostgreSQL if TEST_DATABASE_URL names one, else an embedded one. */
export async function freshDatabase(): Promise<{
  where: { databaseURL?: string; dataDir: string };
  drop(): Promise<void>;
}> {
  const server = process.env.TEST_DATABASE_URL;
  if (server === undefined) {
    const dataDir = await mkdtemp(path.join(tmpdir(), 'portal-data-'));
    // Copied synchronously: it is a thousand small files, for which the asynchronous copy takes five times as long.
    cpSync(inject('templateDir'), dataDir, { recursive: true });
    return { where: { dataDir }, drop: () => rm(dataDir, { recursive: true, force: true }) };
  }
  const { url, drop } = await createDatabase(server);
  return { where: { databaseURL: url, dataDir: 'unused' }, drop };
}

/** A store on a fresh database, opened before the first test of a spec file and closed after the last. */
export function freshStore() {
  let opened: { store: Store; database: Awaited<ReturnType<typeof freshDatabase>> } | undefined;
  const given = () => {
    if (opened === undefined) throw new Error('the store is opened before the first test');
    return opened;
  };
  beforeAll(async () => {
    const database = await freshDatabase();
    opened = { database, store: await openStore(database.where, pino({ level: 'silent' })) };
  });
  afterAll(async () => {
    await given().store.close();
    await given().database.drop();
  });
  return {
    get store() {
      return given().store;
    },
    get where() {
      return given().database.where;
    },
  };
}
