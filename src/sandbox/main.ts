import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { people } from './people.ts';
import { type Sandbox, startSandbox } from './start.ts';

/*
 * `npm run sandbox`: starts the built portal and both stand-ins. With `--dev`: the same from the sources, with hot reload.
 *
 * PORT (3000)            the portal; the Moov stand-in is on the next port, the identity provider on the one after it,
 *                        and with --dev the BFF behind Vite on the one after that
 * DATA_DIR, DATABASE_URL, LOG_LEVEL (warn), SETTLE_MS (5000), UPSTREAM_TIMEOUT_MS (5000), ANSWER_WITHIN_MS (4000),
 * CREATE_LIMIT_PER_MINUTE, SESSION_IDLE_MINUTES, SESSION_MAX_HOURS, ADMIN_PORT
 *                        are passed on to the portal; the defaults are those of the sandbox
 * SANDBOX_ACCOUNTS (0)   how many generated connected accounts to add, for trying the picker with thousands
 * SANDBOX_TICKETS (0)    how many generated closed tickets the first merchant has, for trying long lists
 * SANDBOX_EXPIRES_IN     `seconds` (default) or `timestamp`: what the tokens' expires_in means
 * SANDBOX_RATE_LIMIT (40) requests a second that the Moov stand-in takes for each account
 */

const root = join(import.meta.dirname, '..', '..');
const { env } = process;
const isDev = process.argv.includes('--dev');
/** How long the portal may take to start: the first start of the embedded database is slow. */
const readyWithinMs = 120_000;
const stopWithinMs = 15_000;

/** An error for the person at the terminal: only its message is shown, without a stack. */
class Complaint extends Error {}

const say = (text: string) => process.stdout.write(`${text}\n`);

function readWhole(name: string, fallback: number, most = 100_000): number {
  const text = env[name]?.trim() || String(fallback);
  if (!/^\d{1,6}$/.test(text) || Number(text) > most)
    throw new Complaint(`${name} must be a whole number up to ${most}.`);
  return Number(text);
}

/** A browser may take either of these for localhost, so a port must be free on both. */
const loopback = ['127.0.0.1', '::1'];

/** @throws {Complaint} when something listens there already */
async function requireFree(port: number) {
  for (const host of loopback) {
    const probe = createServer();
    const outcome = await new Promise<'free' | 'taken' | 'no such address'>((resolve) => {
      probe.once('error', (error) =>
        resolve('code' in error && error.code === 'EADDRINUSE' ? 'taken' : 'no such address'),
      );
      probe.listen(port, host, () => probe.close(() => resolve('free')));
    });
    if (outcome === 'taken')
      throw new Complaint(
        `Port ${port} is taken. End what listens there, or choose other ports, for example PORT=4000 npm run ${isDev ? 'dev' : 'sandbox'}`,
      );
  }
}

/**
 * The portal's environment (README, “Settings”). What the person has set replaces the defaults, but not what leads the portal to the
 * stand-ins.
 */
const portalSettings = (sandbox: Sandbox, port: number, origin: string) => ({
  LOG_LEVEL: 'warn',
  SETTLE_MS: '5000',
  UPSTREAM_TIMEOUT_MS: '5000',
  DATA_DIR: './.data',
  ...env,
  ...sandbox.settings,
  PORT: String(port),
  HOST: '127.0.0.1',
  PUBLIC_ORIGIN: origin,
});

/** Starts Vite's server with hot reload on `port`. It passes the BFF's paths on to the port `behind`. */
async function startVite(port: number, behind: number) {
  const { createServer: createVite } = await import('vite');
  const target = `http://127.0.0.1:${behind}`;
  const paths = ['/api', '/auth', '/webhooks', '/healthz', '/readyz'];
  const vite = await createVite({
    root,
    configFile: join(root, 'vite.config.ts'),
    server: {
      port,
      strictPort: true,
      host: '127.0.0.1',
      proxy: Object.fromEntries(paths.map((path) => [path, { target, changeOrigin: false }])),
    },
  });
  await vite.listen();
  return vite;
}

async function waitUntilReady(origin: string, gone: AbortSignal) {
  const deadline = Date.now() + readyWithinMs;
  while (!gone.aborted && Date.now() < deadline) {
    const ready = await fetch(`${origin}/readyz`, { signal: AbortSignal.timeout(2_000) }).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ready) return true;
    await pause(100);
  }
  return false;
}

const whereToClick = (origin: string, sandbox: Sandbox) => `
  The portal          ${origin}
  Support agent       http://localhost:${new URL(sandbox.moovURL).port}/agent      answer tickets, change their status
  Help, and failures  http://localhost:${new URL(sandbox.moovURL).port}/           people, accounts, titles that make the API fail
  Identity provider   ${sandbox.issuerURL}

  Sign in as
${people.map(({ name, about }) => `    ${name.padEnd(16)}${about}`).join('\n')}

  Ctrl+C ends everything.
`;

async function main() {
  const port = readWhole('PORT', 3000, 65_532);
  const ports = { portal: port, moov: port + 1, issuer: port + 2, behind: port + 3 };
  const expiresIn = env.SANDBOX_EXPIRES_IN;
  if (expiresIn !== undefined && expiresIn !== 'seconds' && expiresIn !== 'timestamp')
    throw new Complaint('SANDBOX_EXPIRES_IN must be seconds or timestamp.');
  for (const one of [ports.portal, ports.moov, ports.issuer, ...(isDev ? [ports.behind] : [])]) await requireFree(one);

  const origin = `http://localhost:${port}`;
  const sandbox = await startSandbox({
    portalOrigin: origin,
    ports,
    requestsPerSecond: readWhole('SANDBOX_RATE_LIMIT', 40),
    extraAccounts: readWhole('SANDBOX_ACCOUNTS', 0),
    extraTickets: readWhole('SANDBOX_TICKETS', 0),
    expiresInAs: expiresIn,
  });

  const program = isDev ? ['--watch', 'src/bff/main.ts'] : ['dist/bff/main.js'];
  const behind = isDev ? ports.behind : port;
  const portal = spawn(process.execPath, program, {
    cwd: root,
    env: portalSettings(sandbox, behind, origin),
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const gone = new AbortController();
  const exit = once(portal, 'exit').then(([code]) => {
    gone.abort();
    return typeof code === 'number' ? code : undefined;
  });
  let asked = false;
  const stop = () => {
    if (asked) return;
    asked = true;
    portal.kill('SIGTERM');
    setTimeout(() => portal.kill('SIGKILL'), stopWithinMs).unref();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);

  let isReady = false;
  let vite: Awaited<ReturnType<typeof startVite>> | undefined;
  try {
    if (isDev) vite = await startVite(port, behind);
    isReady = await waitUntilReady(`http://127.0.0.1:${behind}`, gone.signal);
    if (isReady) say(whereToClick(origin, sandbox));
    else if (!gone.signal.aborted) {
      say(`The portal was not ready within ${readyWithinMs / 1000} seconds.`);
      stop();
    }
    const code = await exit;
    // If we ended the portal, its status does not matter: a process that a signal ended, or Node's watcher, has none of its own. If it
    // ended by itself, we end with its status.
    const isOurs = asked && isReady && (isDev || code === undefined);
    process.exitCode = isOurs ? 0 : (code ?? 1);
  } finally {
    stop();
    await exit;
    await vite?.close();
    await sandbox.stop();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof Complaint ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
  );
  process.exit(1);
});
