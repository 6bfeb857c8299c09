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

/**
 * Where it stands until the device has done it which drafts are to be deleted, and since when; and which have become the copy of
 * a submission, named after that: the tab that keeps the copy may be closed before the device takes it.
 */
const removeName = 'drafts-to-remove';
const toRemove = () =>
  new Map(
    noting((notes) => notes.getItem(removeName))
      ?.split(' ')
      .map((each): [string, string[]] => {
        const [draftID = '', ...noted] = each.split(',');
        return [draftID, noted];
      }),
  );
function note(draftIDs: readonly string[], what?: string[]) {
  const noted = toRemove();
  // Whatever is typed comes this way, and is hardly ever noted.
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
 * IndexedDB, and not localStorage: what is written there reaches the disk's cache when the transaction completes, so it
 * outlives a crash of the browser (Chromium holds localStorage back for seconds), and writing never blocks typing.
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

  async function removeNoted(draftIDs: readonly string[]): Promise<void> {
    await change((drafts) => {
      for (const draftID of draftIDs) drafts.delete(draftID);
    });
    note(draftIDs);
  }
  /** What is there of this person, once all that is to go is deleted, and all that was written until then. */
  async function without(userID: string, until: string | null | undefined): Promise<Draft[]> {
    const all = await read('userID', userID);
    const noted = toRemove();
    const gone: string[] = [];
    const kept: Draft[] = [];
    for (const draft of all) {
      const { draftID, savedOn } = draft;
      const [on = '', submissionID] = noted.get(draftID) ?? [];
      // What is newer was put there again: after a crash the browser may not know any more that it was.
      const isNoted = savedOn <= on;
      if (savedOn <= (until ?? '') || (isNoted && !submissionID)) gone.push(draftID);
      else kept.push(isNoted && submissionID ? { ...draft, submissionID } : draft);
    }
    if (!until && gone.length === 0) return kept;
    await removeNoted(gone).then(
      // Only what was asked for before this.
      () => noting((notes) => notes.getItem(wipeName(userID)) === until && notes.removeItem(wipeName(userID))),
      // Another time: it stays noted.
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
    /** Deletes everything that this person wrote until then: when the device is asked for it next, if it does not answer now. */
    async wipe(userID: string, on: string): Promise<void> {
      noting((notes) => notes.setItem(wipeName(userID), on));
      await without(userID, on);
    },
  } satisfies DraftShelf & { wipe: unknown };
}
