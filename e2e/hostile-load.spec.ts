import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Browser } from '@playwright/test';
import { people, signIn } from './support/pages.ts';
import { expect, test } from './support/world.ts';

const { mel, ines } = people;
test.use({ settings: { SESSION_MAX_HOURS: '10' } });

/** A signed-in person's cookie, for calls without a page. */
async function cookieOf(browser: Browser, origin: string, person: { name: string }): Promise<string> {
  const context = await browser.newContext({ baseURL: origin });
  await signIn(await context.newPage(), person);
  const cookies = await context.cookies(origin);
  await context.close();
  return cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
}

/** Bytes that a process holds (Linux: the second number of statm, in pages of 4 kB). */
const memoryOf = async (pid: number) => Number((await readFile(`/proc/${pid}/statm`, 'utf8')).split(' ')[1]) * 4096;

test('one person at twenty times the limits slows nobody else down and fills no memory', async ({ browser, world }) => {
  const reader = await cookieOf(browser, world.origin, ines);
  const attacker = await cookieOf(browser, world.origin, mel);
  const tickets = (accountID: string) => `${world.origin}/api/accounts/${accountID}/tickets`;
  /** The time within which 99 of 100 readings were answered (ms), over so many seconds. */
  const readFor = async (seconds: number) => {
    const times: number[] = [];
    const end = performance.now() + seconds * 1000;
    while (performance.now() < end) {
      const begin = performance.now();
      const answer = await fetch(tickets(ines.accountID), { headers: { cookie: reader } });
      await answer.arrayBuffer();
      expect(answer.status).toBe(200);
      times.push(performance.now() - begin);
      await pause(25);
    }
    times.sort((a, b) => a - b);
    return times[Math.floor(times.length * 0.99)] ?? 0;
  };
  await readFor(1);
  const calm = await readFor(6);
  const memory = await memoryOf(world.portal().pid);

  const told = new Map<string, number>();
  const note = (what: string, { status }: Response) =>
    told.set(`${what} ${status}`, (told.get(`${what} ${status}`) ?? 0) + 1);
  const deep = `{"title":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
  const change = { cookie: attacker, origin: world.origin, 'content-type': 'application/json' };
  let over = false;
  const flood = async () => {
    const open = new Set<Promise<unknown>>();
    const leave = new AbortController();
    const send = (what: string, url: string, init: RequestInit) => {
      const one = fetch(url, init)
        .then(async (answer) => {
          note(what, answer);
          // Streams that were let in stay open, unread.
          if (what !== 'events' || !answer.ok) await answer.arrayBuffer();
        })
        .finally(() => open.delete(one));
      open.add(one);
    };
    // 600 lists a minute are allowed: this is 200 a second. Beside it, 20 times 120 streams a minute, and bodies that are deep.
    for (let round = 0; !over; round += 1) {
      for (let call = 0; call < 10; call += 1) send('list', tickets(mel.accountID), { headers: { cookie: attacker } });
      if (round % 4 === 0)
        send('deep', tickets(mel.accountID), {
          method: 'POST',
          headers: { ...change, 'idempotency-key': crypto.randomUUID() },
          body: deep,
        });
      for (let call = 0; call < 2; call += 1)
        send('events', `${world.origin}/api/events`, {
          headers: { cookie: attacker },
          signal: leave.signal,
        });
      await pause(50);
    }
    await Promise.all(open);
    leave.abort();
  };
  const flooding = flood();
  const attacked = await readFor(9);
  over = true;
  await flooding;
  const grown = (await memoryOf(world.portal().pid)) - memory;

  expect(told.get('list 200') ?? 0).toBeLessThanOrEqual(620);
  expect(told.get('list 429') ?? 0).toBeGreaterThan(500);
  expect(told.get('deep 422') ?? 0).toBeGreaterThan(5);
  expect(told.get('events 200') ?? 0).toBeLessThanOrEqual(60);
  expect(told.get('events 429') ?? 0).toBeGreaterThan(50);
  expect(attacked, `p99 of somebody else: ${calm.toFixed(1)} ms when calm`).toBeLessThan(3 * Math.max(calm, 50));
  expect(grown / 1024 / 1024, 'MB more').toBeLessThan(150);
});

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
  expect(back).toMatch(/^HTTP\/1\.1 431/);

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
