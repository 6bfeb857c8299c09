import { call } from '../../contract/paths.ts';
import type { Problem } from '../../contract/problem.ts';
import { submissionListSchema } from '../../contract/submission.ts';
import { request } from '../api/request.ts';
import { createDraftDesk } from './draft-desk.ts';
import { type Draft, hasContent } from './draft-record.ts';
import { openShelf } from './draft-shelf.ts';
import { type DraftTab, holdByLock, openTab } from './draft-tab.ts';

const tab = openTab();
const latestOf = (drafts: readonly Draft[]) => Math.max(0, ...drafts.map(({ savedOn }) => Date.parse(savedOn) || 0));
let last = latestOf(tab.stashed());
/**
 * The time for `savedOn` and for deleting. By comparing these times we tell which version of a draft is newer, and which drafts were
 * written before everything was deleted. So each time must be later than the last one, than all that was read from the shelf or is in
 * the stash, and than the last deletion, even if the device's clock has been set back.
 */
const now = () => {
  last = Math.max(Date.now(), last + 1, tab.wipedOn() + 1);
  return new Date(last);
};
const onDevice = openShelf(now);
/** The shelf of this browser. */
export const shelf: typeof onDevice = {
  ...onDevice,
  async ofUser(userID) {
    const found = await onDevice.ofUser(userID);
    last = Math.max(last, latestOf(found));
    return found;
  },
};
const newID = () => crypto.randomUUID();

/** How long the person may have to wait for the device without knowing it. */
const deviceMs = 500;
/** How long the person may have to wait for something that they have asked for. */
const askedMs = 5_000;
/**
 * Waits for the device, but not for long: it may be slow, refuse, or never answer.
 * @param otherwise given when `work` fails or takes longer than `ms`; the work itself goes on
 */
export const soon = <T>(work: Promise<T>, otherwise: T, ms = deviceMs): Promise<T> =>
  Promise.race([
    work.catch(() => otherwise),
    new Promise<T>((resolve) => {
      setTimeout(() => resolve(otherwise), ms);
    }),
  ]);

/**
 * The outcome of turning the copy of a submission into a draft again:
 * - `restored`: it is the draft of this tab now.
 * - `already`: this was done before.
 * - `missing`: there is no copy on this device.
 * - `unread`: the device did not answer, so it is not known whether there is one.
 * - `full`: there is a copy, but the device did not store the draft.
 */
export type RestoredCopy = 'restored' | 'already' | 'missing' | 'unread' | 'full';

/**
 * Those of the copies that belong to this account and are not delivered to Moov yet; all of the account's if the portal does not answer.
 */
async function undelivered(accountID: string, copies: readonly Draft[]): Promise<Draft[]> {
  const own = copies.filter((copy) => copy.accountID === accountID);
  const answer = await request('GET', call.submissions(accountID), { schema: submissionListSchema });
  if (!answer.ok) return own;
  const waiting = new Set(answer.value.items.map(({ submissionID }) => submissionID));
  return own.filter(({ submissionID }) => submissionID !== undefined && waiting.has(submissionID));
}

