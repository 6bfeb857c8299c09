import { sql } from 'drizzle-orm';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { openStore } from '../store/store.ts';
import { type Tally, tallyIn } from '../store/tally.ts';
import { freshDatabase } from '../testing/database.ts';
import { createGathered } from './gathered.ts';
import { addressKey, createLimits, type LimitName, type Limits, limitHeaders } from './limits.ts';

const quiet = pino({ level: 'silent' });

describe('a limit', () => {
  it('lets a person do a thing so often, and then says when to come back', async () => {
    const limits = createLimits({ createPerMinute: 3 }, quiet);
    const first = await limits.take('create', 'mel');
    expect(first).toMatchObject({ ok: true, limit: 3, remaining: 2, resetSeconds: 60 });
    expect(limitHeaders([first])).toEqual({ 'ratelimit-policy': '"create";q=3;w=60', ratelimit: '"create";r=2;t=60' });
    await limits.take('create', 'mel');
    expect(await limits.take('create', 'mel')).toMatchObject({ ok: true, remaining: 0 });
    const refused = await limits.take('create', 'mel');
    expect(refused).toMatchObject({
      ok: false,
      limit: 3,
      retryAfterSeconds: expect.toSatisfy((seconds: number) => seconds > 55 && seconds <= 60),
    });
    expect(limitHeaders([refused])).toEqual({
      'ratelimit-policy': '"create";q=3;w=60',
      ratelimit: expect.stringMatching(/^"create";r=0;t=\d+$/),
    });
    await limits.close();
  });

  it('counts each person and each thing apart', async () => {
    const limits = createLimits({ createPerMinute: 1 }, quiet);
    await limits.take('create', 'mel');
    expect((await limits.take('create', 'mel')).ok).toBe(false);
    expect((await limits.take('create', 'pat')).ok).toBe(true);
    expect((await limits.take('list', 'mel')).ok).toBe(true);
    await limits.close();
  });

  // The numbers are those in docs/operate.md.
  it.each([
    [30, { create: 30, createForAccount: 300, change: 600, list: 600, events: 120 }],
    [1_000, { create: 1_000, createForAccount: 10_000, change: 4_000, list: 20_000, events: 4_000 }],
  ])('grows with the %i tickets that a person may file in a minute', async (createPerMinute, ofPeople) => {
    const limits = createLimits({ createPerMinute }, quiet);
    onTestFinished(() => limits.close());
    const limitOf = async (name: LimitName) => (await limits.take(name, 'mel')).limit;
    for (const [name, limit] of [
      ['create', ofPeople.create],
      ['createForAccount', ofPeople.createForAccount],
      ['change', ofPeople.change],
      ['list', ofPeople.list],
      ['events', ofPeople.events],
      ['signIn', 600],
      ['webhooks', 3_000],
      ['strangers', 3_000],
      ['reports', 60],
    ] as const)
      expect([name, await limitOf(name)]).toEqual([name, limit]);
  });

  it('counts attempts made at once', async () => {
    const limits = createLimits({ createPerMinute: 10 }, quiet);
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
    instances = [0, 1].map(() => createLimits({ tally: tallyIn(store.db), createPerMinute: 3 }, quiet));
  });
  afterAll(async () => {
    await Promise.all(instances.map((limits) => limits.close()));
    await store.close();
    await database.drop();
  });
  const takeOnEach = (name: LimitName, key: string) => Promise.all(instances.map((limits) => limits.take(name, key)));

  it('count what would do harm together at once', async () => {
    const results = [];
    for (let round = 0; round < 4; round += 1) results.push(...(await takeOnEach('create', 'mel')));
    expect(results.filter(({ ok }) => ok)).toHaveLength(3);
  });

  it('hear of each other within a second or so, and refuse then what only both together have seen too much of', async () => {
    for (let attempt = 0; attempt < 70; attempt += 1) await takeOnEach('events', 'mel');
    const [first, second] = await vi.waitUntil(
      async () => {
        const results = await takeOnEach('events', 'mel');
        return results.every(({ ok }) => !ok) && results;
      },
      // A long interval, so that neither instance counts too many attempts by itself: only both together are over the limit.
      { timeout: 10_000, interval: 250 },
    );
    const waits = [first, second].map((refused) => {
      expect(limitHeaders(refused && [refused]).ratelimit).toMatch(/^"events";r=0;t=\d+$/);
      return refused?.ok === false ? refused.retryAfterSeconds : Number.NaN;
    });
    // The window begins and ends by the database's clock, so both instances see the same end.
    expect(Math.abs((waits[0] ?? Number.NaN) - (waits[1] ?? Number.NaN))).toBeLessThanOrEqual(1);
    expect((await takeOnEach('events', 'pat')).every(({ ok }) => ok)).toBe(true);
  });

  it('let a window end when it was to end, however often they count in it', async () => {
    const tally = tallyIn(store.db);
    const count = async () => (await tally.add([{ key: 'list:steady', points: 1, seconds: 60 }])).get('list:steady');
    const expireIn = (seconds: number) =>
      store.db.execute(
        sql`update limits set expire = (extract(epoch from now()) * 1000)::bigint + ${seconds * 1000}::int where key = 'list:steady'`,
      );
    await count();
    await expireIn(30);
    const again = await count();
    expect(again?.points).toBe(2);
    expect(again?.endsInMs).toBeLessThanOrEqual(30_000);
    await expireIn(-1);
    const anew = await count();
    expect(anew?.points).toBe(1);
    expect(anew?.endsInMs).toBeGreaterThan(50_000);
  });

  it('write for all keys together, and nothing for who has been refused', async () => {
    const added: number[] = [];
    const tally = tallyIn(store.db);
    const counting: Pick<Tally, 'add'> = {
      add(attempts) {
        added.push(attempts.reduce((sum, { points }) => sum + points, 0));
        return tally.add(attempts);
      },
    };
    const limits = createLimits({ tally: counting, createPerMinute: 3 }, quiet);
    for (let person = 0; person < 300; person += 1) await limits.take('list', `person ${person}`);
    await vi.waitUntil(() => added.length > 0, { timeout: 20_000 });
    expect(added).toEqual([300]);
    const results = [];
    for (let attempt = 0; attempt < 5_000; attempt += 1) results.push(await limits.take('reports', 'flood'));
    await limits.close();
    expect(results.filter(({ ok }) => ok)).toHaveLength(60);
    expect(added.reduce((sum, points) => sum + points, 0)).toBeLessThanOrEqual(360);
    expect(added.length).toBeLessThan(25);
  });

  it('count alone while the database fails, and tell what they counted when it is back', async () => {
    const lines: string[] = [];
    const tally = tallyIn(store.db);
    let broken = true;
    const failing: Pick<Tally, 'add'> = {
      add: (attempts) => (broken ? Promise.reject(new Error('gone')) : tally.add(attempts)),
    };
    const limits = createLimits(
      { tally: failing, createPerMinute: 3 },
      pino({ level: 'warn' }, { write: (line) => lines.push(line) }),
    );
    for (let attempt = 0; attempt < 100; attempt += 1) await limits.take('list', 'kim');
    await vi.waitUntil(() => lines.length > 0, { timeout: 20_000 });
    broken = false;
    await limits.take('list', 'kim');
    const other = instances[0];
    const seen = await vi.waitUntil(
      async () => {
        const taken = await other?.take('list', 'kim');
        return taken?.ok === true && taken.remaining < 500 && taken.remaining;
      },
      { timeout: 20_000, interval: 100 },
    );
    expect(seen).toBeGreaterThan(350);
    await limits.close();
  });
});

