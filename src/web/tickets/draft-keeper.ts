import type { NewTicketField } from '../../contract/ticket.ts';
import type { DraftDesk } from './draft-desk.ts';
import type { Draft } from './draft-record.ts';

/** What the line below the form says about saving. */
export type SaveStatus = 'idle' | 'saved' | 'failed';

/**
 * When a change is saved: `rest` ms after the last change, and while changes keep coming, `most` ms after the first that is not saved. The
 * editor itself reports the message 250 ms after the last key, and less often while keys keep coming (`Surface`).
 */
const saveAfterMs = { rest: 350, most: 700 };
/** If the device has not answered a write by then, it may never do so: the status is “failed” until it does. */
const answerWithinMs = 1_000;

type KeeperParts = {
  desk: Pick<DraftDesk, 'save' | 'stash'>;
  now(): Date;
  onStatus(status: SaveStatus): void;
};

/**
 * Saves one draft while the person writes: within a second after the last key, one write at a time. If saving fails, the status says so,
 * and the next change tries again. It never throws, and never keeps the person from writing.
 */
export function createDraftKeeper(first: Draft, { desk, now, onStatus }: KeeperParts) {
  let draft = first;
  let dirtySince: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let writing: Promise<void> = Promise.resolve();
  /** the version that the device was last asked to save, until it has answered */
  let unanswered: Draft | undefined;
  /** ids of drafts that are filed, discarded or wiped: they must not be saved again */
  const gone = new Set<string>();
  const isGone = ({ draftID }: Draft) => gone.has(draftID);

  const stamp = () => {
    clearTimeout(timer);
    dirtySince = undefined;
    draft = { ...draft, savedOn: now().toISOString() };
  };
  /** Saves the draft as it is now, after the write that is under way. */
  function write(): Promise<void> {
    stamp();
    const saved = draft;
    unanswered = saved;
    const fail = () => {
      if (isGone(saved)) return;
      // Stashes the draft as it is now, not as it was when this write began: the stash holds one version, and it must be the latest.
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
    // Not `now()`: after the clock was set back, that hardly moves until the clock has caught up.
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
    // The device has not answered yet about the draft that is being left: until it does, only the stash keeps that draft.
    if (unanswered && unanswered.draftID !== other.draftID && !isGone(unanswered)) desk.stash(unanswered);
    gone.delete(other.draftID);
    draft = other;
  };

  return {
    draft: () => draft,
    /** Goes on with another draft, which is saved already. */
    replace,
    /** The draft is filed, discarded or wiped: it is not saved any more, not even by a write that waits. Goes on with `next`. */
    end(next: Draft): void {
      gone.add(draft.draftID);
      replace(next);
    },
    /** Changes a field, and saves soon. */
    enter(path: NewTicketField, value: string): void {
      if (draft.fields[path] === value) return;
      draft = { ...draft, fields: { ...draft.fields, [path]: value } };
      touch();
    },
    /** Saves the draft soon, as it is. */
    changed: touch,
    /** Changes what is not text, such as the key, or whether the draft has been sent. Saved by the next `flush` or change. */
    note(change: Partial<Pick<Draft, 'idempotencyKey' | 'attempted' | 'problem' | 'userID'>>): void {
      draft = { ...draft, ...change };
      dirtySince ??= performance.now();
    },
    /** Saves what has changed. Resolves when the device has answered, which may take long; never rejects. */
    flush: (): Promise<void> => (dirtySince === undefined ? writing : write()),
    /** Call this when the page is being left: puts the draft into the tab's stash at once, and on the shelf if there is time. */
    leave(): void {
      if (dirtySince !== undefined) void write();
      else if (unanswered?.draftID !== draft.draftID) return;
      desk.stash(draft);
    },
  };
}
export type DraftKeeper = ReturnType<typeof createDraftKeeper>;
