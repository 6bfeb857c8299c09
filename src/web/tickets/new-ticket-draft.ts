import { useQueryClient } from '@tanstack/react-query';
import { type Dispatch, type RefObject, type SetStateAction, useEffect, useRef, useState } from 'react';
import type { Problem } from '../../contract/problem.ts';
import { type NewTicketField, newTicketFields } from '../../contract/ticket.ts';
import { sessionQuery } from '../api/session.ts';
import { filingWords } from '../words/filing.ts';
import { drafts, soon } from './draft.ts';
import type { DraftDesk, Opened, OtherDraft } from './draft-desk.ts';
import { createDraftKeeper, type DraftKeeper, type SaveStatus } from './draft-keeper.ts';
import { type Draft, type DraftFields, hasContent, inConflict, sameFields } from './draft-record.ts';
import { prefillOf } from './new-ticket-prefill.ts';

/** How a draft reads and fills the form. */
export type DraftForm = {
  /** all that stands in the form now */
  read(): DraftFields;
  /** fills the form; a field that is absent takes its default. What was said about one that changes is over */
  write(fields: DraftFields): void;
  /** nothing that was said about the fields holds any more */
  clearErrors(): void;
};

/** What is said about saving. `away`: the person has signed out in another tab, so that only this one keeps the text. */
export type DraftStatus = SaveStatus | 'away';

/** What is said about the draft above the form. */
export type DraftStory =
  | { about: 'nothing' }
  | { about: 'restored'; savedOn: string; copied: boolean; attempted: boolean }
  | { about: 'discarded'; draft: Draft }
  | { about: 'undone' }
  | { about: 'wiped' };

const lookForSessionMs = 5_000;
/** A device that has not given a draft by then may never do so. */
const silentAfterMs = 5_000;
/** How long submitting waits for the draft that the device may have: it may be slow, or never answer. */
const openWithinMs = 1_000;

/** What the person has entered, without what a link had filled in. */
const typedIn = ({ fields, prefill }: Pick<Draft, 'fields' | 'prefill'>): DraftFields =>
  Object.fromEntries(newTicketFields.flatMap((path) => (fields[path] === prefill[path] ? [] : [[path, fields[path]]])));

const without = (fields: DraftFields, path: NewTicketField): DraftFields => {
  const { [path]: _gone, ...rest } = fields;
  return rest;
};

/** Whether the draft has been looked for on the device. `late`: it has not answered in time, and is not waited for any more. */
type HasOpened = 'no' | 'late' | 'yes';

