import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { people } from './support/pages.ts';
import { cookieOf, memoryOf } from './support/strain.ts';
import { expect, test } from './support/world.ts';

const { mel, ines } = people;
// As it is when nothing is set; the other journeys file faster than any person.
test.use({ settings: { CREATE_LIMIT_PER_MINUTE: '30' } });

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
  const streams: Response[] = [];
  let over = false;
  const flood = async () => {
    const open = new Set<Promise<unknown>>();
    const leave = new AbortController();
    const send = (what: string, url: string, init: RequestInit) => {
      const one = fetch(url, init)
        .then(async (answer) => {
          note(what, answer);
          // Streams that were let in stay open, unread; one that nobody held on to would be closed as garbage.
          if (what === 'events' && answer.ok) streams.push(answer);
          else await answer.arrayBuffer();
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
