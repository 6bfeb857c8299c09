import { outageOf } from './outage.ts';

type Waiting<Item, Result> = { item: Item; resolve(result: Result): void; reject(error: unknown): void };

/**
 * Batches calls. Items that come while a batch runs go into the next batch, so under load many share one statement, one commit and one
 * wait for the disk. A single item runs at once.
 * @param run does the work for a batch; it must give one result for each item, in the same order
 * @param most the most items of one batch
 * @returns the function to call with one item
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
      // The database refuses a whole batch for one bad item, so each is tried alone. If the database cannot be used, that would not help.
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
