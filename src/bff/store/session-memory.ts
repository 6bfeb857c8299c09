import type { Store } from './engine.ts';
import type { Sessions, StoredSession } from './sessions.ts';

/**
 * How long a session is used without asking the database again; a person who reads makes a call every few seconds. When a session
 * ends, a notice of the database says so at once. This limit is for the case that the connection for notices has died unnoticed.
 */
const freshMs = 10_000;
/** How many sessions are remembered: some 5 MB. Beyond that the oldest entries are forgotten. */
const mostRemembered = 10_000;

type Remembered = { session: Promise<StoredSession | undefined>; staleAt: number };

export type RememberedSessions = Sessions & {
  /**
   * Calls `told` whenever the session has ended or was changed, and when that may have happened unnoticed because the connection for
   * notices was lost. Ends when the returned function is called.
   */
  watch(idHash: string, told: () => void): () => void;
  /** Closes the connection for notices. */
  stopRemembering(): Promise<void>;
};

/**
 * Remembers sessions for ten seconds, so that not every call of a page asks the database for its session. When any process ends a
 * session, a trigger (migration 0001) makes the database send a notice, and the session is forgotten at once. While the connection
 * for notices is lost, nothing is remembered.
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
      // Without an id: the connection listens, perhaps again after a gap. Notices may have been missed, so everybody checks their session.
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
    // The promise is remembered before the answer is there: so if the session ends during the reading, the answer is forgotten too.
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
      // Calls that a page makes at the same moment share one update. Otherwise each would wait for the one before it, and hold a connection
      // of the pool meanwhile.
      const underWay = sliding.get(idHash);
      if (underWay !== undefined) return underWay;
      const moved = sessions.slide(idHash, idleMinutes).finally(() => {
        sliding.delete(idHash);
        remembered.delete(idHash);
      });
      sliding.set(idHash, moved);
      return moved;
    },
    // The notice of the database comes a moment later. Forgetting here means that this process lets nobody in until then.
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
