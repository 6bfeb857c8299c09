import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { Hono } from 'hono';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { busyMs } from '../testing/busy.ts';
import { createStatic } from './static.ts';
import { precompress } from './static-precompress.ts';

const script = `const words = ${JSON.stringify('tickets '.repeat(200))};`;
const index = `<!doctype html><title>Support</title><style>p{color:red}</style><script type=module src=/assets/main-Ab12Cd34.js></script>${'<p>'.repeat(100)}`;
let root: string;
let portal: Hono;
let hashes: { scriptHashes: string[]; styleHashes: string[] };

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'portal-web-'));
  await mkdir(path.join(root, 'assets'));
  await writeFile(path.join(root, 'index.html'), index);
  await writeFile(path.join(root, 'new-ticket.html'), `${index}<script>one()</script>`);
  await writeFile(path.join(root, 'assets/main-Ab12Cd34.js'), script);
  await writeFile(path.join(root, 'icon.png'), Buffer.from([0x89, 0x50, 0x4e, 0x47]));
  await writeFile(path.join(root, 'robots.txt'), 'a');
  await writeFile(path.join(root, 'unknown.xyz'), '<script>'.repeat(100));
  await writeFile(path.join(root, 'assets.txt'), 'a');
  await precompress(root);
  await writeFile(path.join(root, 'odd.txt'), 'a'.repeat(100));
  await writeFile(path.join(root, 'odd.txt.br'), 'b'.repeat(50));
  await writeFile(path.join(root, 'odd.txt.gz'), 'c'.repeat(40));
  const web = await createStatic({
    root,
    pages: [{ pattern: /^\/accounts\/[^/]+\/tickets\/new$/, file: 'new-ticket.html' }],
  });
  hashes = web;
  portal = new Hono().use(web.handler).get('/api/session', (c) => c.json({ from: 'the api' }));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const get = (pathname: string, headers: Record<string, string> = {}, method = 'GET') =>
  portal.request(pathname, { headers: { accept: 'text/html', ...headers }, method });
const asset = '/assets/main-Ab12Cd34.js';

it.each([
  ['br', 'gzip, deflate, br', brotliDecompressSync],
  ['zstd', 'zstd, gzip;q=0.5', zstdDecompressSync],
  ['gzip', 'gzip, br;q=0', gunzipSync],
  ['gzip', 'GZIP', gunzipSync],
  ['br', '*', brotliDecompressSync],
])('a browser that takes %s gets the file so, made at build time', async (coding, accepted, decode) => {
  const response = await get(asset, { 'accept-encoding': accepted });
  expect(response.headers.get('content-encoding')).toBe(coding);
  expect(response.headers.get('vary')).toBe('accept-encoding');
  expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  const body = Buffer.from(await response.arrayBuffer());
  expect(response.headers.get('content-length')).toBe(String(body.length));
  expect(body.length).toBeLessThan(script.length / 5);
  expect(decode(body).toString()).toBe(script);
});

it.each(['', 'identity', 'br;q=0, *;q=0', 'x-other'])(
  'one that takes nothing known gets it plain: %j',
  async (accepted) => {
    const response = await get(asset, { 'accept-encoding': accepted });
    expect(response.headers.has('content-encoding')).toBe(false);
    expect(response.headers.get('vary')).toBe('accept-encoding');
    expect(await response.text()).toBe(script);
  },
);

it('of what a browser takes it gets the smallest', async () => {
  const answer = await get('/odd.txt', { 'accept-encoding': 'gzip, br' });
  expect([answer.headers.get('content-encoding'), answer.headers.get('content-length')]).toEqual(['gzip', '40']);
});

it('an address of dots costs no more than any other', async () => {
  const before = process.threadCpuUsage();
  const answer = await get(`/${'.'.repeat(100_000)}/`, { accept: '*/*' });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  expect((await get('/accounts/x.y', { accept: '*/*' })).status).toBe(404);
  expect((await get('/x.y/accounts', { accept: '*/*' })).status).toBe(200);
  expect(busyMs(before)).toBeLessThan(1_000);
});

