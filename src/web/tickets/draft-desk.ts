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

/** Another draft of the same person and account; `elsewhere`: another tab has it open. */
export type OtherDraft = { draft: Draft; elsewhere: boolean };

/** The draft that a tab works on from now on, and where it came from. */
export type Opened = {
  draft: Draft;
  /** the draft was there before, and is not empty */
  restored: boolean;
  /** the tab was duplicated: this is a copy, the other tab has the original, and both have the same idempotency key */
  copied: boolean;
};

/** The name of the lock that a tab holds while it has a draft open. */
export const lockName = (draftID: string) => `draft ${draftID}`;
/** After a reload the old page may still hold the lock of the tab's own draft for a moment, so the lock is tried several times. */
const ownLockTries = 10;
const ownLockPauseMs = 50;
/** How long copies of accepted tickets are kept: as long as the portal itself keeps what became of them. */
const sentCopyDays = 30;

/**
 * The drafts, as one tab works with them. A draft is open in at most one tab at a time (by a lock), so that two tabs never overwrite each
 * other. A tab continues its own draft, otherwise the latest that no tab has open, otherwise it begins a new one.
 *
 * The “shelf” is where drafts are stored on the device (IndexedDB). The “stash” is what this tab alone keeps (sessionStorage) while the
 * shelf cannot have it.
 */
