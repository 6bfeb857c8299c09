import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, matchesGlob, relative } from 'node:path';
import { expect, test } from '@playwright/test';
import * as z from 'zod/mini';
import { elsewhere } from './support/elsewhere.ts';

const root = join(import.meta.dirname, '..');

/** The instructions of the Dockerfile, continued lines joined, stage by stage. */
const stages = readFileSync(join(root, 'Dockerfile'), 'utf8')
  .replaceAll(/^\s*#.*\n/gm, '')
  .replaceAll('\\\n', ' ')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => {
    const [name = '', ...rest] = line.trim().split(/\s+/);
    return { name, value: rest.join(' ') };
  })
  .reduce<{ name: string; value: string }[][]>(
    (all, one) => {
      if (one.name === 'FROM') all.push([]);
      all.at(-1)?.push(one);
      return all;
    },
    [[]],
  );
const [before = [], build = [], final = []] = stages;
const last = (stage: typeof final, name: string) => stage.findLast((one) => one.name === name)?.value;

/** What `COPY . .` takes, by the rules of .dockerignore: the last that matches decides; a folder stands for all in it. */
const rules = readFileSync(join(root, '.dockerignore'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => ({ takes: line.startsWith('!'), glob: line.replace(/^!/, '') }));
const isTaken = (file: string) =>
  rules.findLast(({ glob }) => glob === '*' || matchesGlob(file, glob) || matchesGlob(file, `${glob}/**`))?.takes ??
  true;

test('the image has two stages, a base that can be pinned by its digest, and nothing in it runs as root', () => {
  expect(stages).toHaveLength(3);
  expect(before).toEqual([{ name: 'ARG', value: expect.stringMatching(/^NODE_IMAGE=node:24\S*$/) }]);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Docker's own variable
  const base = '${NODE_IMAGE}';
  expect(last(build, 'FROM')).toBe(`${base} AS build`);
  expect(last(final, 'FROM')).toBe(base);
  expect(last(final, 'USER')).toBe('1000:1000');
  expect(last(final, 'VOLUME')).toBe('/data');
  expect(last(final, 'ENV')).toBe('NODE_ENV=production DATA_DIR=/data MALLOC_ARENA_MAX=2');
  expect(last(final, 'STOPSIGNAL')).toBe('SIGTERM');
  const { scripts } = z
    .object({ scripts: z.object({ start: z.string() }) })
    .parse(JSON.parse(readFileSync('package.json', 'utf8')));
  expect(JSON.parse(last(final, 'CMD') ?? ''), 'as npm start does, and no shell between Docker and Node').toEqual(
    scripts.start.replace(/^MALLOC_ARENA_MAX=2 exec /, '').split(' '),
  );
  expect(final.some(({ name }) => name === 'ENTRYPOINT')).toBe(false);
  expect(final.filter(({ name }) => name === 'COPY' || name === 'ADD')).toEqual([
    { name: 'COPY', value: '--from=build /portal /portal' },
  ]);
  // What is installed is what the lock file says, before the sources come, so that the layer is kept.
  expect(build.map(({ name, value }) => `${name} ${value}`)).toContainEqual(expect.stringMatching(/^RUN npm ci /));
});

test('no secret, test, tool or local file gets into the context of the image', () => {
  for (const kept of ['package-lock.json', 'src/bff/main.ts', 'public/robots.txt', 'deploy/runtime.ts'])
    expect(isTaken(kept), kept).toBe(true);
  for (const left of [
    '.env',
    '.git/config',
    '.data/postgres/PG_VERSION',
    'deploy/portal.env',
    'deploy/tls/privkey.pem',
    'node_modules/pg/package.json',
    'dist/bff/main.js',
    'e2e/image.spec.ts',
    'src/bff/routes/auth.spec.ts',
    'src/sandbox/keys.ts',
  ])
    expect(isTaken(left), left).toBe(false);
});

test('what the Dockerfile builds starts to ready as a user who can write nothing, holds only production files, and is found healthy', async () => {
  test.setTimeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), 'portal-image-'));
  const context = join(folder, 'build');
  const target = join(folder, 'portal');
  const other = await elsewhere();
  try {
    cpSync(root, context, {
      recursive: true,
      filter: (file) => {
        const name = relative(root, file);
        return (
          name === '' || isTaken(name) || (!/^(node_modules|dist|\.git)$/.test(name) && statSync(file).isDirectory())
        );
      },
    });
    symlinkSync(join(root, 'node_modules'), join(context, 'node_modules'));
    const command = build.findLast(({ name }) => name === 'RUN')?.value.replace('/portal', target) ?? '';
    expect(command).toContain(target);
    execFileSync('sh', ['-c', command], { cwd: context, stdio: ['ignore', 'ignore', 'pipe'] });

    const files = readdirSync(target, { recursive: true, encoding: 'utf8' });
    expect(readdirSync(target).sort()).toEqual(['dist', 'node_modules', 'package.json']);
    expect(files.filter((name) => /\.spec\.|^src|typescript|playwright|vite|react-dom\b|\.env$/.test(name))).toEqual(
      [],
    );
    expect(files.filter((name) => name.endsWith('/package.json')).length, 'packages').toBeLessThan(60);

    // As in the image: files of another user, who alone could write to them.
    const isRoot = process.getuid?.() === 0;
    if (isRoot) chmodSync(folder, 0o755);
    for (const name of ['.', ...files]) chmodSync(join(target, name), statSync(join(target, name)).mode & 0o555);
    const data = mkdtempSync(join(tmpdir(), 'portal-image-data-'));
    if (isRoot) execFileSync('chown', ['1000:1000', data]);
    const port = new URL(other.origin).port;
    const [program = '', ...args]: string[] = JSON.parse(last(final, 'CMD') ?? '[]');
    expect(program).toBe('node');
    const user = isRoot ? { uid: 1000, gid: 1000 } : {};
    const env = { PATH: process.env.PATH ?? '', ...other.settings, NODE_ENV: 'production', DATA_DIR: data, PORT: port };
    const child = spawn(process.execPath, args, { cwd: target, env, stdio: ['ignore', 'pipe', 'pipe'], ...user });
    const gone = once(child, 'exit');
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (part: string) => {
        output += part;
      });
    const healthcheck = /CMD (\[.*\])$/.exec(last(final, 'HEALTHCHECK') ?? '')?.[1] ?? '[]';
    const [, ...check]: string[] = JSON.parse(healthcheck);
    const isHealthy = () => {
      const asked = spawn(process.execPath, check, { env: { PORT: port }, stdio: 'ignore', ...user });
      return once(asked, 'exit').then(([status]) => status === 0);
    };
    expect(await isHealthy(), 'before it listens').toBe(false);
    await expect
      .poll(async () => (child.exitCode !== null ? output : await isHealthy()), { timeout: 60_000, intervals: [200] })
      .toBe(true);
    expect((await fetch(`${other.origin}/readyz`)).status).toBe(200);
    expect((await fetch(other.origin)).headers.get('content-type')).toContain('text/html');
    child.kill(last(final, 'STOPSIGNAL') === 'SIGTERM' ? 'SIGTERM' : 'SIGKILL');
    expect(await gone).toEqual([0, null]);
    rmSync(data, { recursive: true });
  } finally {
    await other.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