it('hashed files are kept for a year, the page is asked for anew each time, other files are kept for an hour', async () => {
  expect((await get(asset)).headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  expect((await get('/')).headers.get('cache-control')).toBe('no-cache');
  for (const other of ['/icon.png', '/assets.txt'])
    expect((await get(other)).headers.get('cache-control')).toBe('public, max-age=3600');
});

it('a program that a browser does not ask for again is there under another address, and nothing else is', async () => {
  const [there, again] = [await get(asset), await get(asset.replace('/assets/', '/assets/again-12/'))];
  expect([again.status, again.headers.get('etag')]).toEqual([200, there.headers.get('etag')]);
  expect(await again.text()).toBe(await there.text());
  for (const none of ['/assets/again-12/', '/assets/again-/x.js', '/again-1/icon.png', `/assets/again-1/again-1/x.js`])
    expect((await get(none, { accept: '*/*' })).headers.get('cache-control'), none).not.toContain('immutable');
});

it('a file of a kind that nobody knows is not taken for a page', async () => {
  const answer = await get('/unknown.xyz');
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/octet-stream']);
});

it('a page that has not changed is not sent again', async () => {
  const first = await get('/', { 'accept-encoding': 'br' });
  const etag = first.headers.get('etag') ?? '';
  expect(etag).toMatch(/^"[\w-]{22}-br"$/);
  for (const condition of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const again = await get('/', { 'accept-encoding': 'br', 'if-none-match': condition });
    expect(again.status, condition).toBe(304);
    expect(await again.text()).toBe('');
    expect(again.headers.get('etag')).toBe(etag);
    expect(again.headers.get('vary')).toBe('accept-encoding');
    expect(again.headers.has('content-encoding')).toBe(false);
  }
  expect((await get('/', { 'if-none-match': etag })).status).toBe(200);
  expect((await get('/', { 'if-none-match': '"other"' })).status).toBe(200);
});

it('HEAD tells the same without the content', async () => {
  const response = await get(asset, { 'accept-encoding': 'gzip' }, 'HEAD');
  expect(response.status).toBe(200);
  expect(Number(response.headers.get('content-length'))).toBeGreaterThan(0);
  expect(await response.text()).toBe('');
});

it.each(['/', '/accounts', '/accounts/1/tickets/2', '/signed-out', '/no/such/page', '/accounts/1/tickets/new/'])(
  'every page is the same small HTML: %s',
  async (pathname) => {
    const response = await get(pathname);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await response.text()).toBe(index);
  },
);

it('a page with an HTML file of its own gets that', async () => {
  expect(await (await get('/accounts/1/tickets/new?title=x')).text()).toContain('one()');
});

it('tools that take anything get pages too, but not under the name of a file', async () => {
  expect((await portal.request('/accounts')).status).toBe(200);
  expect((await portal.request('/accounts', { headers: { accept: '*/*' } })).status).toBe(200);
  expect((await portal.request('/missing.png', { headers: { accept: 'image/avif,*/*;q=0.8' } })).status).toBe(404);
  expect((await portal.request('/accounts', { headers: { accept: 'application/json' } })).status).toBe(404);
});

it('an asset that is not there is plainly not found, and nobody keeps that', async () => {
  const response = await get('/assets/gone-00000000.js');
  expect(response.status).toBe(404);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
  expect(response.headers.get('cache-control')).toBe('no-store');
});

it.each([
  '/assets/..%2f..%2fpackage.json',
  '/..%2f..%2f..%2fetc/passwd',
  '/assets/%2e%2e/%2e%2e/package.json',
  '/assets/..\\..\\package.json',
  '/assets/main-Ab12Cd34.js%00.html',
  '/assets/main-Ab12Cd34.js.br',
  '/assets/__proto__',
  '/assets/constructor',
])('nothing but the built files can be had: %s', async (pathname) => {
  const response = await get(pathname);
  expect([404, 200]).toContain(response.status);
  expect(response.status === 404 || (await response.text()) === index).toBe(true);
});

it('calls and changes pass on to the BFF', async () => {
  expect(await (await get('/api/session')).json()).toEqual({ from: 'the api' });
  for (const pathname of ['/api/nothing', '/auth/nothing', '/webhooks/moov', '/healthz']) {
    expect(await (await get(pathname)).text(), pathname).toBe('404 Not Found');
  }
  expect((await get('/accounts', {}, 'POST')).status).toBe(404);
});

it('tells the hashes of the blocks in the HTML, so that the policy can allow exactly those', () => {
  expect(hashes.styleHashes).toEqual(['sha256-p0bF+un5yUb9MBO6xRb8kPHlY2BdpHVtLiFkDrZPF64=']);
  expect(hashes.scriptHashes).toHaveLength(1);
});

it('leaves files alone that compression would make larger, or that are no text', async () => {
  for (const name of ['robots.txt', 'icon.png', 'unknown.xyz'])
    await expect(readFile(path.join(root, `${name}.br`)), name).rejects.toThrow('ENOENT');
});

it('says what to do when the web was not built', async () => {
  await expect(createStatic({ root: path.join(root, 'assets') })).rejects.toThrow('build the web first');
  const pages = [{ pattern: /^\/x$/, file: 'x.html' }];
  await expect(createStatic({ root, pages })).rejects.toThrow('x.html is missing: build the web first');
});
