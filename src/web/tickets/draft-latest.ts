import { shelf } from './draft.ts';
import { lockName } from './draft-desk.ts';
import { type Draft, type DraftScope, hasContent } from './draft-record.ts';
import { openTab } from './draft-tab.ts';

/** The draft that was written last, with something in it, that no tab has open. */
export async function latestDraft({ userID, accountID }: DraftScope): Promise<Draft | undefined> {
  const all = await shelf.ofUser(userID).catch(() => []);
  const open = await namesHeld();
  return all
    .filter((draft) => draft.accountID === accountID && draft.submissionID === undefined && hasContent(draft))
    .filter(({ draftID }) => !open.has(lockName(draftID)))
    .sort((one, other) => other.savedOn.localeCompare(one.savedOn))[0];
}

/** The form brings back this draft when it is opened in this tab next, though the tab may have had another of its own. */
export const goOnWith = (draft: Draft): void => openTab().remember(draft, draft.draftID);

/** The Web Locks that are held in whichever page of this browser; none where it has no locks, or tells nothing of them. */
async function namesHeld(): Promise<Set<string | undefined>> {
  const locks: LockManager | null | undefined = navigator.locks;
  const { held = [] } = (await locks?.query().catch(() => undefined)) ?? {};
  return new Set(held.map(({ name }) => name));
}
