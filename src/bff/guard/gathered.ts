import type { Tally } from '../store/tally.ts';

/** The counter in the database, which all instances share. */
type Shared = Pick<Tally, 'add'>;
type Rule = { points: number; seconds: number };
/** The count of one key in one window of time. `endsAt` is the end of the window, as `performance.now()` (ms). */
type Entry = Rule & {
  /** the count of all instances together, as the database told it last, with this process's attempts that are in it or on the way */
  told: number;
  /** attempts that this process has counted and has not told the database yet */
  untold: number;
  /** the part of `told` that this entry did not count itself: attempts at other instances in the same window */
  others: number;
  endsAt: number;
};
type Standing = { ok: boolean; remainingPoints: number; msBeforeNext: number };

/** The database is told every `tellEveryMs`, or as soon as one key has used this fraction of its limit (`soonerAt`) since it was last told. */
const tellEveryMs = 1000;
const soonerAt = 1 / 20;
/** Some 30 MB. If somebody uses a great many addresses, the process forgets the oldest windows instead of growing. */
const mostEntries = 100_000;
const sweepEveryMs = 10_000;

/**
 * Counts attempts in two ways:
 * - `take` counts in this process, and tells the database once a second what was counted for all keys, in one statement. Nothing waits
 *   for the database. The price: until the instances hear of each other, each of them may let through a twentieth of the limit too
 *   much, and whatever arrives while it tells the database. No single instance ever lets through more than the limit.
 * - `takeTogether` waits until the database has counted the attempt. The limit then holds over all instances, at the cost of that wait.
 * @param tally the counter that all instances share; without it this process counts alone
 * @param failed is called with the error each time that the database could not be told
 */
export function createGathered(tally: Shared | undefined, failed: (error: unknown) => void) {
  const entries = new Map<string, Entry>();
  /** entries with attempts that the database has not been told of */
  let waiting = new Map<string, Entry>();
  let timer: NodeJS.Timeout | undefined;
  let telling: Promise<void> | undefined;
  /** the call of the database that begins when `telling` ends */
  let following: Promise<void> | undefined;
  let closed = false;
  let sweptAt = performance.now();

  /** Forgets windows that have ended. If there are too many entries, it also forgets the oldest until a tenth of all are gone. */
  function sweep(now: number) {
    sweptAt = now;
    let spare = entries.size >= mostEntries ? mostEntries / 10 : 0;
    for (const [key, { endsAt }] of entries) {
      if (endsAt > now && spare <= 0) continue;
      entries.delete(key);
      spare -= 1;
    }
  }

  function entryOf(key: string, rule: Rule): Entry {
    const now = performance.now();
    const kept = entries.get(key);
    if (kept !== undefined && kept.endsAt > now) return kept;
    entries.delete(key);
    if (entries.size >= mostEntries || now - sweptAt > sweepEveryMs) sweep(now);
    const entry = { ...rule, told: 0, untold: 0, others: 0, endsAt: now + rule.seconds * 1000 };
    entries.set(key, entry);
    return entry;
  }

  function tellSoon(shared: Shared) {
    if (closed || telling !== undefined) return;
    timer ??= setTimeout(() => void tellNow(shared), tellEveryMs);
    timer.unref();
  }

  /** Tells the database of all waiting entries. While one call is under way, everybody who comes waits for it and shares the next call. */
  function tellNow(shared: Shared): Promise<void> {
    if (telling !== undefined) {
      following ??= telling.then(() => {
        following = undefined;
        return tellNow(shared);
      });
      return following;
    }
    clearTimeout(timer);
    timer = undefined;
    telling = tell(shared).finally(() => {
      telling = undefined;
      if (waiting.size > 0) tellSoon(shared);
    });
    return telling;
  }

  async function tell(shared: Shared) {
    const now = performance.now();
    const told = [...waiting].flatMap(([key, entry]) =>
      entry.endsAt > now ? [{ key, entry, points: entry.untold }] : [],
    );
    waiting = new Map();
    for (const { entry, points } of told) {
      entry.told += points;
      entry.untold = 0;
    }
    try {
      const standings = await shared.add(
        told.map(({ key, entry, points }) => ({ key, points, seconds: entry.seconds })),
      );
      for (const { key, entry } of told) {
        const standing = standings.get(key);
        if (standing === undefined) continue;
        entry.others += standing.points - entry.told;
        entry.told = standing.points;
        entry.endsAt = performance.now() + standing.endsInMs;
      }
    } catch (error) {
      // These attempts go with the next call; until then this instance counts alone.
      for (const { key, entry, points } of told) {
        entry.told -= points;
        entry.untold += points;
        waiting.set(key, entry);
      }
      failed(error);
    }
  }

  /** Counts an attempt. @returns false, and counts nothing, if the limit is used up */
  function count(key: string, entry: Entry): boolean {
    const ok = entry.told + entry.untold < entry.points;
    if (ok) {
      entry.untold += 1;
      if (tally !== undefined) waiting.set(key, entry);
    }
    return ok;
  }

  const standing = (entry: Pick<Entry, 'told' | 'untold' | 'endsAt'>, { points }: Rule) => ({
    ok: entry.told + entry.untold < points,
    remainingPoints: points - entry.told - entry.untold,
    msBeforeNext: entry.endsAt - performance.now(),
  });

  return {
    /** Where a key stands. Counts nothing and remembers nothing. */
    look(key: string, rule: Rule) {
      const now = performance.now();
      const kept = entries.get(key);
      return standing(
        kept !== undefined && kept.endsAt > now ? kept : { told: 0, untold: 0, endsAt: now + rule.seconds * 1000 },
        rule,
      );
    },
    /** Counts one attempt here. Beyond the limit nothing more is counted, so that somebody who goes on costs no memory and no query. */
    take(key: string, rule: Rule): Standing {
      const entry = entryOf(key, rule);
      const ok = count(key, entry);
      if (ok && tally !== undefined) {
        if (entry.untold >= rule.points * soonerAt) void tellNow(tally);
        else tellSoon(tally);
      }
      return { ...standing(entry, rule), ok };
    },
    /**
     * Counts one attempt in the database and waits for it. Of attempts at the same moment exactly as many pass as the limit allows,
     * whichever instances they reach. Attempts that wait at the same time share one statement.
     */
    async takeTogether(key: string, rule: Rule): Promise<Standing> {
      const entry = entryOf(key, rule);
      const counted = count(key, entry);
      // The place of this attempt among those of this process. Attempts elsewhere are added below, once the database has told them.
      const place = entry.told + entry.untold - entry.others;
      if (counted && tally !== undefined && !closed) await tellNow(tally);
      const remainingPoints = rule.points - place - entry.others;
      return { ...standing(entry, rule), ok: counted && remainingPoints >= 0, remainingPoints };
    },
    /** how many windows this process remembers */
    size: () => entries.size,
    async close() {
      closed = true;
      clearTimeout(timer);
      await (following ?? telling);
    },
  };
}
