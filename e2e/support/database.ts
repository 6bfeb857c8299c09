import { randomUUID } from 'node:crypto';
import { cpSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

/** Settings that give a portal an empty database of its own, and how to be rid of it. */
export type OwnDatabase = { settings: Record<string, string>; remove(): Promise<void> };

/** Where `prepare.ts` leaves an initialised embedded database, so that not every world waits four seconds for its own. */
export const templateVariable = 'PORTAL_DATA_TEMPLATE';

/** A database for one world: in the server of `TEST_DATABASE_URL` when that is set, else embedded. */
export async function ownDatabase(): Promise<OwnDatabase> {
  const server = process.env.TEST_DATABASE_URL;
  if (server !== undefined && server !== '') {
    const name = `portal_${randomUUID().replaceAll('-', '')}`;
    const run = async (statement: string) => {
      const client = new pg.Client({ connectionString: server });
      await client.connect();
      try {
        await client.query(statement);
      } finally {
        await client.end();
      }
    };
    await run(`create database ${name}`);
    const url = new URL(server);
    url.pathname = `/${name}`;
    return { settings: { DATABASE_URL: url.href }, remove: () => run(`drop database ${name} with (force)`) };
  }
  return embeddedDatabase();
}

/** An embedded database, copied from the template where there is one. */
export async function embeddedDatabase(): Promise<OwnDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'portal-data-'));
  const data = join(folder, 'data');
  const template = process.env[templateVariable];
  if (template !== undefined) cpSync(template, data, { recursive: true });
  return { settings: { DATA_DIR: data }, remove: () => rm(folder, { recursive: true, force: true }) };
}
