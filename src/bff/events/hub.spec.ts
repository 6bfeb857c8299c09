import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import type { StoredEvent } from '../store/events.ts';
import { createHub } from './hub.ts';

beforeEach(() => void vi.useFakeTimers());

/** A hub on a log that holds some news, and the ids that it has handed on: to `heard`, and to one stream. */
async function openHub(held = 10) {
  const log: StoredEvent[] = [];
  let told = 0;
  const tell = (count: number) => {
    for (let index = 0; index < count; index += 1) {
      told += 1;
      log.push({ eventID: log.length + 1, accountID: 'a', kind: 'ticket', data: { told } });
    }
  };
  tell(held);
  const given: string[] = [];
  const errors: unknown[] = [];
  const database: { isAway: boolean; reads: number; notice(): void; whileReading(): void } = {
    isAway: false,
    reads: 0,
    notice: () => undefined,
    whileReading: () => undefined,
  };
  const hub = await createHub({
    store: {
      async listen(_, heard) {
        database.notice = heard;
        return { stop: () => Promise.resolve() };
      },
    },
    events: {
      range: () => Promise.resolve({ newest: log.length, oldest: 1 }),
      async after(eventID, most) {
        database.reads += 1;
        if (database.isAway) throw new Error('the database is away');
        const news = log.filter((event) => event.eventID > eventID).slice(0, most);
        await Promise.resolve();
        database.whileReading();
        return news;
      },
    },
    log: { error: (error: unknown) => errors.push(error) },
    heard: ({ eventID }) => given.push(`readings ${eventID}`),
  });
  const closed = vi.fn();
  hub.subscribe(({ eventID }) => given.push(`stream ${eventID}`), {
    closed,
    wentBack: (to) => given.push(`stream anew from ${to}`),
  });
  onTestFinished(async () => {
    await hub.stop();
    vi.useRealTimers();
  });
  const lose = (count: number) => log.splice(-count);
  return { hub, database, tell, lose, given, errors, closed };
}

test('news whose notice is lost, or whose reading fails, come within a second after all; each once, and to the readings first', async () => {
  const { database, tell, given, errors } = await openHub();
  tell(1);
  database.isAway = true;
  database.notice();
  await vi.advanceTimersByTimeAsync(0);
  expect(errors).toHaveLength(1);
  database.isAway = false;
  await vi.advanceTimersByTimeAsync(1_000);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(given).toEqual(['readings 11', 'stream 11']);
});

test('the first news of a database that never had any come as all others do', async () => {
  const { database, tell, given, errors } = await openHub(0);
  tell(1);
  database.notice();
  await vi.advanceTimersByTimeAsync(0);
  expect([given, errors]).toEqual([['readings 1', 'stream 1'], []]);
});

test('news come at once, however many they are, and though they are told while others are being read', async () => {
  const { database, tell, given } = await openHub();
  database.whileReading = () => {
    database.whileReading = () => undefined;
    tell(1_200);
    database.notice();
  };
  database.notice();
  await vi.advanceTimersByTimeAsync(0);
  expect(given.filter((one) => one.startsWith('stream'))).toEqual(
    Array.from({ length: 1_200 }, (_, index) => `stream ${index + 11}`),
  );
});

test('an instance that stops ends its streams and asks nothing more of its database, and a page that comes then is sent elsewhere', async () => {
  const { hub, database, tell, given, closed } = await openHub();
  const gone = vi.fn();
  hub.subscribe(() => undefined, { closed: gone, wentBack: () => undefined })();
  await hub.stop();
  expect(closed).toHaveBeenCalledTimes(1);
  expect(gone, 'a page that has gone').not.toHaveBeenCalled();
  const { reads } = database;
  tell(1);
  database.notice();
  await vi.advanceTimersByTimeAsync(3_000);
  expect([database.reads, given]).toEqual([reads, []]);
  const late = vi.fn();
  hub.subscribe(() => undefined, { closed: late, wentBack: () => undefined });
  expect(late).toHaveBeenCalledTimes(1);
});

test.each([
  ['before its ids are given out again', 0, 9],
  ['though its ids have been given out again', 3, 12],
])(
  'when the database has lost what it told last, every page is told to read anew, %s, and hears what comes',
  async (_, since, to) => {
    const { database, tell, lose, given } = await openHub();
    tell(1);
    database.notice();
    await vi.advanceTimersByTimeAsync(0);
    lose(2);
    tell(since);
    database.notice();
    await vi.advanceTimersByTimeAsync(0);
    tell(1);
    database.notice();
    await vi.advanceTimersByTimeAsync(0);
    expect(given).toEqual([
      'readings 11',
      'stream 11',
      `stream anew from ${to}`,
      `readings ${to + 1}`,
      `stream ${to + 1}`,
    ]);
  },
);
