import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findOrInstall } from './debian.ts';
import { onPath } from './programs.ts';

const versions = '/usr/lib/postgresql';
const isRoot = process.getuid?.() === 0;

/** The folder with the programs of the newest PostgreSQL from Debian's packages, else of the one on PATH, else undefined. */
function programs(): string | undefined {
  if (!existsSync(versions)) {
    const server = onPath('postgres');
    return server === undefined ? undefined : dirname(server);
  }
  const newest = readdirSync(versions)
    .filter((name) => /^\d+$/.test(name) && existsSync(join(versions, name, 'bin', 'postgres')))
    .sort((a, b) => Number(b) - Number(a))[0];
  return newest === undefined ? undefined : join(versions, newest, 'bin');
}

/** The folder of PostgreSQL's programs. If they are missing and this is root on Debian, they are installed. @throws with what to install */
export const findPostgres = () =>
  findOrInstall(
    programs,
    ['postgresql'],
    'The tests on PostgreSQL need its server: install the package “postgresql” (15 or later).',
  );

/** Ports are counted up from here. The range is below that of outgoing connections, and each worker of the browser tests has its own. */
let nextPort = 10_000 + 1_000 * Number(process.env.TEST_PARALLEL_INDEX ?? 10);

/** A port of loopback that was free just now, and that is given to nobody else in this test run. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = nextPort++;
    const isFree = await new Promise<boolean>((resolve, reject) => {
      const probe = createServer();
      probe.once('error', (error: NodeJS.ErrnoException) =>
        error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
      );
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

/**
 * Starts a PostgreSQL (see `findPostgres`) with a fresh cluster in a temporary directory, on a free port of loopback. fsync stays on, as
 * in production.
 * @returns its URL, and `stop`, which ends it and removes its files
 */
export async function startPostgres(): Promise<{ url: string; stop(): void }> {
  const bin = findPostgres();
  // The server refuses to run as root, so root runs it as the package's user `postgres`.
  const as = (command: string, ...args: string[]) => {
    const program = join(bin, command);
    return isRoot ? (['runuser', ['-u', 'postgres', '--', program, ...args]] as const) : ([program, args] as const);
  };
  const folder = mkdtempSync(join(tmpdir(), 'portal-postgres-'));
  if (isRoot) {
    const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
    chownSync(folder, id('-u'), id('-g'));
  }
  const data = join(folder, 'data');
  const control = (...args: string[]) => {
    const [command, all] = as('pg_ctl', '-D', data, ...args);
    execFileSync(command, all, { stdio: ['ignore', 'ignore', 2], cwd: folder });
  };
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const [command, args] = as('initdb', '-D', data, '-U', 'portal', '-A', 'trust', '-E', 'UTF8', '--no-locale', '-N');
    execFileSync(command, args, { stdio: ['ignore', 'ignore', 2], cwd: folder });
    const port = await freePort();
    const settings = [
      `-c listen_addresses=127.0.0.1`,
      `-c port=${port}`,
      `-c unix_socket_directories=${folder}`,
      `-c max_connections=300`,
      `-c shared_buffers=64MB`,
    ];
    control('-l', join(folder, 'log'), '-o', settings.join(' '), '-w', '-t', '60', 'start');
    const url = `postgres://portal@127.0.0.1:${port}/postgres`;
    return {
      url,
      stop() {
        control('-m', 'immediate', '-w', 'stop');
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

/** `node e2e/support/postgres.ts -- npm run test:unit`: runs the command with TEST_DATABASE_URL set. @returns its exit status */
async function main([command, ...args]: string[]) {
  if (command === undefined) {
    process.stderr.write('usage: node e2e/support/postgres.ts -- command [argument...]\n');
    return 2;
  }
  const postgres = await startPostgres();
  try {
    return await new Promise<number>((resolve, reject) => {
      const child = spawn(command, args, {
        stdio: 'inherit',
        env: { ...process.env, TEST_DATABASE_URL: postgres.url },
      });
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
      child.once('error', reject);
      child.once('exit', (status) => resolve(status ?? 1));
    });
  } finally {
    postgres.stop();
  }
}

if (import.meta.main) {
  const given = process.argv.slice(2);
  process.exitCode = await main(given[0] === '--' ? given.slice(1) : given);
}