it('who was refused is let on again once the window has ended, and not before', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const gathered = createGathered(undefined, () => undefined);
  const rule = { points: 2, seconds: 60 };
  const take = () => gathered.take('list:mel', rule);
  const look = () => gathered.look('list:mel', rule);
  expect([take().ok, take().ok, take().ok]).toEqual([true, true, false]);
  vi.advanceTimersByTime(59_000);
  expect([look().ok, take().ok]).toEqual([false, false]);
  vi.advanceTimersByTime(1_000);
  expect(look()).toMatchObject({ ok: true, remainingPoints: 2 });
  expect(take()).toMatchObject({ ok: true, remainingPoints: 1 });
});

it('who has used up a limit elsewhere is refused here, until the end of the window that was begun there', async () => {
  const shared = {
    add: (attempts: readonly { key: string }[]) =>
      Promise.resolve(new Map(attempts.map(({ key }) => [key, { points: 40, endsInMs: 5_000 }]))),
  };
  const gathered = createGathered(shared, () => undefined);
  const take = () => gathered.take('list:mel', { points: 40, seconds: 60 });
  expect([take().ok, take().ok]).toEqual([true, true]);
  await vi.waitUntil(() => !take().ok);
  expect(take().msBeforeNext).toBeLessThanOrEqual(5_000);
  await gathered.close();
});