type ActionParts = {
  accountID: string;
  keeper: DraftKeeper;
  /** of the person who writes; another one when that changes */
  desk: RefObject<DraftDesk>;
  /** who writes, as far as is known: the draft itself tells only once the device has been looked through */
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

/** What happens to the draft in the form: it is found, filed, discarded, wiped, brought back, or another takes its place. */
function createActions(parts: ActionParts) {
  const { accountID, keeper, desk, form } = parts;
  /** the draft that is being looked for has been filed or wiped meanwhile */
  let over = false;
  let isAway = false;
  /** grows with all that is asked for: what was asked for before and has not happened yet does not happen any more */
  let asked = 0;
  const timers: ReturnType<typeof setTimeout>[] = [];
  const found = () => {
    for (const timer of timers.splice(0)) clearTimeout(timer);
    parts.setLooking('');
  };
  const sayAfter = (ms: number, words: string) => timers.push(setTimeout(parts.setLooking, ms, words));
  /** The device is asked for a draft: that it does not answer is said until it is `found`, or something else is asked for. */
  const seek = () => {
    found();
    sayAfter(silentAfterMs, filingWords.draft.silent);
  };
  const ask = () => {
    found();
    asked += 1;
    const mine = asked;
    return () => mine === asked;
  };
  const show = (draft: Draft) => {
    keeper.replace(draft);
    form.current.write(draft.fields);
    parts.setPrefilled(draft.prefill);
    parts.setProblem(draft.problem);
    parts.setStatus('idle');
  };
  const look = async () => {
    // A device that refuses to read shows no others; the status says when it refuses to write.
    parts.setOthers(await desk.current.others(keeper.draft()).catch(() => []));
  };
  /** Another draft is in the form: what was said about the one before is not about this one. */
  const turnTo = (draft: Draft) => {
    show(draft);
    form.current.clearErrors();
  };
  /** Reads the message as it is at this moment: the editor tells of changes only when the keys rest. */
  const catchUp = () => {
    const body = form.current.read().body ?? '';
    if (body !== (keeper.draft().fields.body ?? '')) keeper.enter('body', body);
  };
  /** What is in the form is saved, as far as anybody may wait for the device. */
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
    /** The draft as it was opened, with what was typed while it was looked for. */
    begin({ draft, restored, copied }: Opened) {
      found();
      // Filed or wiped while it was looked for: the draft that was found is no draft any more.
      if (over) {
        parts.setOpened('yes');
        void desk.current.take(keeper.draft());
        return;
      }
      catchUp();
      const own = keeper.draft();
      const isOwn = draft.draftID === own.draftID || draft.idempotencyKey === own.idempotencyKey;
      if (own.attempted && !isOwn) {
        // It stays the ticket that it is, under its key, and what was found is offered beside it.
        keeper.note({ userID: draft.userID });
        keeper.changed();
        parts.setOpened('yes');
        void desk.current.take(keeper.draft()).then(look);
        return;
      }
      const stands = form.current.read();
      // What was typed and erased again says nothing about a text that nobody had seen yet.
      const typed = Object.entries(typedIn(own)).filter(([, value]) => isOwn || value !== '');
      const fields: DraftFields = { ...draft.fields, ...Object.fromEntries(typed) };
      const comesBack =
        restored && newTicketFields.some((path) => (fields[path] ?? '') !== '' && fields[path] !== stands[path]);
      const { idempotencyKey, attempted } = own;
      show({ ...draft, ...(isOwn && { idempotencyKey, attempted: attempted || draft.attempted }), fields });
      if (!sameFields(fields, draft.fields)) keeper.changed();
      if (comesBack) {
        parts.setStatus('saved');
        parts.setStory({ about: 'restored', savedOn: draft.savedOn, copied, attempted: draft.attempted });
      }
      parts.setOpened('yes');
      void look();
    },
    /**
     * The ticket is filed: its draft goes, or stays as the copy of a submission. What was changed since it was sent, and
     * what is typed from now on, is not in the ticket: it is a draft of its own. Resolves when the device has done it
     * all, or has refused: a draft that cannot be removed comes back saying that it was submitted, and with its key
     * stays one ticket.
     * @param key under which it was sent
     */
    async filed(sent: DraftFields, key: string, stands: DraftFields, submissionID?: string) {
      over = true;
      const own = keeper.draft();
      // Wiped since then: nothing of the ticket is kept any more, and what is in the form is not in it.
      if (own.idempotencyKey !== key) return;
      const draft = { ...own, userID: own.userID || parts.person.current, fields: sent };
      keeper.end(desk.current.blank(draft, stands, {}));
      if (!sameFields(stands, sent)) keeper.changed();
      const gone = submissionID === undefined ? desk.current.filed(draft) : desk.current.sent(draft, submissionID);
      // At once with the tab too: the page may be left while the device is still removing.
      keeper.leave();
      await Promise.allSettled([gone, keeper.flush()]);
    },
    /** What is in the form is submitted: no draft that was asked for before takes its place any more. */
    stay: ask,
    async discard() {
      ask();
      catchUp();
      const draft = keeper.draft();
      const fresh = desk.current.blank(draft, {}, {});
      keeper.end(fresh);
      turnTo(fresh);
      const removed = desk.current.discard(draft, fresh).then(() => true);
      if (!(await soon(removed, false))) parts.setStatus('failed');
      // Only now can it be undone. Undone earlier, the draft would belong to no tab for a moment, and another could take it.
      parts.setStory({ about: 'discarded', draft });
    },
    /** The person had everything deleted. What is typed from now on is kept by the tab alone, until the person is back. */
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
      // The tab in which it was asked for removes everything too.
      await desk.current.wiped(draft, fresh).catch(() => undefined);
    },
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
    async undoDiscard(draft: Draft) {
      const isWanted = ask();
      await saved();
      if (!isWanted()) return;
      await desk.current.take(draft);
      // Typed on meanwhile: it stays in the draft that was there until now.
      void saved();
      turnTo(draft);
      parts.setStory({ about: 'undone' });
      keeper.changed();
      await look();
    },
    async openOther(listed: Draft) {
      const isWanted = ask();
      seek();
      sayAfter(openWithinMs, filingWords.draft.looking);
      await saved();
      const draft = await desk.current.takeOther(listed, isWanted);
      if (isWanted()) found();
      if (draft !== undefined) {
        // Typed on meanwhile: it stays in the draft that was there until now.
        void saved();
        turnTo(draft);
        parts.setStory({ about: 'restored', savedOn: draft.savedOn, copied: false, attempted: draft.attempted });
      }
      await look();
    },
  };
}

/**
 * The draft behind the form of one account: found, restored and kept saved. Until it is known who is signed in it stays
 * with the tab; `problem` tells why Moov has refused it, when it comes back from there.
 */
