import type { Sessions, StoredSession } from './sessions.ts';
import type { Store } from './store.ts';

/**
 * How long a session counts without asking the database again: somebody who reads makes a call every few seconds. When a session
 * ends, the database says so at once. This bound is for a connection that has died unnoticed and brings no such notice any more.
 */
const freshMs = 10_000;
/** Some 5 MB. Beyond that the oldest are forgotten. */
const mostRemembered = 10_000;

type Remembered = { session: Promise<StoredSession | undefined>; staleAt: number };

export type RememberedSessions = Sessions & {
  /** Calls `told` whenever a session has ended, or was changed otherwise, or may have been while nobody told of it, until the returned function is called. */
  watch(idHash: string, told: () => void): () => void;
  stopRemembering(): Promise<void>;
};

/**
 * Remembers sessions for ten seconds, so that not every call of a page asks the database who it is from. Whoever ends a
 * session, in whichever process, the database tells of it (the trigger of migration 0001) and it is forgotten at once.
 * While the connection that would hear of it is lost, nothing is remembered.
 */
export async function rememberSessions(sessions: Sessions, store: Store): Promise<RememberedSessions> {
  const remembered = new Map<string, Remembered>();
  const watching = new Map<string, Set<() => void>>();
  /** sessions whose idle end is being postponed just now */
  const sliding = new Map<string, Promise<void>>();
  let listens = false;
  const listening = await store.listen(
    'portal_sessions',
    (idHash) => {
      if (idHash !== undefined) {
        remembered.delete(idHash);
        for (const told of watching.get(idHash) ?? []) told();
        return;
      }
      // It listens, perhaps again: what was told meanwhile is not known, so whoever watches looks.
      remembered.clear();
      listens = true;
      for (const all of watching.values()) for (const told of all) told();
    },
    () => {
      listens = false;
      remembered.clear();
    },
  );

  function read(idHash: string): Promise<StoredSession | undefined> {
    const askedAt = performance.now();
    const session = sessions.find(idHash);
    if (!listens) return session;
    // Remembered before it is there: who ends the session while it is being read makes it forgotten as well.
    const entry: Remembered = { session, staleAt: askedAt + freshMs };
    remembered.delete(idHash);
    remembered.set(idHash, entry);
    const forget = () => {
      if (remembered.get(idHash) === entry) remembered.delete(idHash);
    };
    session.then((found) => {
      if (found === undefined) forget();
      else entry.staleAt = askedAt + Math.min(freshMs, found.leftMs);
    }, forget);
    const oldest = remembered.keys().next();
    if (remembered.size > mostRemembered && oldest.done !== true) remembered.delete(oldest.value);
    return session;
  }

  return {
    ...sessions,
    find(idHash) {
      const kept = remembered.get(idHash);
      return kept !== undefined && kept.staleAt > performance.now() ? kept.session : read(idHash);
    },
    async slide(idHash, idleMinutes) {
      // The calls that a page makes at the same moment share one update. Else each would wait for the one before it, on a
      // connection of its own.
      const underWay = sliding.get(idHash);
      if (underWay !== undefined) return underWay;
      const moved = sessions.slide(idHash, idleMinutes).finally(() => {
        sliding.delete(idHash);
        remembered.delete(idHash);
      });
      sliding.set(idHash, moved);
      return moved;
    },
    // The database tells this process too, a moment later: here nobody is let in meanwhile.
    async end(idHash) {
      await sessions.end(idHash);
      remembered.delete(idHash);
    },
    async endAll(which, onceFor) {
      const ended = await sessions.endAll(which, onceFor);
      remembered.clear();
      return ended;
    },
    async begin(session) {
      const outdated = await sessions.begin(session);
      for (const idHash of session.replaces ?? []) remembered.delete(idHash);
      if (outdated > 0) remembered.clear();
      return outdated;
    },
    watch(idHash, told) {
      const all = watching.get(idHash) ?? new Set();
      watching.set(idHash, all.add(told));
      return () => {
        all.delete(told);
        if (all.size === 0) watching.delete(idHash);
      };
    },
    stopRemembering: () => listening.stop(),
  };
}
