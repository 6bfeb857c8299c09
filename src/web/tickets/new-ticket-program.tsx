import { useQueryClient } from '@tanstack/react-query';
import {
  memo,
  type ReactNode,
  type RefObject,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import { get, type UseFormRegisterReturn, type UseFormReturn, useForm, useWatch } from 'react-hook-form';
import { useLocation } from 'wouter';
import { page } from '../../contract/paths.ts';
import type { Problem } from '../../contract/problem.ts';
import type { Session } from '../../contract/session.ts';
import { type NewTicket, type NewTicketField, newTicketFields } from '../../contract/ticket.ts';
import type { ComposerHandle } from '../composer/composer.tsx';
import { formatting } from '../composer/formatting.ts';
import { applyProblem } from '../forms/apply-problem.ts';
import { useOnline } from '../layout/banner.tsx';
import { aside } from '../ui/later.ts';
import { Notice } from '../ui/notice.tsx';
import { filingWords } from '../words/filing.ts';
import { formWords } from '../words/form.ts';
import type { DraftFields } from './draft-record.ts';
import { SubmissionPage, TicketPage } from './later-pages.ts';
import { type DraftForm, type DraftStatus, useDraft } from './new-ticket-draft.ts';
import { createFiling, isLost, settlesKey } from './new-ticket-filing.ts';
import { Fullness } from './new-ticket-fullness.tsx';
import { controlID } from './new-ticket-ids.ts';
import { FilingNotices } from './new-ticket-notices.tsx';
import { type Accepted, fileTicket } from './new-ticket-queries.ts';
import { SensitiveWarning } from './new-ticket-sensitive-warning.tsx';
import { fieldsOnScreen, type NewTicketControl, type NewTicketValues, newTicketResolver } from './new-ticket-values.ts';

/** What the program of the form has its looks show and do. */
export type LiveForm = {
  fields: Record<
    Exclude<NewTicketField, 'body'>,
    { error: string | undefined; prefilled: boolean; input: UseFormRegisterReturn }
  >;
  messageError: string | undefined;
  /** above the inputs: what stands between the person and the ticket, and what is said about drafts */
  above: ReactNode;
  /** under the message, beside its preview and below */
  fullness: ReactNode;
  warning: ReactNode;
  /** under the inputs */
  similar: ReactNode;
  status: string;
  busy: boolean;
  /** it can be submitted: what the device has kept stands in the form */
  ready: boolean;
  /** something came into the form that nobody has typed just now, and that has to be seen before it is sent */
  unseen: boolean;
  onMessage(html: string): void;
  submit(): void;
};

type FormProgramProps = {
  accountID: string;
  /** who writes; undefined until it is known */
  userID: string | undefined;
  session: Session | undefined;
  /** the person was signed in, and is not any more */
  signedOut: boolean;
  composer: RefObject<ComposerHandle | null>;
  /** opens the details */
  openMore(): void;
  onLive(live: LiveForm): void;
};

const DraftBar = aside(async () => (await import('./draft-bar.tsx')).DraftBar);
const SimilarTickets = aside(async () => (await import('./new-ticket-similar-list.tsx')).SimilarTickets);

/** How long anybody waits at most for the device, to keep a draft or to remove one: it may be slow, or refuse. */
const keepWithinMs = 500;
const soon = (work: Promise<void>) => Promise.race([work, new Promise((resolve) => setTimeout(resolve, keepWithinMs))]);

/**
 * The program behind the form: checks, drafts, filing. It comes when the form is there and can be typed into already. It renders nothing
 * itself but tells the form what to show, so that no input is replaced when it comes. (`memo`, because each time it tells, the form
 * renders, and this is inside the form.)
 */
export const FormProgram = memo(function FormProgram(props: FormProgramProps) {
  const { accountID, userID, session, signedOut, composer, openMore, onLive } = props;
  const [, navigate] = useLocation();
  const client = useQueryClient();
  useLayoutEffect(() => composer.current?.use(formatting), [composer]);
  const online = useOnline();
  // Without default values: react-hook-form then takes what already stands in the page, instead of wiping it.
  const form = useForm<NewTicketValues, unknown, NewTicket>({ resolver: newTicketResolver, shouldFocusError: false });
  form.register('body');
  // The inputs are in the page already, with what was typed into them. Registered here, before anything reads the form.
  useLayoutEffect(() => {
    for (const path of fieldsOnScreen)
      if (path !== 'body') form.register(path).ref(document.getElementById(controlID(path)));
  }, [form]);
  const { errors, isSubmitted } = form.formState;
  const [attempt, setAttempt] = useState(0);
  const [rest, setRest] = useState<string[]>([]);

  const defaults: Partial<Record<NewTicketField, string | undefined>> = {
    'contact.email': session?.user.email,
    'contact.name': session?.user.name,
  };
  const draftForm = draftFormOf(form, composer, defaults, openMore);
  const draft = useDraft({ accountID, userID, signedIn: session !== undefined, form: draftForm });
  const { keeper } = draft;

  const fail = (problem: Problem) => {
    setRest(applyProblem<NewTicketValues>(problem, { names: newTicketFields, setError: form.setError }));
    if (problem.fields?.author !== undefined || problem.fields?.foreignID !== undefined) openMore();
    setAttempt((count) => count + 1);
  };

  const sent = useRef<DraftFields>({});
  const mounted = useRef(false);
  const parts = {
    prepare: () =>
      new Promise<NewTicket | undefined>((resolve, reject) => {
        const body = composer.current?.getHTML() ?? '';
        form.setValue('body', body);
        if (body !== (keeper.draft().fields.body ?? '')) keeper.enter('body', body);
        setRest([]);
        form
          .handleSubmit(resolve, (faults) => {
            if (faults.author !== undefined || faults.foreignID !== undefined) openMore();
            setAttempt((count) => count + 1);
            resolve(undefined);
          })()
          .catch(reject);
      }),
    async send(ticket: NewTicket) {
      const attempted = keeper.draft().attempted;
      sent.current = draftForm.read();
      keeper.note({ attempted: true, problem: undefined });
      // The key must outlive a crash.
      await soon(keeper.flush());
      // The next page is fetched while the ticket is sent, so that it is there even if the portal is away by then.
      TicketPage.ahead();
      SubmissionPage.ahead();
      const accepted = import('./new-ticket-accepted.ts');
      const result = await fileTicket(accountID, ticket, keeper.draft().idempotencyKey);
      // Only a convenience: without it the next page reads the ticket anew.
      const remember = async () => {
        const { rememberAccepted } = await accepted;
        if (result.ok) rememberAccepted(client, accountID, result.value);
      };
      await soon(remember().catch(() => undefined));
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
    async onFiled(accepted: Accepted) {
      const kept = 'submissionID' in accepted && accepted.ticketID === undefined;
      // Where the form is gone, it cannot be read any more.
      const stands = mounted.current ? draftForm.read() : { ...sent.current, ...keeper.draft().fields };
      // Before the address changes: whoever opens the form then finds no draft of what was filed.
      await soon(draft.filed(sent.current, stands, kept ? accepted.submissionID : undefined));
      if (!mounted.current) return;
      draft.catchUp();
      const ticketID = accepted.ticketID ?? '';
      const to =
        'submissionID' in accepted && kept
          ? page.submission(accountID, accepted.submissionID)
          : page.ticket(accountID, ticketID);
      navigate(to, { replace: true, state: { filed: true } });
    },
  };
  const { filing, state, latest } = useFiling(parts, mounted, online);

  useContact(session?.user, form, keeper);

  // A ticket that Moov has refused after all comes back with what was said about it.
  const refusal = draft.problem;
  useEffect(() => {
    if (refusal === undefined) return;
    latest.current.onProblem(refusal);
    filing.show(refusal);
  }, [refusal, filing, latest]);

  const enter = (path: NewTicketField, value: string) => {
    draft.enter(path, value);
    filing.edited();
    if (!isSubmitted && get(errors, path) !== undefined) form.clearErrors(path);
  };
  const submit = () => void filing.submit();
  const busy = state.step === 'checking' || state.step === 'sending' || state.step === 'filed';
  /** Puts another draft into the form: what waited to be sent, and what was said, was about the one before. */
  const turnTo = (change: () => Promise<void>) => {
    filing.edited();
    filing.show(undefined);
    setRest([]);
    void change();
  };

  const errorOf = (path: NewTicketField): string | undefined => form.getFieldState(path, form.formState).error?.message;
  const faults = fieldsOnScreen.flatMap((path) => {
    const sentence = errorOf(path);
    const fault = { id: controlID(path), label: formWords.labels[path], sentence: sentence ?? '' };
    if (sentence === undefined) return [];
    return path === 'body' ? [{ ...fault, focus: () => composer.current?.focus() }] : [fault];
  });
  const field = (path: Exclude<NewTicketField, 'body'>) => ({
    error: errorOf(path),
    prefilled: draft.prefilled[path] !== undefined,
    input: form.register(path, {
      onChange: (event: { target: { value: string } }) => enter(path, event.target.value),
    }),
  });

  const live: LiveForm = {
    fields: {
      title: field('title'),
      'contact.email': field('contact.email'),
      'contact.name': field('contact.name'),
      author: field('author'),
      foreignID: field('foreignID'),
    },
    messageError: errorOf('body'),
    above: (
      <>
        <FilingNotices
          accountID={accountID}
          state={state}
          faults={faults}
          rest={rest}
          attempt={attempt}
          signedOut={signedOut}
          signedIn={session !== undefined}
          saving={draft.status}
          onSendNow={submit}
          onStopWaiting={filing.edited}
          onFileAnyway={() => {
            keeper.note({ idempotencyKey: crypto.randomUUID(), attempted: false });
            submit();
          }}
        />
        {Object.keys(draft.prefilled).length > 0 && (
          <Notice tone="info" title={filingWords.prefill.title}>
            <p>{filingWords.prefill.detail}</p>
          </Notice>
        )}
        {(draft.story.about !== 'nothing' || draft.others.length > 0) && (
          <DraftBar
            story={draft.story}
            others={draft.others}
            busy={busy}
            onDiscard={() => turnTo(draft.discard)}
            onUndo={(discarded) => turnTo(() => draft.undoDiscard(discarded))}
            onOpen={(other) => turnTo(() => draft.openOther(other))}
          />
        )}
      </>
    ),
    fullness: <Fullness control={form.control} />,
    warning: <SensitiveWarning control={form.control} />,
    similar: (
      <OnceTitled control={form.control}>
        <SimilarTickets accountID={accountID} control={form.control} enabled={session !== undefined} />
      </OnceTitled>
    ),
    status: statusWords(state.step, draft.status, online),
    busy,
    ready: draft.settled,
    unseen: Object.keys(draft.prefilled).length > 0 || draft.story.about === 'restored',
    onMessage(html) {
      // The editor tells of a key a little later: by then it may have been submitted, and nothing has changed since.
      if (html === (form.getValues('body') ?? '')) return;
      form.setValue('body', html, { shouldValidate: isSubmitted });
      enter('body', html);
    },
    submit,
  };
  useLayoutEffect(() => onLive(live));
  return null;
});

type Form = UseFormReturn<NewTicketValues, unknown, NewTicket>;

/** The form as the drafts see it: what stands in it, and how a draft is put into it. */
function draftFormOf(
  form: Form,
  composer: RefObject<ComposerHandle | null>,
  defaults: Partial<Record<NewTicketField, string | undefined>>,
  openMore: () => void,
): DraftForm {
  const read = () => ({
    ...Object.fromEntries(newTicketFields.map((path) => [path, form.getValues(path) ?? ''])),
    body: composer.current?.getHTML() ?? '',
  });
  return {
    read,
    write(fields) {
      const now: DraftFields = read();
      for (const path of newTicketFields) {
        const value = fields[path] ?? defaults[path] ?? '';
        if (value === now[path]) continue;
        form.setValue(path, value);
        form.clearErrors(path);
        if (path === 'body') composer.current?.setHTML(value);
      }
      if ((fields.author ?? '') !== '' || (fields.foreignID ?? '') !== '') openMore();
    },
    clearErrors: () => form.clearErrors(),
  };
}

/** Submitting, as a whole that outlives the single rendering: it always uses the `parts` of the latest one. */
function useFiling(
  parts: Omit<Parameters<typeof createFiling<Accepted>>[0], 'isOnline'>,
  mounted: RefObject<boolean>,
  online: boolean,
) {
  const latest = useRef(parts);
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
  }, [filing, mounted]);
  useEffect(() => {
    if (online) filing.online();
  }, [online, filing]);
  return { filing, state, latest };
}

/** The contact comes with the session, and is filled in where the person has entered nothing. */
function useContact(user: Session['user'] | undefined, form: Form, keeper: ReturnType<typeof useDraft>['keeper']) {
  const { email, name } = user ?? {};
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
}

/** What is for a title of some words: it is fetched when there are. */
function OnceTitled({ control, children }: { control: NewTicketControl; children: ReactNode }) {
  const title = useWatch({ control, name: 'title' }) ?? '';
  const [titled, setTitled] = useState(false);
  if (!titled && /\S\s+\S/.test(title)) setTitled(true);
  return titled && children;
}

function statusWords(step: string, saving: DraftStatus, online: boolean): string {
  if (step === 'sending') return filingWords.sending;
  if (step === 'filed') return filingWords.filed;
  if (step === 'waiting') return filingWords.waits;
  if (saving === 'failed' || saving === 'away') return filingWords.draft[saving];
  if (!online) return filingWords.offline;
  return saving === 'saved' ? filingWords.draft.saved : filingWords.kept;
}
