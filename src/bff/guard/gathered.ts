import type { Tally } from '../store/tally.ts';

type Rule = { points: number; seconds: number };
/** `told` is what all instances had counted when this one last asked, its own told ones included; times are of this process's clock. */
type Entry = Rule & { told: number; untold: number; endsAt: number };

/** Instances tell each other after this time, or as soon as one key has used this part of its limit since it was told of. */
const tellEveryMs = 1000;
const soonerAt = 1 / 20;
/** Some 30 MB. Whoever holds a great many addresses makes the oldest windows be forgotten, not the process grow. */
const mostEntries = 100_000;
const sweepEveryMs = 10_000;

/**
 * Counts attempts in this process, and adds them to what all instances have counted in one statement a second for all keys
 * together. So nothing that is counted waits for the database, and reading costs it nothing. The price is small: before an instance
 * hears of the others, somebody may do a twentieth of the limit, and what fits into one exchange, more on each of them; never
 * more than the limit on any.
 * @param tally what all instances share; without it this process counts alone
 */
export function createGathered(tally: Tally | undefined, failed: (error: unknown) => void) {
  const entries = new Map<string, Entry>();
  /** those with attempts that nobody else has heard of */
  let waiting = new Map<string, Entry>();
  let timer: NodeJS.Timeout | undefined;
  let telling: Promise<void> | undefined;
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
    const entry = { ...rule, told: 0, untold: 0, endsAt: now + rule.seconds * 1000 };
    entries.set(key, entry);
    return entry;
  }

  function tellSoon(sooner: boolean) {
    if (tally === undefined || closed || telling !== undefined) return;
    if (sooner) {
      clearTimeout(timer);
      timer = undefined;
      telling = tell(tally).finally(() => {
        telling = undefined;
        if (waiting.size > 0) tellSoon(false);
      });
      return;
    }
    timer ??= setTimeout(() => tellSoon(true), tellEveryMs);
    timer.unref();
  }

  async function tell(shared: Tally) {
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
    take(key: string, rule: Rule): { ok: boolean; remainingPoints: number; msBeforeNext: number } {
      const entry = entryOf(key, rule);
      const ok = entry.told + entry.untold < rule.points;
      if (ok) {
        entry.untold += 1;
        if (tally !== undefined) waiting.set(key, entry);
        tellSoon(entry.untold >= rule.points * soonerAt);
      }
      return { ...standing(entry, rule), ok };
    },
    /** how many windows are remembered */
    size: () => entries.size,
    async close() {
      closed = true;
      clearTimeout(timer);
      await telling;
    },
  };
}
