import * as z from 'zod/mini';
import { type Draft, type DraftScope, draftSchema } from './draft-record.ts';

/**
 * What this tab remembers across reloads: the id of its own draft, and the “stash”: drafts that could not be put on the shelf yet (because
 * the person is not known, the device refuses, or the page is being left and there is no time to wait).
 */
export type DraftTab = {
  /** the id of the tab's draft for this person and account */
  draftID(scope: DraftScope): string | undefined;
  remember(scope: DraftScope, draftID: string): void;
  forget(scope: DraftScope): void;
  /** puts a draft into the stash, in place of an earlier version of it; false when the browser refuses */
  stash(draft: Draft): boolean;
  /** all drafts in the stash, the one that was put there last first */
  stashed(): Draft[];
  /** removes drafts from the stash */
  dropStash(isGone: (kept: Draft) => boolean): void;
  /**
   * Forgets everything that this person, or a person not known yet, wrote until `on`: in the stashes of all tabs, also of those not open
   * now.
   */
  wipe(userID: string, on: string): void;
  /** when `wipe` was last called on this device, for any person, in ms since 1970; 0 when never */
  wipedOn(): number;
};

const stashName = 'draft-stash';
const wipedName = (userID: string) => `drafts-wiped ${userID}`;
const nameOf = ({ userID, accountID }: DraftScope) => `draft ${userID} ${accountID}`;

/**
 * Opens what this tab remembers. It is in sessionStorage, which each tab has for itself; what was wiped is noted in localStorage, which all
 * tabs share. Never throws: if the browser refuses, the tab remembers nothing.
 */
export function openTab(
  storage: () => Storage = () => sessionStorage,
  shared: () => Storage = () => localStorage,
): DraftTab {
  function trying<T>(work: (storage: Storage) => T, of = storage): T | undefined {
    try {
      return work(of());
    } catch {
      return undefined;
    }
  }
  const wiped = (userID: string) => trying((all) => all.getItem(wipedName(userID)), shared) ?? '';
  const isWiped = ({ userID, savedOn }: Draft) => savedOn <= wiped(userID);
  const stashed = () =>
    trying((tab) => {
      const kept: unknown = JSON.parse(tab.getItem(stashName) ?? '[]');
      // An earlier version of the portal stored a single draft, not an array.
      const each = z.array(draftSchema).parse([kept].flat());
      return each.filter((draft) => !isWiped(draft));
    }) ?? [];
  const keep = (kept: Draft[]) =>
    trying((tab) => {
      if (kept.length > 0) tab.setItem(stashName, JSON.stringify(kept));
      else tab.removeItem(stashName);
      return true;
    }) === true;
  return {
    draftID: (scope) => trying((tab) => tab.getItem(nameOf(scope))) ?? undefined,
    remember: (scope, draftID) => trying((tab) => tab.setItem(nameOf(scope), draftID)),
    forget: (scope) => trying((tab) => tab.removeItem(nameOf(scope))),
    // The other drafts stay in the stash: each may be the only copy of its text. A newer version of this draft stays too: a write that
    // fails late stashes what it was to save, which may be older by then.
    stash: (draft) =>
      stashed().some(({ draftID, savedOn }) => draftID === draft.draftID && savedOn > draft.savedOn) ||
      keep([draft, ...stashed().filter(({ draftID }) => draftID !== draft.draftID)]),
    stashed,
    dropStash: (isGone) => void keep(stashed().filter((kept) => !isGone(kept))),
    wipe(userID, on) {
      // Also drafts that were begun before it was known who writes.
      for (const whose of [userID, '']) trying((all) => all.setItem(wipedName(whose), on), shared);
      keep(stashed().filter((kept) => kept.userID !== userID && kept.userID !== ''));
    },
    // Every `wipe` also wipes drafts of no known person, so the note for those has the time of the last one.
    wipedOn: () => Date.parse(wiped('')) || 0,
  };
}

/**
 * Takes a lock by its name, for as long as this page lives.
 * @returns gives the lock up earlier; undefined when somebody else has it
 */
export type Hold = (name: string) => Promise<(() => void) | undefined>;

/**
 * Takes a lock by Web Locks, which the browser releases when the page ends, in whatever way. Without Web Locks (no https), or when the
 * browser refuses them, nobody else can hold the lock, so this counts as having got it.
 * @param mode `shared` only to find out whether the lock is taken: several may do that at the same time
 */
export const holdByLock = (name: string, mode: LockMode = 'exclusive'): ReturnType<Hold> =>
  new Promise((resolve) => {
    const unlocked = () => resolve(() => undefined);
    const locks: LockManager | null | undefined = navigator.locks;
    if (!locks) return unlocked();
    locks
      .request(name, { ifAvailable: true, mode }, (lock) => {
        if (lock === null) {
          resolve(undefined);
          return undefined;
        }
        return new Promise<void>((release) => resolve(release));
      })
      .catch(unlocked);
  });
