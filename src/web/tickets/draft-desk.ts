import { type Draft, type DraftFields, type DraftScope, hasContent, inConflict, sameFields } from './draft-record.ts';
import type { DraftShelf } from './draft-shelf.ts';
import type { DraftTab, Hold } from './draft-tab.ts';

type DeskParts = {
  shelf: DraftShelf;
  tab: DraftTab;
  hold: Hold;
  now(): Date;
  newID(): string;
};

/** A draft that somebody else may have open. */
export type OtherDraft = { draft: Draft; elsewhere: boolean };

/** The draft that a tab works on from now on, and how it came by it. */
export type Opened = {
  draft: Draft;
  /** it was there before, with something in it */
  restored: boolean;
  /** the tab was duplicated: the other one has the original, and both have one key */
  copied: boolean;
};

/** What a tab holds while it has a draft open. */
export const lockName = (draftID: string) => `draft ${draftID}`;
const ownLockTries = 10;
const ownLockPauseMs = 50;
/** Copies of accepted tickets are kept for as long as the portal itself remembers what became of them. */
const sentCopyDays = 30;

/**
 * The drafts of one tab. Each draft is open in at most one tab at a time, so that no two ever overwrite each other: a
 * tab goes on with its own, else with the latest that nobody has open, else with a new one.
 */
