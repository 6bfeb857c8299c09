import { cpSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDatabase } from '../../src/bff/testing/server-database.ts';

/** Settings that give a portal an empty database of its own, and how to be rid of it. */
export type OwnDatabase = { settings: Record<string, string>; remove(): Promise<void> };

/** Where `prepare.ts` leaves an initialised embedded database, so that not every world waits four seconds for its own. */
export const templateVariable = 'PORTAL_DATA_TEMPLATE';

/** A database for one world: in the server of `TEST_DATABASE_URL` when that is set, else embedded. */
export async function ownDatabase(): Promise<OwnDatabase> {
  const server = process.env.TEST_DATABASE_URL;
  if (server === undefined || server === '') return embeddedDatabase();
  const { url, drop } = await createDatabase(server);
  return { settings: { DATABASE_URL: url }, remove: drop };
}

/** An embedded database, copied from the template where there is one. */
export async function embeddedDatabase(): Promise<OwnDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'portal-data-'));
  const data = join(folder, 'data');
  const template = process.env[templateVariable];
  if (template !== undefined) cpSync(template, data, { recursive: true });
  return { settings: { DATA_DIR: data }, remove: () => rm(folder, { recursive: true, force: true }) };
}
