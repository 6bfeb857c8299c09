import type { NewTicketField } from '../../contract/ticket.ts';
import type { DraftDesk } from './draft-desk.ts';
import type { Draft } from './draft-record.ts';

/** What the person is told about saving, in a quiet line. */
export type SaveStatus = 'idle' | 'saved' | 'failed';

/** How long after a key at rest, and at most while keys keep coming. The editor tells of a key within 250 ms. */
const saveAfterMs = { rest: 350, most: 700 };
/** A device that takes longer over a write may never answer: it does not count as saved until it does. */
const answerWithinMs = 1_000;

type KeeperParts = {
  desk: Pick<DraftDesk, 'save' | 'stash'>;
  now(): Date;
  onStatus(status: SaveStatus): void;
};

/**
 * Keeps one draft saved while it is being written: within a second of the last key, one write at a time. Saving that
 * fails is told by the status and tried again with the next change; it never stands in anybody's way.
 */
export function createDraftKeeper(first: Draft, { desk, now, onStatus }: KeeperParts) {
  let draft = first;
  let dirtySince: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let writing: Promise<void> = Promise.resolve();
  /** what the device was last asked to take and has not answered about */
  let unanswered: Draft | undefined;
  const gone = new Set<string>();
  const isGone = ({ draftID }: Draft) => gone.has(draftID);

  const stamp = () => {
    clearTimeout(timer);
    dirtySince = undefined;
    draft = { ...draft, savedOn: now().toISOString() };
  };
  function write(): Promise<void> {
    stamp();
    const saved = draft;
    unanswered = saved;
    const fail = () => {
      if (isGone(saved)) return;
      // Never what was there before: it may be all that is left of what was written since.
      desk.stash(draft.draftID === saved.draftID ? draft : saved);
      onStatus('failed');
    };
    const late = setTimeout(fail, answerWithinMs);
    writing = writing
      .then(() => (isGone(saved) ? undefined : desk.save(saved)))
      .then(() => {
        if (unanswered === saved && !isGone(saved)) onStatus('saved');
      }, fail)
      .finally(() => {
        clearTimeout(late);
        if (unanswered === saved) unanswered = undefined;
      });
    return writing;
  }
  const touch = () => {
    // Not by `now`: where the clock was set back, that hardly moves until the time has caught up.
    const time = performance.now();
    dirtySince ??= time;
    clearTimeout(timer);
    timer = setTimeout(
      () => void write(),
      Math.max(0, Math.min(saveAfterMs.rest, dirtySince + saveAfterMs.most - time)),
    );
  };

  const replace = (other: Draft) => {
    clearTimeout(timer);
    dirtySince = undefined;
    // Once it is left behind nothing else keeps it until the device has answered.
    if (unanswered && unanswered.draftID !== other.draftID && !isGone(unanswered)) desk.stash(unanswered);
    gone.delete(other.draftID);
    draft = other;
  };

  return {
    draft: () => draft,
    /** Another draft takes its place, as it is on the shelf. */
    replace,
    /** It is filed, discarded or wiped: nothing of it is saved from now on, by what is under way either. Another draft takes its place. */
    end(next: Draft): void {
      gone.add(draft.draftID);
      replace(next);
    },
    enter(path: NewTicketField, value: string): void {
      if (draft.fields[path] === value) return;
      draft = { ...draft, fields: { ...draft.fields, [path]: value } };
      touch();
    },
    /** It is to be saved, as it is. */
    changed: touch,
    /** What is not text: the key, whether it has been sent. Saved with the next `flush`. */
    note(change: Partial<Pick<Draft, 'idempotencyKey' | 'attempted' | 'problem' | 'userID'>>): void {
      draft = { ...draft, ...change };
      dirtySince ??= performance.now();
    },
    /** Saves what has changed and waits for it, however long the device takes. */
    flush: (): Promise<void> => (dirtySince === undefined ? writing : write()),
    /** The page is being left: keeps it at once with the tab, and on the shelf if there is time. */
    leave(): void {
      if (dirtySince !== undefined) void write();
      else if (unanswered?.draftID !== draft.draftID) return;
      desk.stash(draft);
    },
  };
}
export type DraftKeeper = ReturnType<typeof createDraftKeeper>;
