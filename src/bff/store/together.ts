import { outageOf } from './outage.ts';

type Waiting<Item, Result> = { item: Item; resolve(result: Result): void; reject(error: unknown): void };

/**
 * Batches calls. What is asked for while one batch runs goes into the next: under load many calls share one statement, one commit
 * and one wait for the disk. A call that comes alone runs at once.
 * @param run gives each item its result, in their order
 * @param most items of one run
 */
export function together<Item, Result>(
  run: (items: readonly Item[]) => Promise<readonly Result[]>,
  most = 100,
): (item: Item) => Promise<Result> {
  const waiting: Waiting<Item, Result>[] = [];
  let running = false;

  async function settle(now: readonly Waiting<Item, Result>[]) {
    try {
      const results = await run(now.map(({ item }) => item));
      if (results.length !== now.length) throw new Error('a run must give each of its items a result');
      for (const [index, result] of results.entries()) now[index]?.resolve(result);
    } catch (error) {
      // One that the database refuses must not take the others along. While it cannot be used, to ask again for each would only take longer.
      if (now.length > 1 && outageOf(error) === undefined) await Promise.all(now.map((one) => settle([one])));
      else for (const { reject } of now) reject(error);
    }
  }
  async function go() {
    running = true;
    while (waiting.length > 0) await settle(waiting.splice(0, most));
    running = false;
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (!running) void go();
    });
}
