import { useQueryClient } from '@tanstack/react-query';
import { type RefObject, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { useLocation } from 'wouter';
import { page } from '../../contract/paths.ts';
import type { Problem } from '../../contract/problem.ts';
import type { NewTicket } from '../../contract/ticket.ts';
import { useOnline } from '../layout/banner.tsx';
import { soon } from './draft.ts';
import type { DraftKeeper } from './draft-keeper.ts';
import { type DraftFields, sameFields } from './draft-record.ts';
import { SubmissionPage, TicketPage } from './later-pages.ts';
import type { DraftForm, useDraft } from './new-ticket-draft.ts';
import type { Faults } from './new-ticket-faults.ts';
import { createFiling, isLost, kindOf, settlesKey } from './new-ticket-filing.ts';
import { type Accepted, fileTicket } from './new-ticket-queries.ts';
import type { NewTicketMethods } from './new-ticket-values.ts';

type SubmittingParts = {
  accountID: string;
  form: NewTicketMethods;
  draft: ReturnType<typeof useDraft>;
  draftForm: DraftForm;
  faults: Faults;
};

/** What is sent from now on is another ticket. */
const renewKey = (keeper: DraftKeeper) => keeper.note({ idempotencyKey: crypto.randomUUID(), attempted: false });

/**
 * Notes in the draft what a problem means for its key.
 * @param attempted whether an earlier attempt under this key may have succeeded
 */
function noteProblem(keeper: DraftKeeper, problem: Problem, attempted: boolean) {
  const unknown = isLost(problem) || problem.status >= 500 || kindOf(problem) === 'idempotency-key-reused';
  if (settlesKey(problem, attempted)) renewKey(keeper);
  else if (!unknown) keeper.note({ attempted });
}

/** The submission that was accepted, as long as no ticket has come of it. */
const keptAs = (accepted: Accepted): string | undefined =>
  'submissionID' in accepted && accepted.ticketID === undefined ? accepted.submissionID : undefined;

/** Submitting the form: what is in it is checked, kept, sent and, once it is accepted, shown on the page of its own. */
export function useSubmitting({ accountID, form, draft, draftForm, faults }: SubmittingParts) {
  const [, navigate] = useLocation();
  const client = useQueryClient();
  const { keeper } = draft;
  const sent = useRef<{ fields: DraftFields; key: string }>({ fields: {}, key: '' });
  const mounted = useRef(false);
  const { filing, state, latest } = useFiling(
    {
      prepare: () =>
        new Promise<NewTicket | undefined>((resolve, reject) => {
          draft.stay();
          draft.catchUp();
          form.setValue('body', draftForm.read().body ?? '');
          faults.clearRest();
          form
            .handleSubmit(resolve, (found) => {
              faults.found(found);
              resolve(undefined);
            })()
            .catch(reject);
        }),
      async send(ticket) {
        const { attempted, idempotencyKey: key } = keeper.draft();
        const fields = draftForm.read();
        sent.current = { fields, key };
        keeper.note({ attempted: true, problem: undefined });
        // The key must outlive a crash.
        await soon(keeper.flush(), undefined);
        // The next page is fetched while the ticket is sent, so that it is there even if the portal is away by then.
        TicketPage.ahead();
        SubmissionPage.ahead();
        // Only a convenience: without it the next page reads the ticket anew.
        const next = import('./new-ticket-accepted.ts').catch(() => undefined);
        const result = await fileTicket(accountID, ticket, key);
        if (result.ok)
          await soon(
            next.then((part) => part?.rememberAccepted(client, accountID, result.value)),
            undefined,
          );
        else {
          // The editor may not have told yet of the last keys.
          if (!sameFields(fields, draftForm.read())) filing.edited();
          noteProblem(keeper, result.problem, attempted);
          void keeper.flush();
        }
        return result;
      },
      onProblem(problem, isTypedOn) {
        if (!isLost(problem)) faults.tell(problem, isTypedOn);
      },
      async onFiled(accepted) {
        const submissionID = keptAs(accepted);
        const { fields, key } = sent.current;
        // Where the form is gone, it cannot be read any more.
        const stands = mounted.current ? draftForm.read() : { ...fields, ...keeper.draft().fields };
        // Before the address changes: whoever opens the form then finds no draft of what was filed.
        await soon(draft.filed(fields, key, stands, submissionID), undefined);
        if (!mounted.current) return;
        draft.catchUp();
        const to =
          submissionID === undefined
            ? page.ticket(accountID, accepted.ticketID ?? '')
            : page.submission(accountID, submissionID);
        navigate(to, { replace: true, state: { filed: true } });
      },
    },
    mounted,
  );

  // A ticket that Moov has refused after all comes back with what was said about it.
  const refusal = draft.problem;
  useEffect(() => {
    if (refusal === undefined) return;
    latest.current.onProblem(refusal, false);
    filing.show(refusal);
  }, [refusal, filing, latest]);

  // What has come into the form by itself is to be seen before it is sent.
  const { story } = draft;
  useEffect(() => {
    if (story.about === 'restored') filing.edited();
  }, [story, filing]);

  const submit = () => void filing.submit();
  return {
    /** where it stands */
    state,
    busy: state.step === 'checking' || state.step === 'sending' || state.step === 'filed',
    submit,
    /** Submits it as another ticket than the one that was filed under its key. */
    fileAnyway() {
      renewKey(keeper);
      submit();
    },
    /** The person has changed or stopped it: what waits is no longer sent by itself. */
    edited: filing.edited,
    /** Another draft is put into the form: what waited to be sent, and what was said, was about the one before. */
    startOver() {
      filing.edited();
      filing.show(undefined);
      faults.clearRest();
    },
  };
}

export type Submitting = ReturnType<typeof useSubmitting>;

type FilingParts = Omit<Parameters<typeof createFiling<Accepted>>[0], 'isOnline'>;

/** Filing, as a whole that outlives the single rendering: it always uses the `parts` of the latest one. */
function useFiling(parts: FilingParts, mounted: RefObject<boolean>) {
  const online = useOnline();
  const latest = useRef(parts);
  const [filing] = useState(() =>
    createFiling<Accepted>({
      prepare: () => latest.current.prepare(),
      send: (ticket) => latest.current.send(ticket),
      onProblem: (problem, isTypedOn) => latest.current.onProblem(problem, isTypedOn),
      onFiled: (accepted) => latest.current.onFiled(accepted),
      isOnline: () => navigator.onLine,
    }),
  );
  const state = useSyncExternalStore(filing.subscribe, filing.state, filing.state);
  useEffect(() => {
    latest.current = parts;
  });
  useEffect(() => {
    mounted.current = true;
    filing.start();
    return () => {
      mounted.current = false;
      filing.stop();
    };
  }, [filing, mounted]);
  useEffect(() => {
    if (online) filing.online();
  }, [online, filing]);
  return { filing, state, latest };
}