/** The drafts of this device, as this tab works with them. `news` tells the other tabs that drafts were deleted. */
function createDrafts({ shelf, tab, news }: { shelf: ReturnType<typeof openShelf>; tab: DraftTab; news: DraftNews }) {
  const live = new Set<() => Promise<Draft>>();
  /** What this person has in the stash, and what was written before it was known who writes. */
  const ownOf = (userID: string) => tab.stashed().filter((kept) => kept.userID === userID || kept.userID === '');
  return {
    newDesk: () => createDraftDesk({ shelf, tab, hold: holdByLock, now, newID }),
    now,
    onWiped: news.onWiped,
    /**
     * Registers an open form, so that `unsent` counts its draft too.
     * @param current saves the form and gives its draft
     * @returns call this when the form is closed
     */
    whileOpen(current: () => Promise<Draft>): () => void {
      live.add(current);
      return () => live.delete(current);
    },

    /**
     * Counts what signing out would delete: `drafts` of this person that were not submitted, and `tickets` that are not delivered yet and
     * whose text is on this device.
     * @returns undefined when there are neither
     */
    async unsent(userID: string): Promise<{ drafts: number; tickets: number } | undefined> {
      const open = await Promise.all([...live].map((current) => current()));
      const shelved = await soon(shelf.ofUser(userID), []);
      // If the device refuses, only the tab's stash has the drafts.
      const all = [...new Map([...ownOf(userID), ...shelved, ...open].map((draft) => [draft.draftID, draft])).values()];
      const { length: drafts } = all.filter((draft) => draft.submissionID === undefined && hasContent(draft));
      const copies = all.filter(({ submissionID }) => submissionID !== undefined);
      const accounts = [...new Set(copies.map(({ accountID }) => accountID))];
      const waiting = (await Promise.all(accounts.map((accountID) => undelivered(accountID, copies)))).flat();
      return drafts + waiting.length === 0 ? undefined : { drafts, tickets: waiting.length };
    },

    /** Deletes everything that this person has written on this device, in all tabs, including copies of sent tickets. */
    async wipeDrafts(userID: string): Promise<void> {
      const on = now().toISOString();
      tab.wipe(userID, on);
      news.wiped(userID);
      // If the device does not answer now, it deletes them when it is read next. Signing out does not wait for that.
      await soon(shelf.wipe(userID, on), undefined);
    },

    /**
     * Turns the copy of a submission that was refused or cancelled into the draft of this tab, with a new idempotency key. The next
     * new-ticket page of the account shows it. Only copies of this person are found, not what others have written on this device.
     * @param problem why Moov has refused it; shown in the form
     */
    async restoreSent(submissionID: string, userID: string, problem?: Problem): Promise<RestoredCopy> {
      // If the device refuses, or if it was not known who wrote it, only the tab's stash has the copy. Then the draft goes into the stash.
      const own = ownOf(userID);
      const shelved = await soon<Draft[] | undefined>(shelf.ofUser(userID), undefined, askedMs);
      const mine = [...own, ...(shelved ?? [])];
      // Checked first: another tab may have put the text back and written on, while this one still has the copy in its stash.
      if (mine.some(({ restoredFrom }) => restoredFrom === submissionID)) return 'already';
      const copy = mine.find((draft) => draft.submissionID === submissionID);
      if (copy === undefined) return shelved === undefined ? 'unread' : 'missing';
      const { submissionID: _settled, ...draft } = copy;
      const again: Draft = {
        ...draft,
        userID,
        restoredFrom: submissionID,
        idempotencyKey: newID(),
        attempted: false,
        savedOn: now().toISOString(),
        ...(problem !== undefined && { problem }),
      };
      const put = own.includes(copy) ? Promise.resolve(tab.stash(again)) : shelf.put(again).then(() => true);
      if (!(await soon(put, false, askedMs))) {
        // The device may still store it later. Written again as the copy, so that it can be put back at the next try. If the device
        // refuses this too, the shelf has noted that what is stored there is the copy.
        void shelf.put({ ...copy, userID }).catch(() => undefined);
        return 'full';
      }
      tab.remember(again, again.draftID);
      return 'restored';
    },

    /** Deletes the copy of a submission that has become a ticket. Never throws. */
    async dropSent(submissionID: string): Promise<void> {
      // If a copy cannot be deleted now, it is deleted later because of its age.
      const own = tab.stashed().filter((kept) => kept.submissionID === submissionID);
      tab.dropStash((kept) => kept.submissionID === submissionID);
      // If only the stash had the copy, the shelf may still have it as a draft. A version that was changed since is not a copy: it stays.
      const isCopy = (draft: Draft) =>
        draft.submissionID === submissionID ||
        own.some(({ draftID, savedOn }) => draftID === draft.draftID && savedOn >= draft.savedOn);
      const found = [shelf.ofSubmission(submissionID), ...own.map(({ userID }) => shelf.ofUser(userID))];
      const copies = (await Promise.all(found).catch(() => [])).flat().filter(isCopy);
      await shelf.remove(copies.map(({ draftID }) => draftID)).catch(() => undefined);
    },
  };
}

/** @param elsewhere true when another tab has done it */
type WipedListener = (userID: string, elsewhere: boolean) => void;
/** Tells every tab, first this one, that the drafts of a person were deleted. `onWiped` returns how to stop listening. */
type DraftNews = {
  wiped(userID: string): void;
  onWiped(listener: WipedListener): () => void;
};

function openNews(): DraftNews {
  const listeners = new Set<WipedListener>();
  const tell = (userID: unknown, elsewhere: boolean) => {
    if (typeof userID === 'string') for (const listener of listeners) listener(userID, elsewhere);
  };
  // Opened only when it is needed, and so never while the build renders pages: an open channel keeps a Node process alive.
  let channel: BroadcastChannel | undefined;
  const open = () => {
    if (channel === undefined) {
      channel = new BroadcastChannel('drafts-wiped');
      channel.addEventListener('message', (event: MessageEvent<unknown>) => tell(event.data, true));
    }
    return channel;
  };
  return {
    wiped(userID) {
      tell(userID, false);
      open().postMessage(userID);
    },
    onWiped(listener) {
      open();
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The drafts in this browser. */
export const drafts = createDrafts({ shelf, tab, news: openNews() });
export const { unsent, wipeDrafts, restoreSent, dropSent } = drafts;