/** A shared count that refuses until `mend` is called, and then notes in `told` what it is told. */
function brokenAtFirst() {
  let broken = true;
  const told: string[] = [];
  const shared = {
    add(attempts: readonly { key: string; points: number }[]) {
      if (broken) return Promise.reject(new Error('gone'));
      told.push(...attempts.map(({ key, points }) => `${key} ${points}`));
      return Promise.resolve(new Map(attempts.map(({ key, points }) => [key, { points, endsInMs: 60_000 }])));
    },
  };
  return {
    shared,
    told,
    mend(): void {
      broken = false;
    },
  };
}

it('an attempt that could not be told of counts once here, and is told of once with the next of anybody', async () => {
  const { shared, told, mend } = brokenAtFirst();
  const gathered = createGathered(shared, () => undefined);
  const take = (key: string) => gathered.takeTogether(key, { points: 3, seconds: 60 });
  expect(await take('mel')).toMatchObject({ ok: true, remainingPoints: 2 });
  expect(await take('mel')).toMatchObject({ ok: true, remainingPoints: 1 });
  mend();
  await take('pat');
  expect(told).toEqual(['mel 2', 'pat 1']);
  await gathered.close();
});

it('what was counted in a window that has ended is not told of as if it were of the next', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const { shared, told, mend } = brokenAtFirst();
  const gathered = createGathered(shared, () => undefined);
  await gathered.takeTogether('mel', { points: 3, seconds: 60 });
  mend();
  vi.advanceTimersByTime(60_000);
  await gathered.takeTogether('pat', { points: 3, seconds: 60 });
  expect(told).toEqual(['pat 1']);
  await gathered.close();
});

it('what was done elsewhere counts once against what is left here', async () => {
  let points = 5;
  const shared = {
    async add(attempts: readonly { key: string; points: number }[]) {
      for (const attempt of attempts) points += attempt.points;
      return new Map(attempts.map(({ key }) => [key, { points, endsInMs: 60_000 }]));
    },
  };
  const gathered = createGathered(shared, () => undefined);
  const take = () => gathered.takeTogether('mel', { points: 10, seconds: 60 });
  const left = [];
  for (let attempt = 0; attempt < 6; attempt += 1) left.push((await take()).remainingPoints);
  expect(left.slice(0, 5)).toEqual([4, 3, 2, 1, 0]);
  await gathered.close();
});

it('what is counted while the database is being told is told of too, though nobody comes after it', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const answers: (() => void)[] = [];
  const told: string[][] = [];
  const shared = {
    add(attempts: readonly { key: string; points: number }[]) {
      told.push(attempts.map(({ key }) => key));
      return new Promise<Map<string, { points: number; endsInMs: number }>>((resolve) => {
        answers.push(() => resolve(new Map()));
      });
    },
  };
  const gathered = createGathered(shared, () => undefined);
  const rule = { points: 100, seconds: 60 };
  gathered.take('mel', rule);
  await vi.advanceTimersByTimeAsync(1_000);
  gathered.take('pat', rule);
  answers[0]?.();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(told).toEqual([['mel'], ['pat']]);
  answers[1]?.();
  await gathered.close();
});

