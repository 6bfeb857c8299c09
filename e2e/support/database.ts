import { cpSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDatabase } from '../../src/bff/testing/server-database.ts';

/** The settings that lead a portal to a database of its own, and `remove`, which deletes it. */
type OwnDatabase = { settings: Record<string, string>; remove(): Promise<void> };

/** The environment variable with the folder of an initialised embedded database (`prepare.ts`). Copying it saves each world four seconds. */
export const templateVariable = 'PORTAL_DATA_TEMPLATE';

/** A database for one world: in the PostgreSQL at `server` (by default that of `TEST_DATABASE_URL`) if there is one, else an embedded one. */
export async function ownDatabase(server = process.env.TEST_DATABASE_URL): Promise<OwnDatabase> {
  if (server === undefined || server === '') return embeddedDatabase();
  const { url, drop } = await createDatabase(server);
  return { settings: { DATABASE_URL: url }, remove: drop };
}

/** An embedded database, copied from the template if there is one. */
export async function embeddedDatabase(): Promise<OwnDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'portal-data-'));
  const data = join(folder, 'data');
  const template = process.env[templateVariable];
  if (template !== undefined) cpSync(template, data, { recursive: true });
  return { settings: { DATA_DIR: data }, remove: () => rm(folder, { recursive: true, force: true }) };
}
