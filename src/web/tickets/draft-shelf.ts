import * as z from 'zod/mini';
import { type Draft, draftSchema } from './draft-record.ts';

/** Where drafts are kept on the device, across tabs and restarts. Every call rejects when the device refuses. */
export type DraftShelf = {
  ofUser(userID: string): Promise<Draft[]>;
  ofSubmission(submissionID: string): Promise<Draft[]>;
  put(draft: Draft): Promise<void>;
  remove(draftIDs: readonly string[]): Promise<void>;
};

/** Where it stands that everything that a person wrote until then is to be deleted, until the device has done it. */
const wipeName = (userID: string) => `drafts-to-wipe ${userID}`;

/** undefined where the browser refuses */
function noting<T>(work: (notes: Storage) => T): T | undefined {
  try {
    return work(localStorage);
  } catch {
    return undefined;
  }
}

/** Where it stands which drafts are to be deleted, until the device has done it. */
const removeName = 'drafts-to-remove';
const toRemove = () => new Set(noting((notes) => notes.getItem(removeName))?.split(' '));
function note(draftIDs: readonly string[], isToGo: boolean) {
  const noted = toRemove();
  const changed = draftIDs.filter((draftID) => noted.has(draftID) !== isToGo);
  // Whatever is typed comes this way, and is hardly ever noted.
  if (changed.length === 0) return;
  for (const draftID of changed) noted[isToGo ? 'add' : 'delete'](draftID);
  noting((notes) => notes.setItem(removeName, [...noted].join(' ')));
}

const database = 'support-portal';
const store = 'drafts';

/**
 * IndexedDB, and not localStorage: what is written there reaches the disk's cache when the transaction completes, so it
 * outlives a crash of the browser (Chromium holds localStorage back for seconds), and writing never blocks typing.
 */
export function openShelf() {
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
      // Said at once, so that a page that is being left does not take the change with it.
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

  async function remove(draftIDs: readonly string[]): Promise<void> {
    note(draftIDs, true);
    await change((drafts) => {
      for (const draftID of draftIDs) drafts.delete(draftID);
    });
    note(draftIDs, false);
  }
  /** What is there of this person, once all that is to go is deleted, and all that was written until then. */
  async function without(userID: string, until: string | null | undefined): Promise<Draft[]> {
    const all = await read('userID', userID);
    const noted = toRemove();
    const isGone = ({ draftID, savedOn }: Draft) => noted.has(draftID) || savedOn <= (until ?? '');
    const gone = all.filter(isGone).map(({ draftID }) => draftID);
    if (!until && gone.length === 0) return all;
    await remove(gone).then(
      // Only what was asked for before this.
      () => noting((notes) => notes.getItem(wipeName(userID)) === until && notes.removeItem(wipeName(userID))),
      // Another time: it stays noted.
      () => undefined,
    );
    return all.filter((draft) => !isGone(draft));
  }

  return {
    ofUser: (userID: string) =>
      without(
        userID,
        noting((notes) => notes.getItem(wipeName(userID))),
      ),
    ofSubmission: (submissionID: string) => read('submissionID', submissionID),
    put(draft: Draft) {
      note([draft.draftID], false);
      return change((drafts) => drafts.put(draft));
    },
    remove,
    /** Deletes everything that this person wrote until then: when the device is asked for it next, if it does not answer now. */
    async wipe(userID: string, on: string): Promise<void> {
      noting((notes) => notes.setItem(wipeName(userID), on));
      await without(userID, on);
    },
  } satisfies DraftShelf & { wipe: unknown };
}
