import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const root = join(import.meta.dirname, '..', '..');
const program = join(root, 'dist', 'bff', 'main.js');

/** A started portal: the built program as `npm start` runs it, in a process of its own. */
export type Portal = {
  origin: string;
  pid: number;
  /** everything it has printed so far */
  output(): string;
  /** ends it as an operator does (SIGTERM) or as a crash does (SIGKILL), and waits until it is gone; fails after 15 seconds */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** sends it a signal and does not wait */
  signal(name: NodeJS.Signals): void;
  /** its exit status, or the signal that ended it; known once it is gone */
  ended: Promise<number | NodeJS.Signals | null>;
};

/** Whether to run `npm start`, or directly the program that it runs. */
type By = 'npm' | 'node';

/**
 * Runs the built portal with these settings and nothing else from the environment, and does not wait for anything. Used directly for a
 * portal that is expected to end by itself.
 * @param log the descriptor of a file to log into, instead of into `output`
 * @returns the process, and `output`: everything it has printed so far
 */
export function launch(
  settings: Record<string, string>,
  by: By = 'node',
  log: 'pipe' | number = 'pipe',
): { child: ChildProcess; output(): string } {
  if (!existsSync(program))
    throw new Error(`${program} is missing: the browser tests run what \`npm run build\` built.`);
  let text = '';
  const [command, args] = by === 'npm' ? ['npm', ['start']] : [process.execPath, [program]];
  const child = spawn(command, args, {
    cwd: root,
    env: { PATH: process.env.PATH ?? '', TZ: 'UTC', ...settings },
    stdio: ['ignore', log, 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
  return { child, output: () => text };
}

/**
 * Starts the built portal and waits until it is ready (at most 60 seconds: the embedded engine's first start is slow).
 * @param at the origin to reach it at, if that is not the public one: for one of several instances behind a proxy
 * @throws with its output, when it ends or is not ready in time
 */
export async function startPortal(
  settings: Record<string, string> & { PUBLIC_ORIGIN: string },
  at: string = settings.PUBLIC_ORIGIN,
  by: By = 'node',
  log: 'pipe' | number = 'pipe',
): Promise<Portal> {
  const { child, output } = launch(settings, by, log);
  const gone = once(child, 'exit');
  const stop = async (signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM') => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    const late = new AbortController();
    const overdue = pause(15_000, 'late', { signal: late.signal }).catch(() => 'in time');
    if ((await Promise.race([gone, overdue])) === 'late') {
      child.kill('SIGKILL');
      throw new Error(`The portal did not end within 15 seconds of ${signal}.\n${output()}`);
    }
    late.abort();
  };
  const origin = new URL(at).origin;
  const deadline = Date.now() + 60_000;
  while (!(await isReady(origin))) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`The portal ended with ${child.exitCode ?? child.signalCode} instead of starting.\n${output()}`);
    if (Date.now() > deadline) {
      await stop('SIGKILL');
      throw new Error(`The portal was not ready within 60 seconds.\n${output()}`);
    }
    await pause(50);
  }
  return {
    origin,
    pid: child.pid ?? 0,
    output,
    stop,
    signal: (name) => void child.kill(name),
    ended: gone.then(() => child.exitCode ?? child.signalCode),
  };
}

const isReady = (origin: string) =>
  fetch(`${origin}/readyz`, { signal: AbortSignal.timeout(2_000) }).then(
    (answer) => answer.ok,
    () => false,
  );
