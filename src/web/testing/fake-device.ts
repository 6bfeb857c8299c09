import { vi } from 'vitest';
import type { Draft } from '../tickets/draft-record.ts';

/**
 * Replaces IndexedDB by a fake that works through its requests one after the other.
 * @param records what is stored; pass the same map again for “the next page on the same device”, which gets a fake of its own
 * @param answers `at once`: each request is done by itself; `when let`: each waits for a call of `goOn`
 */
export function fakeDevice(records: Map<string, Draft>, { answers }: { answers: 'at once' | 'when let' }) {
  const asked: (() => void)[] = [];
  const ask = (work: () => void) => {
    asked.push(work);
    if (answers === 'at once') queueMicrotask(() => asked.shift()?.());
  };
  const transaction = () => {
    const changes: (() => void)[] = [];
    const self = {
      oncomplete: () => undefined,
      objectStore: () => ({
        index: (name: 'userID' | 'submissionID') => ({
          getAll(value: string) {
            const result: Draft[] = [];
            const request = { result, onsuccess: () => undefined };
            ask(() => {
              request.result = [...records.values()].filter((record) => record[name] === value);
              request.onsuccess();
            });
            return request;
          },
        }),
        put: (record: Draft) => changes.push(() => records.set(record.draftID, record)),
        delete: (draftID: string) => changes.push(() => records.delete(draftID)),
      }),
      commit: () =>
        ask(() => {
          for (const change of changes) change();
          self.oncomplete();
        }),
    };
    return self;
  };
  vi.stubGlobal('indexedDB', {
    open() {
      const opening = { result: { transaction }, onsuccess: () => undefined };
      queueMicrotask(() => opening.onsuccess());
      return opening;
    },
  });
  return {
    /** Waits for the next request, and does it. */
    goOn: () =>
      vi.waitFor(() => {
        const next = asked.shift();
        if (next === undefined) throw new Error('nothing is asked of the device');
        next();
      }),
    /** Waits until at least so many requests wait to be done. */
    isAsked: (count: number) =>
      vi.waitFor(() => {
        if (asked.length < count) throw new Error(`${asked.length} things are asked of the device`);
      }),
  };
}
