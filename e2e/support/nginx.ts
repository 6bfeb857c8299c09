import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findOrInstall } from './debian.ts';
import { onPath, runnable } from './programs.ts';

const root = join(import.meta.dirname, '..', '..');
/** Where it is kept from the PATH of those who do not administer. */
const places = ['/usr/sbin/nginx', '/usr/local/sbin/nginx'];

/** The path of nginx, from Debian's package (installed first when root on Debian and missing). @throws saying what to install */
export const findNginx = () =>
  findOrInstall(
    () => places.find(runnable) ?? onPath('nginx'),
    ['nginx-light', 'openssl'],
    'The test of the rolling restart needs nginx and openssl: install the packages of these names.',
  );

/** Each of these must be there to be replaced: the test would otherwise run another configuration than that of `deploy/`. */
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
 * @param ports where it listens, and where the two portals do
 * @returns the certificate to trust, what it logged, and `stop`, which ends it and removes every trace
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
