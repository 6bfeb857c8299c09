import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { Problem } from '../../contract/problem.ts';
import { sessionQuery } from '../api/session.ts';
import { drafts } from './draft.ts';
import type { OtherDraft } from './draft-desk.ts';
import { createDraftKeeper, type SaveStatus } from './draft-keeper.ts';
import { type DraftFields, inConflict, sameFields } from './draft-record.ts';
import {
  createDraftActions,
  type DraftForm,
  type DraftStatus,
  type DraftStory,
  type HasOpened,
  openWithinMs,
  typedIn,
} from './new-ticket-draft-actions.ts';
import { prefillOf } from './new-ticket-prefill.ts';

/** How often a tab whose drafts were deleted looks whether the person is signed in again. */
const lookForSessionMs = 5_000;

/**
 * The draft behind the form: finds it on the device, shows it, and keeps it saved. Until it is known who is signed in, the draft stays in
 * the tab's stash.
 * @returns the actions, and what the form shows: `status` of saving, `story` and `looking` for the bar, the `others`, which fields are
 *   `prefilled`, the `problem` with which Moov refused the draft, whether the search is over (`settled`), and the `keeper`
 */
export function useDraft({
  accountID,
  userID,
  signedIn,
  form,
}: {
  accountID: string;
  userID: string | undefined;
  /** false when nobody is signed in, and until it is known */
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
  /** the words for the bar while the device takes long to give a draft; '' for none */
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
    createDraftActions({
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

  // Text that is in the inputs already was typed before React was there, or filled in by the browser.
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
      // The person typed on during the search. If that contradicts the draft that was found, search again for one that fits.
      while (!gone && found.restored && inConflict(found.draft.fields, typed())) found = await open();
      if (gone) {
        // The page was left during the search. What was typed meanwhile is in the stash: save it as a draft of its own. If the device
        // refuses, it stays in the stash.
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
      // If this tab itself signs out, it is about to leave the page: nothing more to do.
      if (!elsewhere) return;
      // Marks the session as expired at once, and drops answers under way: otherwise signing in again would not be a change of state.
      const { queryKey } = sessionQuery;
      void client.cancelQueries({ queryKey }, { revert: false });
      client.setQueryData(queryKey, () => ({ state: 'expired' as const, userID }));
    });
  }, [userID, client, actions]);

  useEffect(() => {
    if (signedIn) actions.back();
  }, [signedIn, actions]);

  // Signing in in another tab must be noticed even without coming back to this one: both windows may be visible.
  useEffect(() => {
    if (!away) return;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') void client.refetchQueries({ queryKey: sessionQuery.queryKey });
    }, lookForSessionMs);
    return () => clearInterval(timer);
  }, [away, client]);

  /** the device was searched (or takes too long), or there is nobody whose drafts could be there */
  const settled = opened !== 'no' || userID === undefined;
  // Until the draft is opened, only the tab's stash has what is typed, so “saved on this device” would be wrong.
  const untilOpened = opened === 'late' ? 'failed' : 'idle';
  const kept = status === 'saved' && opened !== 'yes' ? untilOpened : status;
  const said: DraftStatus = away && kept !== 'failed' ? 'away' : kept;
  // Asked by the browser, in its own words, while the device has not taken the text: at most this tab keeps it, and not when it is closed.
  const unkept = said === 'failed';
  useEffect(() => {
    if (!unkept) return;
    const ask = (event: BeforeUnloadEvent) => {
      actions.catchUp();
      if (!sameFields(typedIn(keeper.draft()), {})) event.preventDefault();
    };
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [unkept, actions, keeper]);

  return { ...actions, status: said, story, looking, others, prefilled, problem, settled, keeper };
}
