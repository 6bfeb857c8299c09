import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { cpus, release } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Whether a program is on PATH. */
function has(program: string): boolean {
  try {
    execFileSync('which', [program], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * Checks that programs are on PATH.
 * @param programs the Debian package of each program, by the program's name
 * @throws when one is missing, with the packages to install
 */
export function need(programs: Record<string, string>): void {
  const missing = Object.entries(programs).filter(([program]) => !has(program));
  if (missing.length > 0)
    throw new Error(
      `This benchmark needs ${missing.map(([program]) => program).join(' and ')}. Install the Debian package${missing.length > 1 ? 's' : ''} ${missing.map(([, name]) => `“${name}”`).join(' and ')}.`,
    );
}

const cores = cpus().length;
/** The measured program has the last core for itself; the load generator, the upstream and the database share the others. */
const measured = cores > 1 && has('taskset') ? String(cores - 1) : undefined;
const others = cores > 2 ? `0-${cores - 2}` : '0';

/** Keeps this process, and every process that it starts from now on, off the measured core, until `free` is called. */
export function keepOffTheMeasuredCore(): { free(): void } {
  const onto = (list: string) =>
    measured !== undefined && execFileSync('taskset', ['-acp', list, String(process.pid)], { stdio: 'ignore' });
  onto(others);
  return { free: () => void onto(`0-${cores - 1}`) };
}

export type Program = {
  pid: number;
  /** ms from its start to its first good answer */
  readyMs: number;
  /** resident memory of the program and its direct children, in MB */
  memory(): Promise<number>;
  /** processor time that the program and its direct children have used so far, in ms */
  cpuMs(): Promise<number>;
  stop(): Promise<void>;
};

/**
 * Starts a program and waits until it answers.
 * @param where `measured` pins it to the core that no other program uses
 * @param url an address that the program answers with 2xx once it is ready
 * @throws when the program ends instead of starting (with its output), or does not answer within 60 seconds
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
    // The output is read only to report why a program ended.
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
        // Fields 14 and 15 of proc(5), utime and stime, in ticks of 10 ms. The program's name, before them, may hold spaces: it ends
        // with the last parenthesis.
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

/** Describes the machine in one line, for the head of a report. */
export const machine = () =>
  `${cores} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}, Linux ${release()}, Node ${process.version}`;

/** Runs a program with `flag` and gives the version number in its output, or `unknown version`. @throws when it cannot be run */
export async function versionOf(program: string, flag: string): Promise<string> {
  const { stdout, stderr } = await run(program, [flag]).catch((error: unknown) => {
    // wrk prints its version and ends with exit code 1.
    if (typeof error === 'object' && error !== null && 'stdout' in error && 'stderr' in error)
      return { stdout: String(error.stdout), stderr: String(error.stderr) };
    throw error;
  });
  return /\d+(?:\.\d+)+/.exec(stdout + stderr)?.[0] ?? 'unknown version';
}
