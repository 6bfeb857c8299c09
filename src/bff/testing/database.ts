import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { inject } from 'vitest';

/** A fresh database for one spec file: one of a real PostgreSQL when TEST_DATABASE_URL leads to it, else an embedded one. */
export async function freshDatabase(): Promise<{
  where: { databaseURL?: string; dataDir: string };
  drop(): Promise<void>;
}> {
  const server = process.env.TEST_DATABASE_URL;
  if (server === undefined) {
    const dataDir = await mkdtemp(path.join(tmpdir(), 'portal-data-'));
    await cp(inject('templateDir'), dataDir, { recursive: true });
    return { where: { dataDir }, drop: () => rm(dataDir, { recursive: true, force: true }) };
  }
  const name = `portal_${randomUUID().replaceAll('-', '')}`;
  const asAdmin = async (statement: string) => {
    const client = new pg.Client({ connectionString: server });
    await client.connect();
    try {
      await client.query(statement);
    } finally {
      await client.end();
    }
  };
  await asAdmin(`create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    where: { databaseURL: url.href, dataDir: 'unused' },
    drop: () => asAdmin(`drop database ${name} with (force)`),
  };
}
