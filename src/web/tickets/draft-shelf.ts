import * as z from 'zod/mini';
import { type Draft, draftSchema } from './draft-record.ts';

/** Where drafts are stored on the device: shared by all tabs, and kept after a restart. Every call rejects when the device refuses. */
export type DraftShelf = {
  ofUser(userID: string): Promise<Draft[]>;
  ofSubmission(submissionID: string): Promise<Draft[]>;
  put(draft: Draft): Promise<void>;
  remove(draftIDs: readonly string[]): Promise<void>;
};

/**
 * The name in localStorage of a note that everything a person wrote until some time must be deleted. The note stays until IndexedDB has
 * done it, so that a device that does not answer now does it later.
 */
const wipeName = (userID: string) => `drafts-to-wipe ${userID}`;

/** Works on the notes in localStorage; undefined when the browser refuses. */
function noting<T>(work: (notes: Storage) => T): T | undefined {
  try {
    return work(localStorage);
  } catch {
    return undefined;
  }
}

/**
 * The name in localStorage of the notes about single drafts, each kept until IndexedDB has done what it says. A note is
 * `draftID,time` (delete the versions saved until then) or `draftID,time,submissionID` (they are the copy of this submission: the tab
 * that keeps the copy may be closed before IndexedDB has it). Notes are separated by spaces.
 */
const removeName = 'drafts-to-remove';
/** The notes, by the id of the draft: the time, and the submission if there is one. */
const toRemove = () =>
  new Map(
    noting((notes) => notes.getItem(removeName))
      ?.split(' ')
      .map((each): [string, string[]] => {
        const [draftID = '', ...noted] = each.split(',');
        return [draftID, noted];
      }),
  );
/** Writes a note about each draft, or removes their notes when `what` is undefined. */
function note(draftIDs: readonly string[], what?: string[]) {
  const noted = toRemove();
  // Every save of a draft comes here, and there is hardly ever a note to remove. Then nothing is written.
  if (what === undefined && !draftIDs.some((draftID) => noted.has(draftID))) return;
  for (const draftID of draftIDs) {
    if (what === undefined) noted.delete(draftID);
    else noted.set(draftID, what);
  }
  noting((notes) => notes.setItem(removeName, [...noted].join(' ')));
}

const database = 'support-portal';
const store = 'drafts';

/**
 * The shelf in IndexedDB. Not in localStorage, because a completed transaction has reached the operating system and survives a crash of the
 * browser, while Chromium holds localStorage back for seconds. And IndexedDB never blocks typing.
 * @param now gives the time for notes; must be later than `savedOn` of everything that is stored
 */
export function openShelf(now: () => Date) {
  let connection: Promise<IDBDatabase> | undefined;
  const connect = () => {
    connection ??= new Promise<IDBDatabase>((resolve, reject) => {
      const opening = indexedDB.open(database, 1);
      opening.onupgradeneeded = () => {
        const drafts = opening.result.createObjectStore(store, { keyPath: 'draftID' });
        drafts.createIndex('userID', 'userID');
        drafts.createIndex('submissionID', 'submissionID');
      };
      opening.onsuccess = () => {
        const db = opening.result;
        const forget = () => {
          connection = undefined;
        };
        db.onclose = forget;
        db.onversionchange = () => {
          db.close();
          forget();
        };
        resolve(db);
      };
      opening.onerror = () => reject(opening.error);
      opening.onblocked = () => reject(new DOMException('another version is in use', 'InvalidStateError'));
    }).catch((error: unknown) => {
      connection = undefined;
      throw error;
    });
    return connection;
  };

  async function change(work: (drafts: IDBObjectStore) => void): Promise<void> {
    const transaction = (await connect()).transaction(store, 'readwrite');
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
      work(transaction.objectStore(store));
      // Commits at once, so that the change is not lost when the page is being left.
      transaction.commit();
    });
  }
  async function read(index: 'userID' | 'submissionID', value: string): Promise<Draft[]> {
    const transaction = (await connect()).transaction(store, 'readonly');
    const found = await new Promise<unknown[]>((resolve, reject) => {
      const request = transaction.objectStore(store).index(index).getAll(value);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    return found.flatMap((record) => {
      const draft = z.safeParse(draftSchema, record);
      return draft.success ? [draft.data] : [];
    });
  }

  async function removeNoted(draftIDs: readonly string[]): Promise<void> {
    await change((drafts) => {
      for (const draftID of draftIDs) drafts.delete(draftID);
    });
    note(draftIDs);
  }
  /**
   * Reads all drafts of a person, leaves out those that must be deleted, and deletes them. If deleting fails, the notes stay for another
   * time.
   * @param until everything saved until this time must be deleted too
   */
  async function without(userID: string, until: string | null | undefined): Promise<Draft[]> {
    const all = await read('userID', userID);
    const noted = toRemove();
    const gone: string[] = [];
    const kept: Draft[] = [];
    for (const draft of all) {
      const { draftID, savedOn } = draft;
      const [on = '', submissionID] = noted.get(draftID) ?? [];
      // A version newer than the note was saved after it. `put` removes the note then, but a crash may have brought it back.
      const isNoted = savedOn <= on;
      if (savedOn <= (until ?? '') || (isNoted && !submissionID)) gone.push(draftID);
      else kept.push(isNoted && submissionID ? { ...draft, submissionID } : draft);
    }
    if (!until && gone.length === 0) return kept;
    await removeNoted(gone).then(
      // Not a note that another tab has written since.
      () => noting((notes) => notes.getItem(wipeName(userID)) === until && notes.removeItem(wipeName(userID))),
      // Deleting failed: the note stays, for another time.
      () => undefined,
    );
    return kept;
  }

  return {
    ofUser: (userID: string) =>
      without(
        userID,
        noting((notes) => notes.getItem(wipeName(userID))),
      ),
    ofSubmission: (submissionID: string) => read('submissionID', submissionID),
    async put(draft: Draft) {
      const { draftID, savedOn, submissionID } = draft;
      note([draftID], submissionID ? [savedOn, submissionID] : undefined);
      await change((drafts) => drafts.put(draft));
      if (submissionID) note([draftID]);
    },
    remove(draftIDs: readonly string[]) {
      note(draftIDs, [now().toISOString()]);
      return removeNoted(draftIDs);
    },
    /** Deletes everything that this person wrote until `on`. If the device does not answer now, this is done when it is read next. */
    async wipe(userID: string, on: string): Promise<void> {
      noting((notes) => notes.setItem(wipeName(userID), on));
      await without(userID, on);
    },
  } satisfies DraftShelf & { wipe: unknown };
}
