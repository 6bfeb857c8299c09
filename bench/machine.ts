import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { cpus, release } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Whether a program is on PATH. */
export function has(program: string): boolean {
  try {
    execFileSync('which', [program], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** @throws when one is missing, saying what to install */
export function need(programs: Record<string, string>): void {
  const missing = Object.entries(programs).filter(([program]) => !has(program));
  if (missing.length > 0)
    throw new Error(
      `This benchmark needs ${missing.map(([program]) => program).join(' and ')}. Install the Debian package${missing.length > 1 ? 's' : ''} ${missing.map(([, name]) => `“${name}”`).join(' and ')}.`,
    );
}

const cores = cpus().length;
/** What is measured has the last core to itself; what measures, and everything behind, has the others. */
const measured = cores > 1 && has('taskset') ? String(cores - 1) : undefined;
const others = cores > 2 ? `0-${cores - 2}` : '0';

/** Keeps this process, and what it starts from now on, off the measured core; `free` takes that back. */
export function keepOffTheMeasuredCore(): { free(): void } {
  const onto = (list: string) =>
    measured !== undefined && execFileSync('taskset', ['-acp', list, String(process.pid)], { stdio: 'ignore' });
  onto(others);
  return { free: () => void onto(`0-${cores - 1}`) };
}

export type Program = {
  pid: number;
  /** how long it took from its start until it answered */
  readyMs: number;
  /** resident memory with that of its children, in MB */
  memory(): Promise<number>;
  /** processor time so far, with that of its children, in ms */
  cpuMs(): Promise<number>;
  stop(): Promise<void>;
};

/**
 * Starts a program and waits until it answers.
 * @param where `measured` is the core that nobody else has
 * @param url what answers 2xx once it is ready
 * @throws with what it printed when it ends instead
 */
export async function startProgram(
  command: string,
  args: string[],
  env: Record<string, string>,
  where: 'measured' | 'beside',
  url: string,
): Promise<Program> {
  const pinned = where === 'measured' && measured !== undefined;
  const begun = performance.now();
  const child = spawn(
    pinned ? 'taskset' : command,
    pinned ? ['-c', measured, command, ...args] : args,
    // A server reports nothing of interest here but why it ended.
    {
      env: { PATH: process.env.PATH ?? '', TZ: 'UTC', NODE_ENV: 'production', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const gone = once(child, 'exit');
  const output = collect(child);
  const deadline = Date.now() + 60_000;
  while (!(await answers(url))) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`${command} ${args.join(' ')} ended instead of starting:\n${output()}`);
    if (Date.now() > deadline)
      throw new Error(`${command} ${args.join(' ')} did not answer at ${url} within 60 seconds`);
    await pause(5);
  }
  const readyMs = performance.now() - begun;
  const { pid } = child;
  if (pid === undefined) throw new Error(`${command} has no process id`);
  return {
    pid,
    readyMs,
    async memory() {
      const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(pid), '--ppid', String(pid)]);
      return (
        stdout
          .trim()
          .split(/\s+/)
          .map(Number)
          .reduce((sum, kB) => sum + kB, 0) / 1024
      );
    },
    async cpuMs() {
      const { stdout } = await run('ps', ['-o', 'pid=', '-p', String(pid), '--ppid', String(pid)]);
      let ticks = 0;
      for (const one of stdout.trim().split(/\s+/)) {
        // utime and stime; the name before them may hold spaces, and ends with the last parenthesis.
        const fields = (await readFile(`/proc/${one}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
        ticks += Number(fields[11]) + Number(fields[12]);
      }
      return ticks * 10;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await Promise.race([gone, pause(15_000).then(() => child.kill('SIGKILL'))]);
    },
  };
}

const answers = (url: string) =>
  fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    async (answer) => {
      await answer.arrayBuffer();
      return answer.ok;
    },
    () => false,
  );

function collect(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (part: string) => {
      text = (text + part).slice(-20_000);
    });
  return () => text;
}

/** The machine, for the head of a report. */
export const machine = () =>
  `${cores} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}, Linux ${release()}, Node ${process.version}`;

/** The version that a package of ours, or a program, tells of itself. */
export async function versionOf(program: string, flag: string): Promise<string> {
  const { stdout, stderr } = await run(program, [flag]).catch((error: unknown) => {
    // wrk prints its version and ends with 1.
    if (typeof error === 'object' && error !== null && 'stdout' in error && 'stderr' in error)
      return { stdout: String(error.stdout), stderr: String(error.stderr) };
    throw error;
  });
  return /\d+(?:\.\d+)+/.exec(stdout + stderr)?.[0] ?? 'unknown version';
}
