import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { gzipSync } from 'node:zlib';
import { people } from './support/pages.ts';
import { cookieOf, memoryOf } from './support/strain.ts';
import { expect, test } from './support/world.ts';

const { mel } = people;
test.use({ settings: { SESSION_MAX_HOURS: '10' } });

/** What comes back for bytes that are sent as they stand and never finished, and after how long the connection is closed (ms). */
function unfinished(origin: string, bytes: string, drip?: { every: number; bytes: string }) {
  const { port } = new URL(origin);
  const begin = performance.now();
  let back = '';
  return new Promise<{ back: string; after: number }>((resolve) => {
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(bytes));
    const dripping = drip && setInterval(() => socket.write(drip.bytes), drip.every);
    socket.setEncoding('latin1').on('data', (part: string) => {
      back += part;
    });
    // A connection may be reset instead of closed.
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      clearInterval(dripping);
      resolve({ back, after: performance.now() - begin });
    });
  });
}

test('slow headers are cut after ten seconds and slow bodies after twenty, however steadily they drip', async ({
  browser,
  world,
}) => {
  const cookie = await cookieOf(browser, world.origin, mel);
  const { host } = new URL(world.origin);
  const head = `POST /api/accounts/${mel.accountID}/tickets HTTP/1.1\r\nhost: ${host}\r\n`;
  const slowHeaders = Array.from({ length: 100 }, () =>
    unfinished(world.origin, head, { every: 500, bytes: 'x-drip: 1\r\n' }),
  );
  const slowBodies = Array.from({ length: 20 }, () =>
    unfinished(
      world.origin,
      `${head}cookie: ${cookie}\r\norigin: ${world.origin}\r\ncontent-type: application/json\r\nidempotency-key: ${crypto.randomUUID()}\r\ncontent-length: 60000\r\n\r\n{"title":"`,
      { every: 500, bytes: 'x' },
    ),
  );
  // Meanwhile everybody else is served.
  const answer = await fetch(`${world.origin}/api/session`, { headers: { cookie } });
  expect(answer.status).toBe(200);
  for (const { back, after } of await Promise.all(slowHeaders)) {
    expect(back).toMatch(/^HTTP\/1\.1 408/);
    expect(after).toBeLessThan(13_000);
  }
  for (const { after } of await Promise.all(slowBodies)) expect(after).toBeLessThan(24_000);
});

test('giant headers, deep JSON and compressed bodies are refused at little cost', async ({ browser, world }) => {
  const cookie = await cookieOf(browser, world.origin, mel);
  const { host } = new URL(world.origin);
  const { back } = await unfinished(
    world.origin,
    `GET /api/session HTTP/1.1\r\nhost: ${host}\r\nx-giant: ${'x'.repeat(1_000_000)}`,
  );
  expect(back).toMatch(/^HTTP\/1\.1 431 .*x-request-id: /s);

  const memory = await memoryOf(world.portal().pid);
  const bomb = gzipSync('0'.repeat(100_000_000));
  const send = (body: Uint8Array<ArrayBuffer> | string, headers: Record<string, string> = {}) =>
    fetch(`${world.origin}/api/accounts/${mel.accountID}/tickets`, {
      method: 'POST',
      headers: {
        cookie,
        origin: world.origin,
        'content-type': 'application/json',
        'idempotency-key': crypto.randomUUID(),
        ...headers,
      },
      body,
    });
  const begin = performance.now();
  for (const encoding of ['gzip', 'br', 'deflate', 'zstd', 'gzip, identity'])
    expect((await send(new Uint8Array(bomb), { 'content-encoding': encoding })).status).toBe(415);
  for (const deep of ['['.repeat(900_000), `${'[1,'.repeat(200_000)}1${']'.repeat(200_000)}`, '{"a":'.repeat(180_000)])
    expect([400, 422]).toContain((await send(deep)).status);
  expect((await send('x'.repeat(1_100_000))).status).toBe(413);
  expect(performance.now() - begin).toBeLessThan(5_000);
  expect(((await memoryOf(world.portal().pid)) - memory) / 1024 / 1024, 'MB more').toBeLessThan(90);
});
