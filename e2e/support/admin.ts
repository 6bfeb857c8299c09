import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/**
 * Runs the built `npm run admin -- <args>` to its end, with these settings and nothing else from the environment.
 * @returns its exit status, and what it printed on standard output and standard error
 */
export async function admin(
  settings: Record<string, string>,
  ...args: string[]
): Promise<{ status: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [join(root, 'dist/bff/admin.js'), ...args], {
    cwd: root,
    env: { PATH: process.env.PATH ?? '', TZ: 'UTC', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    said.out += part;
  });
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    said.err += part;
  });
  await once(child, 'close');
  return { status: child.exitCode, ...said };
}
