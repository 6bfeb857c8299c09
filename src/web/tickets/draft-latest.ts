import { shelf } from './draft.ts';
import { lockName } from './draft-desk.ts';
import { type Draft, type DraftScope, hasContent } from './draft-record.ts';
import { holdByLock, openTab } from './draft-tab.ts';

/** The draft that was written last, with something in it, that no tab has open. */
export async function latestDraft({ userID, accountID }: DraftScope): Promise<Draft | undefined> {
  const all = await shelf.ofUser(userID).catch(() => []);
  const drafts = all
    .filter((draft) => draft.accountID === accountID && draft.submissionID === undefined && hasContent(draft))
    .sort((one, other) => other.savedOn.localeCompare(one.savedOn));
  for (const draft of drafts) {
    // To look who holds it would not do: a page that was left, and is kept for going back to, gives it up only to whoever asks for it.
    const release = await holdByLock(lockName(draft.draftID), 'shared');
    release?.();
    if (release !== undefined) return draft;
  }
  return undefined;
}

/** The form brings back this draft when it is opened in this tab next, though the tab may have had another of its own. */
export const goOnWith = (draft: Draft): void => openTab().remember(draft, draft.draftID);