it('a portal that stops waits until the database is told, and tells it nothing of what is counted after that', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  let answer: () => void = () => undefined;
  const shared = {
    add: vi.fn(
      (_attempts: readonly unknown[]) =>
        new Promise<Map<string, { points: number; endsInMs: number }>>((resolve) => {
          answer = () => resolve(new Map());
        }),
    ),
  };
  const gathered = createGathered(shared, () => undefined);
  const rule = { points: 3, seconds: 60 };
  void gathered.takeTogether('mel', rule);
  let isClosed = false;
  const closing = gathered.close().then(() => {
    isClosed = true;
  });
  await vi.advanceTimersByTimeAsync(0);
  expect(isClosed).toBe(false);
  answer();
  await closing;
  gathered.take('mel', { points: 100, seconds: 60 });
  expect((await gathered.takeTogether('pat', rule)).ok).toBe(true);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(shared.add).toHaveBeenCalledTimes(1);
});

it('windows that have ended are forgotten with the next attempt of anybody', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const gathered = createGathered(undefined, () => undefined);
  const rule = { points: 1, seconds: 60 };
  for (let address = 0; address < 100; address += 1) gathered.take(`webhooks:${address}`, rule);
  vi.advanceTimersByTime(60_000);
  gathered.take('webhooks:mel', rule);
  expect(gathered.size()).toBe(1);
});

it('a flood from more addresses than anybody counts is forgotten, oldest first, instead of filling the memory', () => {
  const gathered = createGathered(undefined, () => undefined);
  const rule = { points: 1, seconds: 60 };
  for (let address = 0; address < 250_000; address += 1) gathered.take(`webhooks:${address}`, rule);
  expect(gathered.size()).toBeLessThanOrEqual(100_000);
  expect(gathered.take('webhooks:249999', rule).ok).toBe(false);
});

it('a database that does not answer stops nobody: this instance counts alone, and the log says so once', async () => {
  const lines: string[] = [];
  const silent = { add: () => new Promise<never>(() => undefined) };
  const limits = createLimits(
    { tally: silent, createPerMinute: 2 },
    pino({ level: 'warn' }, { write: (line) => lines.push(line) }),
  );
  const start = performance.now();
  const results = await Promise.all(Array.from({ length: 3 }, () => limits.take('create', 'mel')));
  expect(performance.now() - start).toBeLessThan(4000);
  expect(results.filter(({ ok }) => ok)).toHaveLength(2);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('this instance counts alone');
});

it('attempts made at the same moment at several instances are told of together, and just so many are let on', async () => {
  let points = 0;
  const told: number[] = [];
  const shared = {
    async add(attempts: readonly { key: string; points: number }[]) {
      told.push(attempts.length);
      await new Promise((resolve) => setImmediate(resolve));
      for (const attempt of attempts) points += attempt.points;
      return new Map(attempts.map(({ key }) => [key, { points, endsInMs: 60_000 }]));
    },
  };
  const instances = [0, 1, 2].map(() => createLimits({ tally: shared, createPerMinute: 10 }, quiet));
  const results = await Promise.all(
    instances.flatMap((limits) => Array.from({ length: 9 }, () => limits.take('create', 'mel'))),
  );
  expect(results.filter(({ ok }) => ok)).toHaveLength(10);
  expect(told.length).toBeLessThanOrEqual(2 * instances.length);
  await Promise.all(instances.map((limits) => limits.close()));
});

it.each([
  ['203.0.113.9', '203.0.113.9'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['::FFFF:CB00:7109', '203.0.113.9'],
  ['0:0:0:0:0:ffff:10.0.0.7', '10.0.0.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:db8::9', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['', ''],
])('the address %j is counted as %j', (address, key) => {
  expect(addressKey(address)).toBe(key);
});
