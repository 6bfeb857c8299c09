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