export function createDraftDesk({ shelf, tab, hold, now, newID }: DeskParts) {
  let lock: { draftID: string; release: () => void } | undefined;
  /** the id of what was begun before the person was known, if it now goes on in the draft of the tab */
  let takenIn: string | undefined;
  /** the person has signed out in another tab and had everything deleted: until they are back, nothing is kept on the device */
  let away = false;
  const letGo = () => {
    lock?.release();
    lock = undefined;
  };

  const blank = ({ userID, accountID }: DraftScope, fields: DraftFields, prefill: DraftFields): Draft => ({
    draftID: newID(),
    userID,
    accountID,
    idempotencyKey: newID(),
    attempted: false,
    fields,
    prefill,
    savedOn: now().toISOString(),
  });

  async function holdDraft(draftID: string, tries = 1): Promise<boolean> {
    // Held already, it must not be taken for another tab's.
    if (lock?.draftID === draftID) return true;
    for (let round = 0; round < tries; round += 1) {
      if (round > 0) await new Promise((resolve) => setTimeout(resolve, ownLockPauseMs));
      const release = await hold(lockName(draftID));
      if (release !== undefined) {
        letGo();
        lock = { draftID, release };
        return true;
      }
    }
    return false;
  }

  /** Everything of this person and account that was not sent, the latest first. */
  async function unsent({ userID, accountID }: DraftScope): Promise<Draft[]> {
    const drafts = await shelf.ofUser(userID);
    const sent = drafts.filter(({ submissionID }) => submissionID !== undefined);
    // What the tab kept before that is no draft any more either.
    tab.dropStash((kept) => sent.some(({ draftID, savedOn }) => draftID === kept.draftID && savedOn >= kept.savedOn));
    // Where the device takes nothing, it has what was written on, or accepted, as it was before.
    const stashed = tab.stashed().filter((kept) => kept.userID === userID);
    return drafts
      .map((draft) => stashed.find((kept) => kept.draftID === draft.draftID && kept.savedOn >= draft.savedOn) ?? draft)
      .filter((draft) => draft.accountID === accountID && draft.submissionID === undefined)
      .sort((one, other) => other.savedOn.localeCompare(one.savedOn));
  }

  /** A draft as it is on the shelf at this moment, if it is there. */
  const onShelf = async (draft: Draft) =>
    (await unsent(draft).catch(() => [])).find(({ draftID }) => draftID === draft.draftID);

  /**
   * What the tab had to keep by itself goes on the shelf, now that it is known whose it is.
   * @param userID under which the tab keeps it: the person's, or none
   * @returns the latest first
   */
  async function shelveStash(scope: DraftScope, stored: Draft[], userID: string): Promise<Draft[]> {
    const meant = tab
      .stashed()
      .filter(
        (kept) =>
          kept.accountID === scope.accountID &&
          kept.userID === userID &&
          kept.draftID !== takenIn &&
          kept.submissionID === undefined,
      );
    const shelve = async (kept: Draft) => {
      const newer = stored.find(({ draftID, savedOn }) => draftID === kept.draftID && savedOn > kept.savedOn);
      const adopted = newer ?? { ...kept, userID: scope.userID };
      try {
        if (newer === undefined) await shelf.put(adopted);
        // What was typed while the device was slow is kept on.
        tab.dropStash(({ draftID, savedOn }) => draftID === kept.draftID && savedOn <= adopted.savedOn);
      } catch {
        // The device refuses: the tab goes on keeping it.
      }
      return adopted;
    };
    return Promise.all(meant.map(shelve));
  }

  /** What the tab keeps of another person, or for another account, goes on the shelf as it is: the tab may be closed before they are back. */
  async function shelveRest({ userID, accountID }: DraftScope): Promise<void> {
    for (const kept of tab.stashed()) {
      const isMeant = kept.userID === '' || (kept.userID === userID && kept.accountID === accountID);
      if (isMeant || kept.submissionID !== undefined) continue;
      const stored = (await shelf.ofUser(kept.userID)).find(({ draftID }) => draftID === kept.draftID);
      if (stored === undefined || stored.savedOn < kept.savedOn) await shelf.put(kept);
      tab.dropStash(({ draftID }) => draftID === kept.draftID);
    }
  }

  /** Whether what the tab keeps is in this draft. */
  const isOf = (draft: Draft, { draftID }: Draft) => draftID === draft.draftID || draftID === takenIn;

  /** Whether this is a copy of a draft that has been filed, and not one in which somebody has written on. */
  const isCopy = (draft: Draft, { idempotencyKey, fields }: Draft) =>
    idempotencyKey === draft.idempotencyKey && !hasContent({ fields, prefill: draft.fields });

  /** The tab knows nothing more of this draft; what it keeps of another one it goes on keeping. */
  function forget(draft: Draft) {
    tab.forget(draft);
    tab.dropStash((kept) => isOf(draft, kept) || isCopy(draft, kept));
  }

  /**
   * Whether what stands in the form goes on in the draft that the tab remembers, and is no draft beside that: somebody types
   * on at once, and a browser that reloads a page fills in again what stood in its inputs.
   * @param own the draft that was begun in memory
   */
  function canTakeIn(remembered: Draft, typed: DraftFields, prefill: DraftFields, own: Draft | undefined): boolean {
    return (
      tab.stashed().some(({ draftID }) => draftID === own?.draftID) &&
      (sameFields(prefill, {}) || sameFields(remembered.prefill, prefill)) &&
      !inConflict(remembered.fields, typed)
    );
  }

  /**
   * Opens a draft that was found; undefined when another tab has it open, or it is gone. The tab's own is copied where another has it
   * open: the tab was duplicated, and the other one has the original.
   */
  async function openFound(found: Draft, isOwn: boolean): Promise<Opened | undefined> {
    const held = await holdDraft(found.draftID, isOwn ? ownLockTries : 1);
    // The tab that had it open until now may have written on, or filed it.
    const stored = held ? await onShelf(found) : isOwn ? { ...found, draftID: newID() } : undefined;
    if (stored === undefined && !isOwn) return undefined;
    const draft = stored === undefined || stored.savedOn < found.savedOn ? found : stored;
    if (!held) await holdDraft(draft.draftID);
    return { draft, restored: hasContent(draft), copied: !held };
  }

  /** Takes a draft off the shelf and works on `fresh` from now on. */
  async function discard(draft: Draft, fresh: Draft): Promise<void> {
    tab.dropStash((kept) => isOf(draft, kept));
    tab.remember(fresh, fresh.draftID);
    await Promise.all([shelf.remove([draft.draftID]), holdDraft(fresh.draftID)]);
  }

  async function forgetOldCopies(userID: string) {
    const before = new Date(now().getTime() - sentCopyDays * 86_400_000).toISOString();
    const old = (await shelf.ofUser(userID)).filter(
      (draft) => draft.submissionID !== undefined && draft.savedOn < before,
    );
    if (old.length > 0) await shelf.remove(old.map(({ draftID }) => draftID));
  }

  return {
    blank,
    /** What this tab had begun for an account before it was known who is signed in. */
    begun(accountID: string): Draft | undefined {
      return tab.stashed().find((kept) => kept.userID === '' && kept.accountID === accountID);
    },

    /**
     * The draft that this tab works on from now on.
     * @param typed what already stands in the form; a draft that contradicts it is left alone, and one that is found is given as
     *   it is, without it
     * @param prefill what a link fills in: a draft that began otherwise is left alone
     * @param own the draft that was begun in memory before the person was known
     */
    async open(scope: DraftScope, typed: DraftFields, prefill: DraftFields, own?: Draft): Promise<Opened> {
      // A device that refuses to read has nothing to restore; what is written now shows by its own status.
      const shelved = await unsent(scope).catch(() => []);
      const left = await shelveStash(scope, shelved, scope.userID);
      const stored = [...left, ...shelved.filter((draft) => left.every(({ draftID }) => draftID !== draft.draftID))];
      const ownID = tab.draftID(scope);
      const remembered = stored.find(({ draftID }) => draftID === ownID);
      const goesOn = remembered !== undefined && canTakeIn(remembered, typed, prefill, own);
      if (goesOn) takenIn = own?.draftID;
      const begun = await shelveStash(scope, stored, '');
      // Where the device refuses, the tab goes on keeping it.
      void shelveRest(scope).catch(() => undefined);
      void forgetOldCopies(scope.userID).catch(() => undefined);
      const isOwn = (draft: Draft) => draft.draftID === ownID || begun.includes(draft) || left.includes(draft);
      const fits = (draft: Draft) =>
        (sameFields(draft.prefill, prefill) || (isOwn(draft) && sameFields(prefill, {}))) &&
        !inConflict(draft.fields, typed);

      const candidates = [...(goesOn ? [remembered] : begun), ...stored].filter(fits);
      for (const found of [...candidates.filter(isOwn), ...candidates.filter((draft) => !isOwn(draft))]) {
        const opened = await openFound(found, isOwn(found));
        if (opened === undefined) continue;
        tab.remember(scope, opened.draft.draftID);
        return opened;
      }
      const fields = { ...prefill, ...typed };
      const draft = own === undefined ? blank(scope, fields, prefill) : { ...own, ...scope, fields, prefill };
      await holdDraft(draft.draftID);
      tab.remember(scope, draft.draftID);
      return { draft, restored: false, copied: false };
    },

    /**
     * Puts a draft on the shelf, or takes it off when nothing is in it. A draft whose person is not known yet, or away,
     * stays with the tab. @throws when the device refuses
     */
    async save(draft: Draft): Promise<void> {
      if (draft.userID === '' || away) {
        if (!hasContent(draft)) tab.dropStash(({ draftID }) => draftID === draft.draftID);
        else if (!tab.stash(draft)) throw new Error('the browser keeps nothing for this tab');
        return;
      }
      if (hasContent(draft) || draft.attempted) await shelf.put(draft);
      else await shelf.remove([draft.draftID]);
      tab.dropStash((kept) => isOf(draft, kept) && kept.savedOn <= draft.savedOn);
    },

    /** Keeps a draft at once, without waiting for the shelf: for a page that is being left. */
    stash(draft: Draft): void {
      if (hasContent(draft)) tab.stash(draft);
    },

    /** It was filed: every copy of it goes, none of which says anything else, and the tab starts anew next time. */
    async filed(draft: Draft): Promise<void> {
      forget(draft);
      const removeCopies = async () => {
        const copies = (await shelf.ofUser(draft.userID)).filter(
          (other) => isCopy(draft, other) && other.submissionID === undefined,
        );
        await shelf.remove(copies.map(({ draftID }) => draftID));
      };
      // At once, and not only when the device has answered.
      await Promise.all([shelf.remove([draft.draftID]), removeCopies()]);
    },

    /**
     * It was accepted and not delivered yet: the text stays as a copy of that submission, with the tab until the device has it. The tab
     * alone has it where it is not known whose it is.
     */
    async sent(draft: Draft, submissionID: string): Promise<void> {
      forget(draft);
      const copy = { ...draft, submissionID, savedOn: now().toISOString() };
      tab.stash(copy);
      if (copy.userID === '') return;
      await shelf.put(copy).then(
        () => tab.dropStash(({ draftID, savedOn }) => draftID === copy.draftID && savedOn <= copy.savedOn),
        () => undefined,
      );
    },

    discard,
    /** Everything of the person was wiped elsewhere: works on `fresh`, which stays with the tab until they are back. */
    wiped(draft: Draft, fresh: Draft): Promise<void> {
      away = true;
      tab.dropStash(({ userID }) => userID === '' || userID === fresh.userID);
      return discard(draft, fresh);
    },
    /** The person is signed in again. */
    back(): void {
      away = false;
    },

    /** Works on this draft from now on. False when another tab has it open. */
    async take(draft: Draft): Promise<boolean> {
      if (!(await holdDraft(draft.draftID))) return false;
      // It may be what was taken in, which goes on as a draft of its own.
      takenIn = undefined;
      tab.remember(draft, draft.draftID);
      return true;
    },

    /**
     * Works on another draft from now on, as it is on the shelf at this moment: another tab may have written on since it
     * was listed. Undefined when another tab has it open, it is gone, or it is not wanted any more once it is found.
     */
    async takeOther(listed: Draft, isWanted = () => true): Promise<Draft | undefined> {
      const release = await hold(lockName(listed.draftID));
      if (release === undefined) return undefined;
      const draft = await onShelf(listed);
      if (draft === undefined || !isWanted()) {
        release();
        return undefined;
      }
      letGo();
      lock = { draftID: draft.draftID, release };
      tab.remember(draft, draft.draftID);
      return draft;
    },

    /** The other unsent drafts of the same person and account. */
    async others(draft: Draft): Promise<OtherDraft[]> {
      const drafts = (await unsent(draft)).filter((other) => other.draftID !== draft.draftID && hasContent(other));
      return Promise.all(
        drafts.map(async (other) => {
          const releaseAgain = await hold(lockName(other.draftID));
          releaseAgain?.();
          return { draft: other, elsewhere: releaseAgain === undefined };
        }),
      );
    },

    close: letGo,
  };
}
export type DraftDesk = ReturnType<typeof createDraftDesk>;
