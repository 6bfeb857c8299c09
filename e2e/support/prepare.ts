import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ownDatabase, templateVariable } from './database.ts';
import { elsewhere } from './elsewhere.ts';
import { findNginx } from './nginx.ts';
import { startPortal } from './portal.ts';
import { findPostgres } from './postgres.ts';

/**
 * Runs once before all browser tests. It installs what some of them need, and starts a portal once to make the embedded database of
 * which every world gets a copy.
 * @returns the function that removes the database after all tests
 */
export default async function prepare(): Promise<() => Promise<void>> {
  for (const built of ['bff/main.js', 'web/index.html'])
    if (!existsSync(join('dist', built)))
      throw new Error(`dist/${built} is missing: the browser tests run what was built. Run \`npm run build\` first.`);
  for (const find of [findNginx, findPostgres])
    try {
      // Done here, because installing takes longer than a test may.
      find();
    } catch {
      // The test that needs it will fail and say so.
    }
  const database = await ownDatabase();
  const data = database.settings.DATA_DIR;
  if (data === undefined) {
    await database.remove();
    return () => Promise.resolve();
  }
  const other = await elsewhere(database.settings);
  try {
    const portal = await startPortal(other.settings);
    await portal.stop();
  } finally {
    await other.stop();
  }
  process.env[templateVariable] = data;
  return database.remove;
}
