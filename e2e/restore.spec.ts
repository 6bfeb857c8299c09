import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { call } from '../src/contract/paths.ts';
import { admin } from './support/admin.ts';
import { createClient } from './support/client.ts';
import { startLine } from './support/line.ts';
import { startPortal } from './support/portal.ts';
import { freePort, startPostgres } from './support/postgres.ts';
import { startOutside, wholeBodyFitness } from './support/without-pages.ts';

const toUndo: (() => unknown)[] = [];
test.afterEach(async () => {
  for (const undo of toUndo.splice(0).reverse()) await undo();
});

/** The drill of docs/operate.md, “Backup and restore”, command by command. */
test('a backup restored into an empty database: everybody is still signed in, and every ticket that waited is delivered once', async () => {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const outside = await startOutside(origin);
  toUndo.push(() => outside.stop());
  const line = await startLine(outside.sandbox.moovURL);
  toUndo.push(() => line.stop());
  const postgres = await startPostgres();
  toUndo.push(() => postgres.stop());
  const folder = mkdtempSync(join(tmpdir(), 'portal-backup-'));
  toUndo.push(() => rmSync(folder, { recursive: true }));
  const backup = join(folder, 'portal.dump');
  const run = (program: string, ...args: string[]) =>
    execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const database = (name: string) => {
    const url = new URL(postgres.url);
    url.pathname = `/${name}`;
    return url.href;
  };
  run('psql', '--quiet', '--command', 'create database portal', postgres.url);
  const settings = {
    ...outside.settings,
    PORT: String(port),
    MOOV_API_URL: line.origin,
    DATABASE_URL: database('portal'),
    SETTLE_MS: '1000',
    UPSTREAM_TIMEOUT_MS: '2000',
    ANSWER_WITHIN_MS: '1500',
  };
  let portal = await startPortal(settings);
  toUndo.push(() => portal.stop());
  const client = createClient(origin);
  toUndo.push(() => client.close());
  await client.signIn();

  expect((await client.file(wholeBodyFitness, 'delivered before the backup')).status).toBe(201);
  line.everything({ status: 503 });
  const waited = ['waits, the first', 'waits, the second'];
  for (const title of waited) expect((await client.file(wholeBodyFitness, title)).status, 'kept').toBe(202);

  run('pg_dump', '--format=custom', `--file=${backup}`, database('portal'));

  // After the backup Moov is back, but takes only one of them; then the machine and its database are lost.
  line.creating({ status: 429, headers: { 'retry-after': '3600' } }, 1);
  const delivered = () => outside.titles().filter((title) => waited.includes(title));
  await expect.poll(delivered, { timeout: 30_000 }).toHaveLength(1);
  await portal.stop('SIGKILL');
  run('psql', '--quiet', '--command', 'drop database portal with (force)', postgres.url);

  run('psql', '--quiet', '--command', 'create database restored', postgres.url);
  run('pg_restore', '--no-owner', '--exit-on-error', `--dbname=${database('restored')}`, backup);
  const restored = { ...settings, DATABASE_URL: database('restored') };
  expect(await admin(restored, 'restored', '--json')).toEqual({
    status: 0,
    out: expect.stringContaining('2'),
    err: '',
  });
  portal = await startPortal(restored);

  expect((await client.get(call.session())).status, 'still signed in').toBe(200);
  await expect
    .poll(async () => JSON.parse((await client.get(call.submissions(wholeBodyFitness))).text), { timeout: 30_000 })
    .toMatchObject({ items: [] });
  for (const title of ['delivered before the backup', ...waited])
    expect(
      outside.titles().filter((one) => one === title),
      title,
    ).toHaveLength(1);
});
