import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Whether packages can be installed: this process is root, on Debian. */
export const canInstall = () => process.getuid?.() === 0 && existsSync('/etc/debian_version');

/** Installs Debian packages. apt's output goes to standard error, since callers print results on standard output. @throws when it fails */
export function install(...packages: string[]) {
  const run = (...args: string[]) =>
    execFileSync('apt-get', ['-o', 'DPkg::Lock::Timeout=120', ...args], {
      stdio: ['ignore', 2, 2],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  run('update');
  run('install', '-y', '--no-install-recommends', ...packages);
}

/**
 * The result of `find`. If it finds nothing, the Debian packages are installed, if that is possible, and it is called again.
 * @throws with the message `missing` when it still finds nothing
 */
export function findOrInstall(find: () => string | undefined, packages: readonly string[], missing: string): string {
  const found = find();
  if (found !== undefined) return found;
  if (!canInstall()) throw new Error(missing);
  try {
    install(...packages);
  } catch (error) {
    throw new Error(missing, { cause: error });
  }
  const now = find();
  if (now === undefined) throw new Error(missing);
  return now;
}
