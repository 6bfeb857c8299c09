import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findOrInstall } from './debian.ts';
import { onPath, runnable } from './programs.ts';

const root = join(import.meta.dirname, '..', '..');
/** Where nginx is installed; these folders are often not on the PATH of ordinary users. */
const places = ['/usr/sbin/nginx', '/usr/local/sbin/nginx'];

/** The path of nginx. If it is missing and this is root on Debian, it is installed. @throws with what to install */
export const findNginx = () =>
  findOrInstall(
    () => places.find(runnable) ?? onPath('nginx'),
    ['nginx-light', 'openssl'],
    'The test of the rolling restart needs nginx and openssl: install the packages of these names.',
  );

/** Replaces texts in the configuration. @throws when one is not there: then `deploy/nginx.conf` has changed, and the test must follow */
function substitute(text: string, changes: [string | RegExp, string][]): string {
  let changed = text;
  for (const [from, to] of changes) {
    const before = changed;
    changed = changed.replaceAll(from, to);
    if (changed === before) throw new Error(`deploy/nginx.conf has no ${from} any more`);
  }
  return changed;
}

/**
 * Starts nginx with the configuration of `deploy/`, its paths, ports and certificate replaced: TLS with a certificate made
 * now, for localhost.
 * @param ports the ports of nginx, and those of the two portals behind it
 * @returns `ca`, the certificate to trust; `log`, what it has logged; and `stop`, which ends it and removes its files
 */
export async function startNginx(ports: { http: number; https: number; portals: [number, number] }) {
  const nginx = findNginx();
  const folder = mkdtempSync(join(tmpdir(), 'portal-nginx-'));
  const at = (name: string) => join(folder, name);
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'],
      ...['-keyout', at('privkey.pem'), '-out', at('fullchain.pem')],
    ],
    { stdio: ['ignore', 'ignore', 'ignore'] },
  );
  const configuration = substitute(readFileSync(join(root, 'deploy/nginx.conf'), 'utf8'), [
    ['/dev/stderr', at('error.log')],
    ['/dev/stdout', at('access.log')],
    ['/tmp/nginx', at('nginx')],
    ['/etc/nginx/tls/', `${folder}/`],
    ['listen 80;', `listen 127.0.0.1:${ports.http};`],
    ['listen 443 ', `listen 127.0.0.1:${ports.https} `],
    ['support.example.com', 'localhost'],
    ['portal-1:3000', `127.0.0.1:${ports.portals[0]}`],
    ['portal-2:3000', `127.0.0.1:${ports.portals[1]}`],
  ]);
  writeFileSync(at('nginx.conf'), configuration);
  const child = spawn(nginx, ['-c', at('nginx.conf'), '-e', at('error.log'), '-g', 'daemon off;'], { stdio: 'ignore' });
  const gone = once(child, 'exit');
  const read = (name: string) => (existsSync(at(name)) ? readFileSync(at(name), 'utf8') : '');
  while (!existsSync(at('nginx.pid'))) {
    if (child.exitCode !== null) throw new Error(`nginx ended with ${child.exitCode}.\n${read('error.log')}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    ca: read('fullchain.pem'),
    log: () => read('error.log') + read('access.log'),
    async stop() {
      child.kill('SIGTERM');
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
