import { createServer } from 'node:net';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../store/store.ts';
import { freshDatabase } from '../testing/database.ts';
import { addressKey, createLimits, type Limits } from './limits.ts';

const quiet = pino({ level: 'silent' });

describe('a limit', () => {
  it('lets a person do a thing so often, and then says when to come back', async () => {
    const limits = await createLimits({ createPerMinute: 3 }, quiet);
    expect(await limits.take('create', 'mel')).toEqual({
      ok: true,
      limit: 3,
      remaining: 2,
      resetSeconds: 60,
      headers: { 'ratelimit-policy': '"create";q=3;w=60', ratelimit: '"create";r=2;t=60' },
    });
    await limits.take('create', 'mel');
    expect(await limits.take('create', 'mel')).toMatchObject({ ok: true, remaining: 0 });
    expect(await limits.take('create', 'mel')).toEqual({
      ok: false,
      limit: 3,
      retryAfterSeconds: expect.toSatisfy((seconds: number) => seconds > 55 && seconds <= 60),
      headers: {
        'ratelimit-policy': '"create";q=3;w=60',
        ratelimit: expect.stringMatching(/^"create";r=0;t=\d+$/),
        'retry-after': expect.stringMatching(/^\d+$/),
      },
    });
    await limits.close();
  });

  it('counts each person and each thing apart', async () => {
    const limits = await createLimits({ createPerMinute: 1 }, quiet);
    await limits.take('create', 'mel');
    expect((await limits.take('create', 'mel')).ok).toBe(false);
    expect((await limits.take('create', 'pat')).ok).toBe(true);
    expect((await limits.take('list', 'mel')).ok).toBe(true);
    await limits.close();
  });

  it('counts attempts made at once', async () => {
    const limits = await createLimits({ createPerMinute: 10 }, quiet);
    const results = await Promise.all(Array.from({ length: 50 }, () => limits.take('create', 'mel')));
    expect(results.filter(({ ok }) => ok)).toHaveLength(10);
    await limits.close();
  });
});

describe('two instances', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let store: Awaited<ReturnType<typeof openStore>>;
  let instances: Limits[];
  beforeAll(async () => {
    database = await freshDatabase();
    store = await openStore(database.where, quiet);
    const options = { databaseURL: database.where.databaseURL, createPerMinute: 3 };
    instances = [await createLimits(options, quiet), await createLimits(options, quiet)];
  });
  afterAll(async () => {
    await Promise.all(instances.map((limits) => limits.close()));
    await store.close();
    await database.drop();
  });

  it('count together on one PostgreSQL, and each for itself without', async () => {
    const results = [];
    for (let round = 0; round < 4; round += 1) {
      for (const limits of instances) results.push(await limits.take('create', 'mel'));
    }
    const allowed = database.where.databaseURL === undefined ? 6 : 3;
    expect(results.filter(({ ok }) => ok)).toHaveLength(allowed);
  });
});

it('a database that does not answer stops nobody: this instance counts alone, and the log says so once', async () => {
  // Takes connections and says nothing.
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const lines: string[] = [];
  const limits = await createLimits(
    { databaseURL: `postgres://portal@127.0.0.1:${port}/portal`, createPerMinute: 2 },
    pino({ level: 'warn' }, { write: (line) => lines.push(line) }),
  );
  const start = performance.now();
  const results = await Promise.all(Array.from({ length: 3 }, () => limits.take('create', 'mel')));
  expect(performance.now() - start).toBeLessThan(4000);
  expect(results.filter(({ ok }) => ok)).toHaveLength(2);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('this instance counts alone');
  await limits.close();
  server.close();
});

it.each([
  ['203.0.113.9', '203.0.113.9'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:db8::9', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['', ''],
])('the address %j is counted as %j', (address, key) => {
  expect(addressKey(address)).toBe(key);
});
