import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Packages can be installed here: as root on Debian. */
export const canInstall = () => process.getuid?.() === 0 && existsSync('/etc/debian_version');

/** Installs Debian's packages. Their output goes to standard error, so that standard output stays for answers. @throws when it cannot */
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
 * What `find` finds, after installing Debian's packages where it is missing and that can be done.
 * @throws saying `missing` when it cannot be had
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