export function useDraft({
  accountID,
  userID,
  signedIn,
  form,
}: {
  accountID: string;
  userID: string | undefined;
  /** as far as is known */
  signedIn: boolean;
  form: DraftForm;
}) {
  const [status, setStatus] = useState<SaveStatus>('idle');
  const [story, setStory] = useState<DraftStory>({ about: 'nothing' });
  const [others, setOthers] = useState<OtherDraft[]>([]);
  const [prefilled, setPrefilled] = useState<DraftFields>({});
  const [problem, setProblem] = useState<Problem>();
  const [opened, setOpened] = useState<HasOpened>('no');
  const [away, setAway] = useState(false);
  /** what is said while the device takes long to give a draft */
  const [looking, setLooking] = useState('');
  const client = useQueryClient();

  const [firstDesk] = useState(drafts.newDesk);
  const desk = useRef(firstDesk);
  const person = useRef('');
  const [keeper] = useState(() =>
    createDraftKeeper(firstDesk.blank({ userID: '', accountID }, {}, {}), {
      desk: { save: (draft) => desk.current.save(draft), stash: (draft) => desk.current.stash(draft) },
      now: drafts.now,
      onStatus: setStatus,
    }),
  );
  const bound = useRef(form);
  useEffect(() => {
    bound.current = form;
  });

  const [actions] = useState(() =>
    createActions({
      accountID,
      keeper,
      desk,
      person,
      form: bound,
      setStatus,
      setStory,
      setOthers,
      setPrefilled,
      setProblem,
      setOpened,
      setAway,
      setLooking,
    }),
  );

  // What stands in the page already was typed before React was there, or filled in by the browser.
  useEffect(() => {
    const prefill = prefillOf(location.search);
    const begun = desk.current.begun(accountID);
    const blank = keeper.draft();
    const stands = bound.current.read();
    const typed = Object.fromEntries(Object.entries(stands).filter(([, value]) => value !== ''));
    const base =
      begun !== undefined &&
      !inConflict(begun.fields, typed) &&
      (sameFields(prefill, {}) || sameFields(prefill, begun.prefill))
        ? begun
        : { ...blank, fields: { ...blank.fields, ...prefill }, prefill };
    actions.show({ ...base, fields: { ...base.fields, ...typed } });
    if (!sameFields(typed, {})) keeper.changed();
  }, [accountID, keeper, actions]);

  useEffect(() => {
    if (userID === undefined) return;
    const mine = drafts.newDesk();
    desk.current = mine;
    person.current = userID;
    const scope = { userID, accountID };
    const prefill = prefillOf(location.search);
    let gone = false;
    const find = async () => {
      const typed = () => {
        actions.catchUp();
        return typedIn(keeper.draft());
      };
      typed();
      await keeper.flush();
      const open = () => mine.open(scope, typed(), prefill, keeper.draft());
      let found = await open();
      // Typed on while an earlier draft was looked for: what contradicts that one now leaves it alone.
      while (!gone && found.restored && inConflict(found.draft.fields, typed())) found = await open();
      if (gone) {
        // Left while it was looked for: what the tab alone keeps, typed meanwhile, is a draft of its own. The tab keeps it on where
        // the device refuses.
        const draft = mine.begun(accountID);
        if (draft !== undefined) await mine.save({ ...draft, userID }).catch(() => undefined);
        mine.close();
      } else actions.begin(found);
    };
    actions.seek();
    void find();
    const timer = setTimeout(() => setOpened((is) => (is === 'yes' ? is : 'late')), openWithinMs);
    return () => {
      gone = true;
      clearTimeout(timer);
      mine.close();
    };
  }, [userID, accountID, keeper, actions]);

  useEffect(() => {
    const leave = () => {
      actions.catchUp();
      keeper.leave();
    };
    const hide = () => {
      if (document.visibilityState === 'hidden') leave();
    };
    const stopCounting = drafts.whileOpen(async () => {
      await actions.saved();
      return keeper.draft();
    });
    addEventListener('pagehide', leave);
    document.addEventListener('visibilitychange', hide);
    return () => {
      stopCounting();
      removeEventListener('pagehide', leave);
      document.removeEventListener('visibilitychange', hide);
      keeper.leave();
    };
  }, [keeper, actions]);

  useEffect(() => {
    if (userID === undefined) return;
    return drafts.onWiped((wiped, elsewhere) => {
      if (wiped !== userID) return;
      void actions.wiped(userID);
      // The tab that signs out is about to leave.
      if (!elsewhere) return;
      // Noted at once, and older answers dropped: only then does signing in again show as a change.
      const { queryKey } = sessionQuery;
      void client.cancelQueries({ queryKey }, { revert: false });
      client.setQueryData(queryKey, () => ({ state: 'expired' as const, userID }));
    });
  }, [userID, client, actions]);

  useEffect(() => {
    if (signedIn) actions.back();
  }, [signedIn, actions]);

  // Signing in elsewhere must be noticed without a return to this tab: both windows may be in sight.
  useEffect(() => {
    if (!away) return;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') void client.refetchQueries({ queryKey: sessionQuery.queryKey });
    }, lookForSessionMs);
    return () => clearInterval(timer);
  }, [away, client]);

  /** what was there has been looked for, or nothing can be there */
  const settled = opened !== 'no' || userID === undefined;
  // Until the draft is opened, only the tab keeps what is typed.
  const untilOpened = opened === 'late' ? 'failed' : 'idle';
  const kept = status === 'saved' && opened !== 'yes' ? untilOpened : status;
  const said: DraftStatus = away && kept !== 'failed' ? 'away' : kept;
  return { ...actions, status: said, story, looking, others, prefilled, problem, settled, keeper };
}
