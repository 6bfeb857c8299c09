import { useQueryClient } from '@tanstack/react-query';
import { type RefObject, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { useLocation } from 'wouter';
import { page } from '../../contract/paths.ts';
import type { Problem } from '../../contract/problem.ts';
import type { NewTicket } from '../../contract/ticket.ts';
import { useOnline } from '../layout/online.ts';
import { soon } from './draft.ts';
import type { DraftKeeper } from './draft-keeper.ts';
import { type DraftFields, sameFields } from './draft-record.ts';
import { SubmissionPage, TicketPage } from './later-pages.ts';
import type { useDraft } from './new-ticket-draft.ts';
import type { DraftForm } from './new-ticket-draft-actions.ts';
import type { Faults } from './new-ticket-faults.ts';
import { createFiling, isLost, kindOf, settlesKey } from './new-ticket-filing.ts';
import { type Accepted, fileTicket } from './new-ticket-queries.ts';
import type { NewTicketMethods } from './new-ticket-values.ts';

type SubmittingParts = {
  accountID: string;
  userID: string | undefined;
  form: NewTicketMethods;
  draft: ReturnType<typeof useDraft>;
  draftForm: DraftForm;
  faults: Faults;
};

/** Gives the draft a new idempotency key: what is sent from now on is another ticket. */
const renewKey = (keeper: DraftKeeper) => keeper.note({ idempotencyKey: crypto.randomUUID(), attempted: false });

/**
 * Stores in the draft what a problem means for its idempotency key: a new key; the same key, on which this attempt had no effect; or the
 * same key, under which the ticket may have been filed.
 * @param attempted whether an earlier attempt with this key may have succeeded
 */
function noteProblem(keeper: DraftKeeper, problem: Problem, attempted: boolean) {
  const unknown = isLost(problem) || problem.status >= 500 || kindOf(problem) === 'idempotency-key-reused';
  if (settlesKey(problem, attempted)) renewKey(keeper);
  else if (!unknown) keeper.note({ attempted });
}

/** The id of the submission that the portal keeps; undefined when there is a ticket already. */
const keptAs = (accepted: Accepted): string | undefined =>
  'submissionID' in accepted && accepted.ticketID === undefined ? accepted.submissionID : undefined;

/** Submitting the form: checks what is in it, saves the draft, sends the ticket, and when it is accepted goes to its page. */
export function useSubmitting({ accountID, userID, form, draft, draftForm, faults }: SubmittingParts) {
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
        // The key must be on the device before the ticket is sent: after a crash the same ticket must be sent with the same key.
        await soon(keeper.flush(), undefined);
        // Loads the code of the next page while the ticket is sent, so that it is there even if the portal cannot be reached later.
        TicketPage.ahead();
        SubmissionPage.ahead();
        // Only a convenience: without it the next page reads the ticket itself.
        const next = import('./new-ticket-accepted.ts').catch(() => undefined);
        const result = await fileTicket(accountID, ticket, key);
        if (result.ok)
          await soon(
            next.then((part) => part?.rememberAccepted(client, accountID, result.value)),
            undefined,
          );
        else {
          // The editor reports keys with a delay, so compare what the form holds now with what was sent.
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
        // When the person has left the page, the form cannot be read any more: the draft has what was typed.
        const stands = mounted.current ? draftForm.read() : { ...fields, ...keeper.draft().fields };
        // Before the address changes, so that a form opened after that finds no draft of the ticket just filed.
        await soon(draft.filed(fields, key, stands, submissionID), undefined);
        if (!mounted.current) return;
        draft.catchUp();
        const to =
          submissionID === undefined
            ? page.ticket(accountID, accepted.ticketID ?? '')
            : page.submission(accountID, submissionID);
        navigate(to, { replace: true, state: { filed: userID } });
      },
    },
    mounted,
  );

  // The draft is of a ticket that Moov has refused after all: show what Moov said about it.
  const refusal = draft.problem;
  useEffect(() => {
    if (refusal === undefined) return;
    latest.current.onProblem(refusal, false);
    filing.show(refusal);
  }, [refusal, filing, latest]);

  // A draft was restored into the form: the person must see it before anything is sent.
  const { story } = draft;
  useEffect(() => {
    if (story.about === 'restored') filing.edited();
  }, [story, filing]);

  const submit = () => void filing.submit();
  return {
    state,
    busy: state.step === 'checking' || state.step === 'sending' || state.step === 'filed',
    submit,
    /** Submits the form as a new ticket, after another ticket was filed under the draft's key. */
    fileAnyway() {
      renewKey(keeper);
      submit();
    },
    /** Call this when the person has changed the ticket or stopped sending: a ticket that waits is no longer sent by itself. */
    edited: filing.edited,
    /** Call this when another draft is put into the form: nothing of the last one is sent, and its problems are removed. */
    startOver() {
      filing.edited();
      filing.show(undefined);
    },
  };
}

export type Submitting = ReturnType<typeof useSubmitting>;

type FilingParts = Omit<Parameters<typeof createFiling<Accepted>>[0], 'isOnline'>;

/** Creates the filing once, for all renderings of the form. It always uses the `parts` of the latest rendering. */
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
