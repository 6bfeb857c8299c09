import { useQueryClient } from '@tanstack/react-query';
import { type KeyboardEvent, type SubmitEvent, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { get, useForm } from 'react-hook-form';
import { useLocation } from 'wouter';
import { page } from '../../contract/paths.ts';
import type { Problem } from '../../contract/problem.ts';
import type { Session } from '../../contract/session.ts';
import { type NewTicket, type NewTicketField, newTicketFields } from '../../contract/ticket.ts';
import type { ComposerHandle } from '../composer/composer.tsx';
import { applyProblem } from '../forms/apply-problem.ts';
import { TextField } from '../forms/field.tsx';
import { useAccount } from '../layout/account-name.ts';
import { useOnline } from '../layout/banner.tsx';
import { Button } from '../ui/button.tsx';
import { Disclosure } from '../ui/disclosure.tsx';
import { Notice } from '../ui/notice.tsx';
import { formWords } from '../words/form.ts';
import { type DraftFields, sameFields } from './draft-record.ts';
import { isMac, useBrowser, useLateParts } from './new-ticket-browser.ts';
import { type DraftForm, useDraft } from './new-ticket-draft.ts';
import { createFiling, isLost, settlesKey } from './new-ticket-filing.ts';
import styles from './new-ticket-form.module.css';
import { MessageField } from './new-ticket-message.tsx';
import { FilingNotices } from './new-ticket-notices.tsx';
import { type Accepted, fileTicket } from './new-ticket-queries.ts';
import { controlID, fieldsOnScreen, type NewTicketValues, newTicketResolver } from './new-ticket-values.ts';

type NewTicketFormProps = {
  accountID: string;
  /** who writes; undefined until it is known */
  userID: string | undefined;
  session: Session | undefined;
  /** the person was signed in, and is not any more */
  signedOut: boolean;
};

/** How long submitting waits at most for the device to keep the draft. */
const keepWithinMs = 500;

/** The form for a new ticket: six inputs, one button, and nothing that was typed is ever lost. */
export function NewTicketForm({ accountID, userID, session, signedOut }: NewTicketFormProps) {
  const [, navigate] = useLocation();
  const client = useQueryClient();
  const composer = useRef<ComposerHandle>(null);
  const online = useOnline();
  const { name: account } = useAccount(accountID);
  // Without default values: react-hook-form then takes what already stands in the page, instead of wiping it.
  const form = useForm<NewTicketValues, unknown, NewTicket>({ resolver: newTicketResolver, shouldFocusError: false });
  form.register('body');
  const { errors, isSubmitted } = form.formState;
  const [attempt, setAttempt] = useState(0);
  const [moreOpen, setMoreOpen] = useState(false);
  const [rest, setRest] = useState<string[]>([]);

  const defaults: Partial<Record<NewTicketField, string | undefined>> = {
    'contact.email': session?.user.email,
    'contact.name': session?.user.name,
  };
  const draftForm: DraftForm = {
    read: () => ({
      ...Object.fromEntries(newTicketFields.map((path) => [path, form.getValues(path) ?? ''])),
      body: composer.current?.getHTML() ?? '',
    }),
    write(fields) {
      const now = draftForm.read();
      for (const path of newTicketFields) {
        const value = fields[path] ?? defaults[path] ?? '';
        if (value === now[path]) continue;
        form.setValue(path, value);
        if (path === 'body') composer.current?.setHTML(value);
      }
      form.clearErrors();
      if ((fields.author ?? '') !== '' || (fields.foreignID ?? '') !== '') setMoreOpen(true);
    },
  };
  const draft = useDraft({ accountID, userID, form: draftForm });
  const { keeper, desk } = draft;
  const late = useLateParts();

  const fail = (problem: Problem) => {
    setRest(applyProblem<NewTicketValues>(problem, { names: newTicketFields, setError: form.setError }));
    if (problem.fields?.author !== undefined || problem.fields?.foreignID !== undefined) setMoreOpen(true);
    setAttempt((count) => count + 1);
  };

  const sent = useRef<DraftFields>({});
  const parts = {
    prepare: () =>
      new Promise<NewTicket | undefined>((resolve, reject) => {
        const body = composer.current?.getHTML() ?? '';
        form.setValue('body', body);
        if (body !== (keeper.draft().fields.body ?? '')) keeper.enter('body', body);
        setRest([]);
        form
          .handleSubmit(resolve, (faults) => {
            if (faults.author !== undefined || faults.foreignID !== undefined) setMoreOpen(true);
            setAttempt((count) => count + 1);
            resolve(undefined);
          })()
          .catch(reject);
      }),
    async send(ticket: NewTicket) {
      const attempted = keeper.draft().attempted;
      sent.current = draftForm.read();
      keeper.note({ attempted: true, problem: undefined });
      // The key must outlive a crash; a device that is slow or refuses does not keep anybody from submitting.
      await Promise.race([keeper.flush(), new Promise((resolve) => setTimeout(resolve, keepWithinMs))]);
      const result = await fileTicket(accountID, ticket, keeper.draft().idempotencyKey);
      if (!result.ok) {
        const { problem } = result;
        const unknown = isLost(problem) || problem.status >= 500 || problem.type.endsWith('/idempotency-key-reused');
        if (settlesKey(problem, attempted)) keeper.note({ idempotencyKey: crypto.randomUUID(), attempted: false });
        else if (!unknown) keeper.note({ attempted });
        void keeper.flush();
      }
      return result;
    },
    onProblem(problem: Problem) {
      if (!isLost(problem)) fail(problem);
    },
    onFiled(accepted: Accepted) {
      const filed = { ...keeper.draft(), fields: sent.current };
      const now = draftForm.read();
      // What was changed while it was on its way is not in the ticket: it stays, as a draft of its own.
      const rest = sameFields(now, sent.current) ? undefined : desk.current.blank(filed, now, {});
      keeper.close();
      late?.rememberAccepted(client, accountID, accepted);
      const kept = 'submissionID' in accepted && accepted.ticketID === undefined;
      void keeper
        .flush()
        .then(() => (kept ? desk.current.sent(filed, accepted.submissionID) : desk.current.filed(filed)))
        .then(() => rest && desk.current.save(rest))
        // What cannot be removed comes back as a draft that says it was submitted, and with its key stays one ticket.
        .catch(() => undefined);
      if (!mounted.current) return;
      const ticketID = accepted.ticketID ?? '';
      const to =
        'submissionID' in accepted && kept
          ? page.submission(accountID, accepted.submissionID)
          : page.ticket(accountID, ticketID);
      navigate(to, { replace: true, state: { filed: true } });
    },
  };
  const latest = useRef(parts);
  const mounted = useRef(false);
  const [filing] = useState(() =>
    createFiling<Accepted>({
      prepare: () => latest.current.prepare(),
      send: (ticket) => latest.current.send(ticket),
      onProblem: (problem) => latest.current.onProblem(problem),
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
  }, [filing]);
  useEffect(() => {
    if (online) filing.online();
  }, [online, filing]);

  // The contact's defaults come with the session, where the person has entered nothing.
  const { email, name } = session?.user ?? {};
  useEffect(() => {
    const { fields } = keeper.draft();
    for (const [path, value] of [
      ['contact.email', email],
      ['contact.name', name],
    ] as const) {
      if (value !== undefined && fields[path] === undefined && (form.getValues(path) ?? '') === '')
        form.setValue(path, value);
    }
  }, [email, name, form, keeper]);

  // A ticket that Moov has refused after all comes back with what was said about it.
  const refusal = draft.problem;
  useEffect(() => {
    if (refusal === undefined) return;
    latest.current.onProblem(refusal);
    filing.show(refusal);
  }, [refusal, filing]);

  const enter = (path: NewTicketField, value: string) => {
    draft.enter(path, value);
    filing.edited();
    if (!isSubmitted && get(errors, path) !== undefined) form.clearErrors(path);
  };
  const submit = () => void filing.submit();
  const shortcut = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.defaultPrevented) return;
    event.preventDefault();
    submit();
  };

  const labels = formWords.labels;
  const errorOf = (path: NewTicketField): string | undefined => form.getFieldState(path, form.formState).error?.message;
  const faults = fieldsOnScreen.flatMap((path) => {
    const sentence = errorOf(path);
    const fault = { id: controlID(path), label: labels[path], sentence: sentence ?? '' };
    if (sentence === undefined) return [];
    return path === 'body' ? [{ ...fault, focus: () => composer.current?.focus() }] : [fault];
  });
  const field = (path: Exclude<NewTicketField, 'body'>, hint: string) => ({
    id: controlID(path),
    label: labels[path],
    hint:
      draft.prefilled[path] !== undefined ? (
        <>
          {hint} <span className={styles.prefilled}>{formWords.prefilled}</span>
        </>
      ) : (
        hint
      ),
    error: errorOf(path),
    ...form.register(path, { onChange: (event: { target: { value: string } }) => enter(path, event.target.value) }),
  });
  const hints = formWords.hints;
  const busy = state.step === 'checking' || state.step === 'sending' || state.step === 'filed';
  const mac = useBrowser(isMac, false);

  return (
    <form
      // Before React is there, pressing the button must neither reload the page nor put the text into its address: a
      // form of this method outside a dialog does nothing.
      method="dialog"
      noValidate
      className={styles.form}
      aria-label={formWords.title}
      onSubmit={(event: SubmitEvent) => {
        event.preventDefault();
        submit();
      }}
      onKeyDown={shortcut}
    >
      <div className={styles.above}>
        <FilingNotices
          accountID={accountID}
          state={state}
          faults={faults}
          rest={rest}
          attempt={attempt}
          signedOut={signedOut}
          signedIn={session !== undefined}
          onSendNow={submit}
          onStopWaiting={filing.edited}
          onFileAnyway={() => {
            keeper.note({ idempotencyKey: crypto.randomUUID(), attempted: false });
            submit();
          }}
        />
        {Object.keys(draft.prefilled).length > 0 && (
          <Notice tone="info" title={formWords.prefill.title}>
            <p>{formWords.prefill.detail}</p>
          </Notice>
        )}
        {late && (
          <late.DraftBar
            story={draft.story}
            others={draft.others}
            onDiscard={() => void draft.discard()}
            onUndo={(discarded) => void draft.undoDiscard(discarded)}
            onOpen={(other) => void draft.openOther(other)}
          />
        )}
      </div>

      <div className={styles.fields}>
        <TextField {...field('title', hints.title)} autoComplete="off" enterKeyHint="next" />
        <MessageField
          ref={composer}
          control={form.control}
          error={errorOf('body')}
          onChange={(html) => {
            // The editor tells of a key a little later: by then it may have been submitted, and nothing has changed since.
            if (html === (form.getValues('body') ?? '')) return;
            form.setValue('body', html, { shouldValidate: isSubmitted });
            enter('body', html);
          }}
          onSubmitShortcut={submit}
        >
          {late && <late.SensitiveWarning control={form.control} />}
        </MessageField>
        <div className={styles.pair}>
          <TextField
            {...field('contact.email', hints.contactEmail)}
            inputMode="email"
            autoComplete="email"
            autoCapitalize="none"
            spellCheck={false}
          />
          <TextField {...field('contact.name', hints.contactName)} autoComplete="name" optional />
        </div>
        <Disclosure summary={formWords.moreDetails} open={moreOpen} onToggle={setMoreOpen}>
          <div className={styles.pair}>
            <TextField {...field('author', hints.author(session?.user.name))} autoComplete="off" optional />
            <TextField {...field('foreignID', hints.foreignID)} autoComplete="off" spellCheck={false} optional />
          </div>
        </Disclosure>
      </div>

      {late && <late.SimilarTickets accountID={accountID} control={form.control} enabled={session !== undefined} />}

      <div className={styles.actions}>
        <Button type="submit" variant="primary" busy={busy} className={styles.submit ?? ''}>
          {formWords.submit}
        </Button>
        <kbd className={styles.shortcut}>{mac ? formWords.shortcut.mac : formWords.shortcut.other}</kbd>
        {session?.user.role === 'partner' && account !== undefined && (
          <span className={styles.account}>{formWords.filingFor(account)}</span>
        )}
        <p role="status" className={styles.status}>
          {statusWords(state.step, draft.status, online)}
        </p>
      </div>
    </form>
  );
}

function statusWords(step: string, saving: 'idle' | 'saved' | 'failed', online: boolean): string {
  if (step === 'sending') return formWords.sending;
  if (step === 'filed') return formWords.filed;
  if (step === 'waiting') return formWords.waits;
  if (saving === 'failed') return formWords.draft.failed;
  if (!online) return formWords.offline;
  return saving === 'saved' ? formWords.draft.saved : formWords.draft.idle;
}
