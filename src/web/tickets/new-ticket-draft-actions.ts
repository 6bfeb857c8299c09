import type { Dispatch, RefObject, SetStateAction } from 'react';
import type { Problem } from '../../contract/problem.ts';
import { type NewTicketField, newTicketFields } from '../../contract/ticket.ts';
import { filingWords } from '../words/filing.ts';
import { soon } from './draft.ts';
import type { DraftDesk, Opened, OtherDraft } from './draft-desk.ts';
import type { DraftKeeper, SaveStatus } from './draft-keeper.ts';
import { type Draft, type DraftFields, hasContent, sameFields } from './draft-record.ts';

/** How a draft reads and fills the form. */
export type DraftForm = {
  /** what is in the form now, with all fields */
  read(): DraftFields;
  /** fills the form; an absent field gets its default. Removes the errors of the fields that change */
  write(fields: DraftFields): void;
  /** removes the errors of all fields */
  clearErrors(): void;
};

/** What the form says about saving. `away`: the person has signed out in another tab, so only this tab keeps the text. */
export type DraftStatus = SaveStatus | 'away';

/** What the bar above the form says about the draft. */
export type DraftStory =
  | { about: 'nothing' }
  | { about: 'restored'; savedOn: string; copied: boolean; attempted: boolean }
  | { about: 'discarded'; draft: Draft }
  | { about: 'undone' }
  | { about: 'wiped' };

/** Whether the bar above the form has the button that discards the draft: it is about this draft, and the person may not want it. */
export const isOfferedInBar = ({ about }: DraftStory) => about === 'restored' || about === 'undone';

/** If the device has not given a draft by then, it may never do so: the bar says that it does not answer. */
const silentAfterMs = 5_000;
/** How long submitting waits for a draft that the device may have: the device may be slow, or never answer. */
export const openWithinMs = 1_000;

/** The fields that differ from what a link filled in: what the person has entered or erased. */
export const typedIn = ({ fields, prefill }: Pick<Draft, 'fields' | 'prefill'>): DraftFields =>
  Object.fromEntries(newTicketFields.flatMap((path) => (fields[path] === prefill[path] ? [] : [[path, fields[path]]])));

const without = (fields: DraftFields, path: NewTicketField): DraftFields => {
  const { [path]: _gone, ...rest } = fields;
  return rest;
};

/** Whether the device has been searched for a draft. `late`: it has not answered in time, and the form no longer waits for it. */
export type HasOpened = 'no' | 'late' | 'yes';

type ActionParts = {
  accountID: string;
  keeper: DraftKeeper;
  /** the desk of the person who writes; replaced when another person signs in */
  desk: RefObject<DraftDesk>;
  /** the id of the person who writes, '' until it is known. The draft itself has it only after the device was searched */
  person: RefObject<string>;
  form: RefObject<DraftForm>;
  setStatus(status: SaveStatus): void;
  setStory(story: DraftStory): void;
  setOthers(others: OtherDraft[]): void;
  setPrefilled: Dispatch<SetStateAction<DraftFields>>;
  setProblem(problem: Problem | undefined): void;
  setOpened(opened: HasOpened): void;
  setAway(away: boolean): void;
  setLooking(looking: string): void;
};

