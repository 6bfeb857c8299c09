import type { Tally } from '../store/tally.ts';

/** What all instances share. */
type Shared = Pick<Tally, 'add'>;
type Rule = { points: number; seconds: number };
/** One key in one window of time. Times are of this process's clock. */
type Entry = Rule & {
  /** what all instances together had counted when the database last answered, this one's share included */
  told: number;
  /** what was counted here since, and the database has not been told yet */
  untold: number;
  /** of `told`, what other instances have counted since this process knows the key */
  others: number;
  endsAt: number;
};
type Standing = { ok: boolean; remainingPoints: number; msBeforeNext: number };

/** The database is told after this time, or as soon as one key has used this part of its limit since it was last told. */
const tellEveryMs = 1000;
const soonerAt = 1 / 20;
/** Some 30 MB. Whoever holds a great many addresses makes the oldest windows be forgotten, not the process grow. */
const mostEntries = 100_000;
const sweepEveryMs = 10_000;

/**
 * Counts attempts in two ways:
 * - `take` counts in this process, and tells the database once a second what was counted for all keys, in one statement. Nothing waits
 *   for the database. The price: before the instances hear of each other, somebody may exceed the limit by a twentieth on each of them,
 *   and by what comes while the database is being told. No single instance ever lets through more than the limit.
 * - `takeTogether` waits until the database has counted the attempt. The limit then holds over all instances, at the cost of that wait.
 * @param tally what all instances share; without it this process counts alone
 */
export function createGathered(tally: Shared | undefined, failed: (error: unknown) => void) {
  const entries = new Map<string, Entry>();
  /** those with attempts that nobody else has heard of */
  let waiting = new Map<string, Entry>();
  let timer: NodeJS.Timeout | undefined;
  let telling: Promise<void> | undefined;
  /** the one after the one under way */
  let following: Promise<void> | undefined;
  let closed = false;
  let sweptAt = performance.now();

  /** Forgets windows that have ended, and a tenth of the others, the oldest ones, where there are too many. */
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

  /** Tells of all that waits; what comes while others are being told of waits for that, and is told of together. */
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
      // Told again with the next ones; until then this instance counts alone.
      for (const { key, entry, points } of told) {
        entry.told -= points;
        entry.untold += points;
        waiting.set(key, entry);
      }
      failed(error);
    }
  }

  /** Counts an attempt, unless it is one too many. */
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
    /** Where a key stands, without counting anything or remembering that it was asked for. */
    look(key: string, rule: Rule) {
      const now = performance.now();
      const kept = entries.get(key);
      return standing(
        kept !== undefined && kept.endsAt > now ? kept : { told: 0, untold: 0, endsAt: now + rule.seconds * 1000 },
        rule,
      );
    },
    /** Counts one attempt, unless it is one too many: who goes on after that costs neither memory nor the database anything. */
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
     * The same, decided by all instances together: of attempts made at the same moment just so many are let on as the limit
     * allows, whichever instances they reach. Many share one statement.
     */
    async takeTogether(key: string, rule: Rule): Promise<Standing> {
      const entry = entryOf(key, rule);
      const counted = count(key, entry);
      // The place of this attempt: how many there were up to it here, and, once they are heard of, elsewhere before it.
      const place = entry.told + entry.untold - entry.others;
      if (counted && tally !== undefined && !closed) await tellNow(tally);
      const remainingPoints = rule.points - place - entry.others;
      return { ...standing(entry, rule), ok: counted && remainingPoints >= 0, remainingPoints };
    },
    /** how many windows are remembered */
    size: () => entries.size,
    async close() {
      closed = true;
      clearTimeout(timer);
      await (following ?? telling);
    },
  };
}
