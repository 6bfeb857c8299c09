import * as z from 'zod/mini';
import { type Draft, type DraftScope, draftSchema } from './draft-record.ts';

/**
 * What this tab knows about its own draft, across reloads: which one it is, and what could not be put on the shelf yet
 * (the person is not known, or the page is being left and only something immediate will do).
 */
export type DraftTab = {
  draftID(scope: DraftScope): string | undefined;
  remember(scope: DraftScope, draftID: string): void;
  forget(scope: DraftScope): void;
  /** false when the browser refuses */
  stash(draft: Draft): boolean;
  /** each draft that it keeps, the one that was put there last first */
  stashed(): Draft[];
  dropStash(isGone: (kept: Draft) => boolean): void;
  /** Everything that this person wrote until then was deleted: no tab of this device keeps it, wherever that tab is just now. */
  wipe(userID: string, on: string): void;
  /** when that was done last, whoever it was; 0 when never */
  wipedOn(): number;
};

const stashName = 'draft-stash';
const wipedName = (userID: string) => `drafts-wiped ${userID}`;
const nameOf = ({ userID, accountID }: DraftScope) => `draft ${userID} ${accountID}`;

/**
 * Over sessionStorage, which each tab has of its own, and localStorage, which all share. Where a browser refuses it, the tab knows
 * nothing.
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
      // One alone is from a page of an earlier version.
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
    // Beside the others: each may be the only copy of its text. A write that fails late was to save what is older by now.
    stash: (draft) =>
      stashed().some(({ draftID, savedOn }) => draftID === draft.draftID && savedOn > draft.savedOn) ||
      keep([draft, ...stashed().filter(({ draftID }) => draftID !== draft.draftID)]),
    stashed,
    dropStash: (isGone) => void keep(stashed().filter((kept) => !isGone(kept))),
    wipe(userID, on) {
      // What was begun before it was known who writes goes with it.
      for (const whose of [userID, '']) trying((all) => all.setItem(wipedName(whose), on), shared);
      keep(stashed().filter((kept) => kept.userID !== userID && kept.userID !== ''));
    },
    // What nobody is known to have written goes each time.
    wipedOn: () => Date.parse(wiped('')) || 0,
  };
}

/** Takes a name for as long as this page lives, or until the given function is called; undefined when it is taken. */
export type Hold = (name: string) => Promise<(() => void) | undefined>;

/**
 * By the Web Locks of the browser, which end with the page that holds them, however it ends. Where there are none (no
 * secure context) or they are refused, nobody else can hold one either.
 * @param mode `shared` for whoever only wants to know whether it is taken: several may ask at a time
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
