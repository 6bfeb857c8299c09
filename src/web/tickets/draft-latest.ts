import { shelf } from './draft.ts';
import { lockName } from './draft-desk.ts';
import { type Draft, type DraftScope, hasContent } from './draft-record.ts';
import { holdByLock, openTab } from './draft-tab.ts';

/** The latest draft for this person and account that is not empty and that no tab has open; undefined when there is none. Never throws. */
export async function latestDraft({ userID, accountID }: DraftScope): Promise<Draft | undefined> {
  const all = await shelf.ofUser(userID).catch(() => []);
  const drafts = all
    .filter((draft) => draft.accountID === accountID && draft.submissionID === undefined && hasContent(draft))
    .sort((one, other) => other.savedOn.localeCompare(one.savedOn));
  for (const draft of drafts) {
    // Asks for the lock, instead of asking who holds it: a page that the browser keeps for going back to (bfcache) gives its lock up only
    // when somebody asks for it.
    const release = await holdByLock(lockName(draft.draftID), 'shared');
    release?.();
    if (release !== undefined) return draft;
  }
  return undefined;
}

/** Makes this draft the one of this tab, so that the next form in this tab opens it, even if the tab had another one. */
export const goOnWith = (draft: Draft): void => openTab().remember(draft, draft.draftID);
