import { expect, test } from 'vitest';
import { together } from './together.ts';

/** A batched function whose runs end when the test says so, and the items of each run. */
function held() {
  const runs: string[][] = [];
  const ends: (() => void)[] = [];
  const ask = together<string, string>((items) => {
    runs.push([...items]);
    return new Promise((resolve, reject) => {
      ends.push(() =>
        items.includes('bad') ? reject(new Error('refused')) : resolve(items.map((item) => item.toUpperCase())),
      );
    });
  }, 3);
  /** Ends runs until none is under way. */
  const finish = async () => {
    while (ends.length > 0) {
      for (const end of ends.splice(0)) end();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { runs, ask, finish };
}

test('who comes alone does not wait; those who come meanwhile share the next run, and each gets their own result', async () => {
  const { runs, ask, finish } = held();
  const results = Promise.all(['a', 'b', 'c', 'd', 'e'].map(ask));
  expect(runs).toEqual([['a']]);
  await finish();
  expect(await results).toEqual(['A', 'B', 'C', 'D', 'E']);
  expect(runs).toEqual([['a'], ['b', 'c', 'd'], ['e']]);
});

test('while the database cannot be used, those who share a run are told so at once', async () => {
  const runs: string[][] = [];
  const ask = together<string, string>(async (items) => {
    runs.push([...items]);
    await new Promise((resolve) => setImmediate(resolve));
    throw Object.assign(new Error('canceling statement due to lock timeout'), { code: '55P03' });
  });
  const results = await Promise.allSettled(['a', 'b', 'c'].map(ask));
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(runs).toEqual([['a'], ['b', 'c']]);
});

test('one that is refused fails alone, and what comes after it goes on', async () => {
  const { ask, finish } = held();
  const results = Promise.allSettled(['a', 'b', 'bad', 'c'].map(ask));
  await finish();
  expect((await results).map((result) => (result.status === 'fulfilled' ? result.value : 'failed'))).toEqual([
    'A',
    'B',
    'failed',
    'C',
  ]);
  const later = ask('d');
  await finish();
  expect(await later).toBe('D');
});

test('a run that gives too few results fails all who asked, and leaves nobody waiting for ever', async () => {
  const ask = together<string, string>(async () => []);
  const results = await Promise.allSettled(['a', 'b', 'c'].map(ask));
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
});