/** All that can happen to the draft in the form: it is found, filed, discarded, brought back or wiped, or another one is opened. */
export function createDraftActions(parts: ActionParts) {
  const { accountID, keeper, desk, form } = parts;
  /** the form's first draft was filed or wiped: a draft that is still being looked for must not be shown */
  let over = false;
  let isAway = false;
  /** grows with each action of the person. An earlier action that still waits for the device is dropped then: only the latest counts */
  let asked = 0;
  const timers: ReturnType<typeof setTimeout>[] = [];
  /** Removes the words about a slow device: it has answered, or is no longer waited for. */
  const found = () => {
    for (const timer of timers.splice(0)) clearTimeout(timer);
    parts.setLooking('');
  };
  const sayAfter = (ms: number, words: string) => timers.push(setTimeout(parts.setLooking, ms, words));
  /** Call this when the device is asked for a draft. If it does not answer, the bar says so, until `found` or the next action. */
  const seek = () => {
    found();
    sayAfter(silentAfterMs, filingWords.draft.silent);
  };
  /** Begins an action of the person. @returns whether this is still the latest action */
  const ask = () => {
    found();
    asked += 1;
    const mine = asked;
    return () => mine === asked;
  };
  /** Puts a draft into the form. */
  const show = (draft: Draft) => {
    keeper.replace(draft);
    form.current.write(draft.fields);
    parts.setPrefilled(draft.prefill);
    parts.setProblem(draft.problem);
    parts.setStatus('idle');
  };
  /** Lists the other drafts. */
  const look = async () => {
    // If the device refuses to read, no other drafts are shown. The status says when it refuses to write.
    parts.setOthers(await desk.current.others(keeper.draft()).catch(() => []));
  };
  /** Puts another draft into the form, and removes the errors, which were about the last one. */
  const turnTo = (draft: Draft) => {
    show(draft);
    form.current.clearErrors();
  };
  /** Takes the message as it is now into the draft: the editor reports changes with a delay. */
  const catchUp = () => {
    const body = form.current.read().body ?? '';
    if (body !== (keeper.draft().fields.body ?? '')) keeper.enter('body', body);
  };
  /** Saves what is in the form. Waits for the device, but not longer than 500 ms. */
  const saved = () => {
    catchUp();
    return soon(keeper.flush(), undefined);
  };
  return {
    catchUp,
    saved,
    enter(path: NewTicketField, value: string) {
      keeper.enter(path, value);
      parts.setPrefilled((before) => (before[path] === undefined ? before : without(before, path)));
    },
    show,
    seek,
    /** Shows the draft that the desk has opened, together with what was typed while the device was searched. */
    begin({ draft, restored, copied }: Opened) {
      found();
      // The form was submitted, or the drafts wiped, during the search: the draft that was found must not be shown any more.
      if (over) {
        parts.setOpened('yes');
        void desk.current.take(keeper.draft());
        return;
      }
      catchUp();
      const own = keeper.draft();
      const isOwn = draft.draftID === own.draftID || draft.idempotencyKey === own.idempotencyKey;
      if (own.attempted && !isOwn) {
        // The form was submitted during the search: it stays that ticket, with its key. The draft that was found is listed with the others.
        keeper.note({ userID: draft.userID });
        keeper.changed();
        parts.setOpened('yes');
        void desk.current.take(keeper.draft()).then(look);
        return;
      }
      const stands = form.current.read();
      // A field that was typed into and emptied again does not empty the field of a draft that the person had not seen yet.
      const typed = Object.entries(typedIn(own)).filter(([, value]) => isOwn || value !== '');
      const fields: DraftFields = { ...draft.fields, ...Object.fromEntries(typed) };
      const comesBack =
        restored && newTicketFields.some((path) => (fields[path] ?? '') !== '' && fields[path] !== stands[path]);
      const { idempotencyKey, attempted } = own;
      show({ ...draft, ...(isOwn && { idempotencyKey, attempted: attempted || draft.attempted }), fields });
      // A draft that was not there before is not stored yet.
      if (!sameFields(fields, restored ? draft.fields : draft.prefill)) keeper.changed();
      if (comesBack) {
        parts.setStatus('saved');
        parts.setStory({ about: 'restored', savedOn: draft.savedOn, copied, attempted: draft.attempted });
      }
      parts.setOpened('yes');
      void look();
    },
    /**
     * Call this when the ticket was accepted. Deletes its draft, or keeps it as the copy of a submission. If the form has changed since the
     * ticket was sent, the changed text becomes a new draft, since it is not in the ticket. Resolves when the device has done everything or
     * has refused. (A draft that could not be deleted comes back later and says that it was submitted before. It still has its key, so
     * submitting it again files no second ticket.)
     * @param sent the fields as they were sent
     * @param key the idempotency key with which they were sent
     * @param stands what is in the form now
     * @param submissionID given when the ticket was accepted but not delivered yet
     */
    async filed(sent: DraftFields, key: string, stands: DraftFields, submissionID?: string) {
      over = true;
      const own = keeper.draft();
      // The drafts were wiped after the ticket was sent: there is nothing to delete, and the form holds another text.
      if (own.idempotencyKey !== key) return;
      const draft = { ...own, userID: own.userID || parts.person.current, fields: sent };
      keeper.end(desk.current.blank(draft, stands, {}));
      if (!sameFields(stands, sent)) keeper.changed();
      const gone = submissionID === undefined ? desk.current.filed(draft) : desk.current.sent(draft, submissionID);
      // Also puts the new draft into the stash at once: the page may be left while the device is still busy.
      keeper.leave();
      await Promise.allSettled([gone, keeper.flush()]);
    },
    /** Call this when the form is submitted: a draft that was asked for before must not replace it any more. */
    stay: ask,
    /** Discards the draft, and begins a new one. */
    async discard() {
      ask();
      catchUp();
      const draft = keeper.draft();
      const fresh = desk.current.blank(draft, {}, {});
      keeper.end(fresh);
      turnTo(fresh);
      const removed = desk.current.discard(draft, fresh).then(() => true);
      if (!(await soon(removed, false))) parts.setStatus('failed');
      // Undo is offered only now. If it were possible earlier, no tab would hold the draft's lock for a moment, and another could take it.
      parts.setStory({ about: 'discarded', draft });
    },
    /** Call this when the person's drafts were deleted by signing out. What is typed from now on stays in this tab until they are back. */
    async wiped(who: string) {
      ask();
      over = true;
      isAway = true;
      const draft = keeper.draft();
      const fresh = desk.current.blank({ userID: who, accountID }, {}, {});
      keeper.end(fresh);
      turnTo(fresh);
      parts.setAway(true);
      parts.setStory({ about: 'wiped' });
      parts.setOthers([]);
      // A failure does no harm: the tab that signs out deletes everything too.
      await desk.current.wiped(draft, fresh).catch(() => undefined);
    },
    /** Call this when the person is signed in: after `wiped`, drafts are saved on the device again. */
    back() {
      if (!isAway) return;
      isAway = false;
      desk.current.back();
      parts.setAway(false);
      parts.setStatus('idle');
      catchUp();
      if (hasContent(keeper.draft())) keeper.changed();
      void keeper.flush();
    },
    /** Brings back the draft that was discarded last. */
    async undoDiscard(draft: Draft) {
      const isWanted = ask();
      await saved();
      if (!isWanted()) return;
      await desk.current.take(draft);
      // What was typed meanwhile belongs to the previous draft, and is saved in it.
      void saved();
      turnTo(draft);
      parts.setStory({ about: 'undone' });
      keeper.changed();
      await look();
    },
    /** Opens one of the other drafts in place of the one in the form, which is saved. */
    async openOther(listed: Draft) {
      const isWanted = ask();
      seek();
      sayAfter(openWithinMs, filingWords.draft.looking);
      await saved();
      const draft = await desk.current.takeOther(listed, isWanted);
      if (isWanted()) found();
      if (draft !== undefined) {
        // What was typed meanwhile belongs to the last draft, and is saved in it.
        void saved();
        turnTo(draft);
        parts.setStory({ about: 'restored', savedOn: draft.savedOn, copied: false, attempted: draft.attempted });
      }
      await look();
    },
  };
}
