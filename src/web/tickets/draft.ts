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
 * Later each time, and later than what was read and what was deleted last, though the clock be set back: by it what is newer is told,
 * and what is gone.
 */
const now = () => {
  last = Math.max(Date.now(), last + 1, tab.wipedOn() + 1);
  return new Date(last);
};
const onDevice = openShelf(now);
/** Where this browser keeps them. */
export const shelf: typeof onDevice = {
  ...onDevice,
  async ofUser(userID) {
    const found = await onDevice.ofUser(userID);
    last = Math.max(last, latestOf(found));
    return found;
  },
};
const newID = () => crypto.randomUUID();

const deviceMs = 500;
/** For what somebody has asked for, and waits for. */
const askedMs = 5_000;
/** What comes of asking the device, as long as anybody may wait for it: it may be slow, refuse, or never answer. */
export const soon = <T>(work: Promise<T>, otherwise: T, ms = deviceMs): Promise<T> =>
  Promise.race([
    work.catch(() => otherwise),
    new Promise<T>((resolve) => {
      setTimeout(() => resolve(otherwise), ms);
    }),
  ]);

/**
 * What has become of the wish to have a copy back: `already` when it was put back before, `missing` when there is none, `unread` when
 * the device does not tell, `full` when it takes nothing more.
 */
export type RestoredCopy = 'restored' | 'already' | 'missing' | 'unread' | 'full';

/** Which of these copies of one account are not delivered yet. Where nobody can tell, all of them may be. */
async function undelivered(accountID: string, copies: readonly Draft[]): Promise<Draft[]> {
  const own = copies.filter((copy) => copy.accountID === accountID);
  const answer = await request('GET', call.submissions(accountID), { schema: submissionListSchema });
  if (!answer.ok) return own;
  const waiting = new Set(answer.value.items.map(({ submissionID }) => submissionID));
  return own.filter(({ submissionID }) => submissionID !== undefined && waiting.has(submissionID));
}

/** The drafts of this device, seen from this tab; `news` tells other tabs that they have been wiped. */
function createDrafts({ shelf, tab, news }: { shelf: ReturnType<typeof openShelf>; tab: DraftTab; news: DraftNews }) {
  const live = new Set<() => Promise<Draft>>();
  /** What the tab keeps of this person, and of whoever wrote before that was known. */
  const ownOf = (userID: string) => tab.stashed().filter((kept) => kept.userID === userID || kept.userID === '');
  return {
    newDesk: () => createDraftDesk({ shelf, tab, hold: holdByLock, now, newID }),
    now,
    onWiped: news.onWiped,
    /** An open form: `current` saves what it has not saved yet, and tells what stands in it. */
    whileOpen(current: () => Promise<Draft>): () => void {
      live.add(current);
      return () => live.delete(current);
    },

    /**
     * How many drafts of this person were begun on this device and not submitted, and how many copies are the last text of
     * a ticket that is not delivered yet. Undefined when there are none.
     */
    async unsent(userID: string): Promise<{ drafts: number; tickets: number } | undefined> {
      const open = await Promise.all([...live].map((current) => current()));
      const shelved = await soon(shelf.ofUser(userID), []);
      // Where the device refuses, the tab alone has them.
      const all = [...new Map([...ownOf(userID), ...shelved, ...open].map((draft) => [draft.draftID, draft])).values()];
      const { length: drafts } = all.filter((draft) => draft.submissionID === undefined && hasContent(draft));
      const copies = all.filter(({ submissionID }) => submissionID !== undefined);
      const accounts = [...new Set(copies.map(({ accountID }) => accountID))];
      const waiting = (await Promise.all(accounts.map((accountID) => undelivered(accountID, copies)))).flat();
      return drafts + waiting.length === 0 ? undefined : { drafts, tickets: waiting.length };
    },

    /** Removes everything that this person has written on this device, sent copies included, in every tab. */
    async wipeDrafts(userID: string): Promise<void> {
      const on = now().toISOString();
      tab.wipe(userID, on);
      news.wiped(userID);
      // A device that does not answer now does so when it is asked next; signing out goes on.
      await soon(shelf.wipe(userID, on), undefined);
    },

    /**
     * Turns the copy of a submission that was refused or cancelled into the draft of this tab, with a key of its own: the
     * next new-ticket page of its account shows it, with `problem` beside the inputs if there is one. Nobody gets what
     * somebody else has written on this device.
     */
    async restoreSent(submissionID: string, userID: string, problem?: Problem): Promise<RestoredCopy> {
      // Of a device that refuses, or before it was known who writes, the tab alone has it, and keeps it on.
      const own = ownOf(userID);
      const shelved = await soon<Draft[] | undefined>(shelf.ofUser(userID), undefined, askedMs);
      const mine = [...own, ...(shelved ?? [])];
      // First: the tab may still keep the copy that another has put back, and written on.
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
        // It is the copy still, and can be asked for again.
        void shelf.put({ ...copy, userID }).catch(() => undefined);
        return 'full';
      }
      tab.remember(again, again.draftID);
      return 'restored';
    },

    /** Forgets the copy of a submission that was created, or that nobody wants back. */
    async dropSent(submissionID: string): Promise<void> {
      // A copy that cannot be removed now goes by its age.
      const own = tab.stashed().filter((kept) => kept.submissionID === submissionID);
      tab.dropStash((kept) => kept.submissionID === submissionID);
      // Of one that the tab alone kept, the device may have the draft as it was before. One that was written on since is another.
      const isCopy = (draft: Draft) =>
        draft.submissionID === submissionID ||
        own.some(({ draftID, savedOn }) => draftID === draft.draftID && savedOn >= draft.savedOn);
      const found = [shelf.ofSubmission(submissionID), ...own.map(({ userID }) => shelf.ofUser(userID))];
      const copies = (await Promise.all(found).catch(() => [])).flat().filter(isCopy);
      await shelf.remove(copies.map(({ draftID }) => draftID)).catch(() => undefined);
    },
  };
}

/** @param elsewhere it happened in another tab */
type WipedListener = (userID: string, elsewhere: boolean) => void;
/** Says in every tab, this one included and first, that the drafts of a person have been wiped. */
type DraftNews = {
  wiped(userID: string): void;
  onWiped(listener: WipedListener): () => void;
};

function openNews(): DraftNews {
  const listeners = new Set<WipedListener>();
  const tell = (userID: unknown, elsewhere: boolean) => {
    if (typeof userID === 'string') for (const listener of listeners) listener(userID, elsewhere);
  };
  // Opened when first needed, and never where pages are rendered ahead: an open channel keeps a process alive.
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

/** The drafts of this browser. */
export const drafts = createDrafts({ shelf, tab, news: openNews() });
export const { unsent, wipeDrafts, restoreSent, dropSent } = drafts;