export function createDraftDesk({ shelf, tab, hold, now, newID }: DeskParts) {
  let lock: { draftID: string; release: () => void } | undefined;
  /** the id of the draft that was begun before the person was known, if its text has been taken into the tab's earlier draft */
  let takenIn: string | undefined;
  /** the person has signed out in another tab, which deleted all drafts: until they sign in again, nothing goes on the shelf */
  let away = false;
  const letGo = () => {
    lock?.release();
    lock = undefined;
  };

  /** A new draft with these fields. */
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

  /** Takes the lock of a draft and gives up the one that this tab had before. @returns false when another tab has it, after all tries */
  async function holdDraft(draftID: string, tries = 1): Promise<boolean> {
    // Asking again for a lock of our own would look as if another tab had it.
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

  /**
   * All drafts on the shelf of this person and account, without copies of accepted tickets, the latest first. Each in its newest version,
   * which may be in the tab's stash. Versions in the stash that a copy has overtaken are deleted.
   */
  async function unsent({ userID, accountID }: DraftScope): Promise<Draft[]> {
    const drafts = await shelf.ofUser(userID);
    const sent = drafts.filter(({ submissionID }) => submissionID !== undefined);
    // The stash may hold such a draft as it was before it was accepted. It must not come back.
    tab.dropStash((kept) => sent.some(({ draftID, savedOn }) => draftID === kept.draftID && savedOn >= kept.savedOn));
    // If the device has refused a write, the stash has the draft, or its copy, in a newer version than the shelf.
    const stashed = tab.stashed().filter((kept) => kept.userID === userID);
    return drafts
      .map((draft) => stashed.find((kept) => kept.draftID === draft.draftID && kept.savedOn >= draft.savedOn) ?? draft)
      .filter((draft) => draft.accountID === accountID && draft.submissionID === undefined)
      .sort((one, other) => other.savedOn.localeCompare(one.savedOn));
  }

  /** The newest version of a draft at this moment; undefined when it is not on the shelf. */
  const onShelf = async (draft: Draft) =>
    (await unsent(draft).catch(() => [])).find(({ draftID }) => draftID === draft.draftID);

  /**
   * Puts drafts of this account from the tab's stash on the shelf, as drafts of this person.
   * @param stored the drafts on the shelf: if one of them is newer than the stashed version, the shelf's version counts
   * @param userID which drafts of the stash: those of this person, or ('') those begun before the person was known
   * @returns these drafts, the one stashed last first
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
      // Theirs from now on, even if the device refuses: whoever signs in next must not get it.
      if (userID === '') tab.stash(adopted);
      try {
        if (newer === undefined) await shelf.put(adopted);
        // Not a version that was stashed while the device was still writing this one: it is newer.
        tab.dropStash(({ draftID, savedOn }) => draftID === kept.draftID && savedOn <= adopted.savedOn);
      } catch {
        // The device refuses: the draft stays in the stash.
      }
      return adopted;
    };
    return Promise.all(meant.map(shelve));
  }

  /**
   * Puts the stashed drafts of other persons and accounts on the shelf: this tab may be closed before those persons come back.
   * @throws when the device refuses
   */
  async function shelveRest({ userID, accountID }: DraftScope): Promise<void> {
    for (const kept of tab.stashed()) {
      const isMeant = kept.userID === '' || (kept.userID === userID && kept.accountID === accountID);
      if (isMeant || kept.submissionID !== undefined) continue;
      const stored = (await shelf.ofUser(kept.userID)).find(({ draftID }) => draftID === kept.draftID);
      if (stored === undefined || stored.savedOn < kept.savedOn) await shelf.put(kept);
      tab.dropStash(({ draftID }) => draftID === kept.draftID);
    }
  }

  /** Whether a stashed draft is a version of this draft, or was taken into it. */
  const isOf = (draft: Draft, { draftID }: Draft) => draftID === draft.draftID || draftID === takenIn;

  /** Whether another draft is a copy of this one, which has been filed: the same key, and no text that is not in the filed one. */
  const isCopy = (draft: Draft, { idempotencyKey, fields }: Draft) =>
    idempotencyKey === draft.idempotencyKey && !hasContent({ fields, prefill: draft.fields });

  /** Removes everything that the tab knows about this draft. Its stash keeps other drafts. */
  function forget(draft: Draft) {
    tab.forget(draft);
    tab.dropStash((kept) => isOf(draft, kept) || isCopy(draft, kept));
  }

  /**
   * Whether what is in the form now can be taken into the draft that the tab had before, so that it is not a second draft beside it.
   * After a reload people type on at once, and the browser may fill in the inputs again as they were.
   * @param remembered the tab's draft from before the reload
   * @param own the draft that was begun in memory since
   */
  function canTakeIn(remembered: Draft, typed: DraftFields, prefill: DraftFields, own: Draft | undefined): boolean {
    return (
      tab.stashed().some(({ draftID }) => draftID === own?.draftID) &&
      (sameFields(prefill, {}) || sameFields(remembered.prefill, prefill)) &&
      !inConflict(remembered.fields, typed)
    );
  }

  /**
   * Opens a draft that was found. If another tab has this tab's own draft open, this tab was duplicated, and gets a copy under a new id.
   * @returns undefined when it is not the tab's own draft, and another tab has it open or it is gone
   */
  async function openFound(found: Draft, isOwn: boolean): Promise<Opened | undefined> {
    const held = await holdDraft(found.draftID, isOwn ? ownLockTries : 1);
    // Reads it again: the tab that had it open until now may have changed or filed it.
    const stored = held ? await onShelf(found) : isOwn ? { ...found, draftID: newID() } : undefined;
    if (stored === undefined && !isOwn) return undefined;
    const draft = stored === undefined || stored.savedOn < found.savedOn ? found : stored;
    if (!held) await holdDraft(draft.draftID);
    return { draft, restored: hasContent(draft), copied: !held };
  }

  /** Deletes a draft, and works on `fresh` from now on. @throws when the device refuses */
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
    /** The draft for this account that this tab began before it was known who is signed in, from its stash. */
    begun(accountID: string): Draft | undefined {
      return tab
        .stashed()
        .find((kept) => kept.userID === '' && kept.accountID === accountID && kept.submissionID === undefined);
    },

    /**
     * Finds or begins the draft that this tab works on from now on. Never throws.
     * @param typed what is in the form already. A draft with another text in one of these fields is not opened. A draft that is found is
     *   returned as it was stored, without `typed`
     * @param prefill what the link in the address fills in. A draft that was begun with another prefill is not opened
     * @param own the draft that was begun in memory before the person was known; it goes on if no other is found
     */
    async open(scope: DraftScope, typed: DraftFields, prefill: DraftFields, own?: Draft): Promise<Opened> {
      // If the device refuses to read, there is nothing to restore. Whether it can write is shown when the draft is saved.
      const shelved = await unsent(scope).catch(() => []);
      const left = await shelveStash(scope, shelved, scope.userID);
      const stored = [...left, ...shelved.filter((draft) => left.every(({ draftID }) => draftID !== draft.draftID))];
      const ownID = tab.draftID(scope);
      const remembered = stored.find(({ draftID }) => draftID === ownID);
      const goesOn = remembered !== undefined && canTakeIn(remembered, typed, prefill, own);
      if (goesOn) takenIn = own?.draftID;
      const begun = await shelveStash(scope, stored, '');
      // If the device refuses, these drafts stay in the stash.
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
        // A copy is not on the shelf until it is changed. Until then, a reload makes it anew from the original.
        tab.remember(scope, opened.copied ? found.draftID : opened.draft.draftID);
        return opened;
      }
      const fields = { ...prefill, ...typed };
      const draft = own === undefined ? blank(scope, fields, prefill) : { ...own, ...scope, fields, prefill };
      await holdDraft(draft.draftID);
      tab.remember(scope, draft.draftID);
      return { draft, restored: false, copied: false };
    },

    /**
     * Puts a draft on the shelf, or deletes it there if it is empty and was never sent. While the person is not known, or away, the draft
     * is kept in the tab's stash instead.
     * @throws when the device or the browser refuses
     */
    async save(draft: Draft): Promise<void> {
      if (draft.userID === '' || away) {
        if (!hasContent(draft)) tab.dropStash(({ draftID }) => draftID === draft.draftID);
        else if (!tab.stash(draft)) throw new Error('the browser keeps nothing for this tab');
        return;
      }
      if (hasContent(draft) || draft.attempted) await shelf.put(draft);
      else await shelf.remove([draft.draftID]);
      if (lock?.draftID === draft.draftID) tab.remember(draft, draft.draftID);
      tab.dropStash((kept) => isOf(draft, kept) && kept.savedOn <= draft.savedOn);
    },

    /** Puts a draft into the tab's stash, unless it is empty. This is done at once, as needed when the page is being left. */
    stash(draft: Draft): void {
      if (!hasContent(draft) || !tab.stash(draft)) return;
      // What was taken in would be given to whoever signs in next.
      tab.dropStash((kept) => isOf(draft, kept) && kept.draftID !== draft.draftID);
    },

    /** The draft was filed: deletes it, and all its copies that hold no other text. The tab begins a new draft next time. */
    async filed(draft: Draft): Promise<void> {
      forget(draft);
      const removeCopies = async () => {
        const copies = (await shelf.ofUser(draft.userID)).filter(
          (other) => isCopy(draft, other) && other.submissionID === undefined,
        );
        await shelf.remove(copies.map(({ draftID }) => draftID));
      };
      // Both at the same time: the draft itself must not wait until the copies have been looked for.
      await Promise.all([shelf.remove([draft.draftID]), removeCopies()]);
    },

    /**
     * The draft was accepted but is not delivered yet: keeps its text as the copy of that submission, in the stash until it is on the
     * shelf. If it is not known who wrote it, it stays in the stash. Never throws.
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
    /** All drafts of the person were deleted by another tab: works on `fresh`, which stays in this tab's stash until they are back. */
    wiped(draft: Draft, fresh: Draft): Promise<void> {
      away = true;
      tab.dropStash(({ userID }) => userID === '' || userID === fresh.userID);
      return discard(draft, fresh);
    },
    /** Call this when the person is signed in again after `wiped`. */
    back(): void {
      away = false;
    },

    /** Works on this draft from now on. @returns false when another tab has it open */
    async take(draft: Draft): Promise<boolean> {
      if (!(await holdDraft(draft.draftID))) return false;
      // This may be the draft whose text was taken into another one: it is a draft of its own again.
      takenIn = undefined;
      tab.remember(draft, draft.draftID);
      return true;
    },

    /**
     * Works on another draft from now on.
     * @param listed the draft as it was listed; it is read again, since another tab may have changed it
     * @param isWanted whether the person still wants it, asked once it is found
     * @returns the draft as it is now; undefined when another tab has it open, or it is gone or no longer wanted
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

    /** The other drafts of the same person and account that are not empty, the latest first. @throws when the device refuses to read */
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

    /** Gives up the lock. The last write may end only after this, so the desk still knows whose lock it had. */
    close: () => lock?.release(),
  };
}
export type DraftDesk = ReturnType<typeof createDraftDesk>;
