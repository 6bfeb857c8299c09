import { memo, type ReactNode, type RefObject, useEffect, useLayoutEffect, useState } from 'react';
import { get, type UseFormRegisterReturn, useForm, useWatch } from 'react-hook-form';
import type { Session } from '../../contract/session.ts';
import { type NewTicket, type NewTicketField, newTicketFields } from '../../contract/ticket.ts';
import type { ComposerHandle } from '../composer/composer.tsx';
import { formatting } from '../composer/formatting.ts';
import { useOnline } from '../layout/banner.tsx';
import { aside } from '../ui/later.ts';
import { Notice } from '../ui/notice.tsx';
import { filingWords } from '../words/filing.ts';
import type { DraftKeeper } from './draft-keeper.ts';
import type { DraftFields } from './draft-record.ts';
import { type DraftForm, type DraftStatus, useDraft } from './new-ticket-draft.ts';
import { useFaults } from './new-ticket-faults.ts';
import { Fullness } from './new-ticket-fullness.tsx';
import { controlID } from './new-ticket-ids.ts';
import { FilingNotices } from './new-ticket-notices.tsx';
import { SensitiveWarning } from './new-ticket-sensitive-warning.tsx';
import { useSubmitting } from './new-ticket-submitting.ts';
import {
  fieldsOnScreen,
  type NewTicketControl,
  type NewTicketMethods,
  type NewTicketValues,
  newTicketResolver,
} from './new-ticket-values.ts';

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
  /** it can be submitted: what the device has kept of whoever writes stands in the form */
  isReady(userID: string | undefined): boolean;
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

/**
 * The program behind the form: checks, drafts, filing. It comes when the form is there and can be typed into already. It renders nothing
 * itself but tells the form what to show, so that no input is replaced when it comes. (`memo`, because each time it tells, the form
 * renders, and this is inside the form.)
 */
export const FormProgram = memo(function FormProgram(props: FormProgramProps) {
  const { accountID, userID, session, signedOut, composer, openMore, onLive } = props;
  useLayoutEffect(() => composer.current?.use(formatting), [composer]);
  const online = useOnline();
  const form = useFormInPage();
  const faults = useFaults(form, composer, openMore);
  const draftForm = draftFormOf(form, composer, session?.user, openMore);
  const draft = useDraft({ accountID, userID, signedIn: session !== undefined, form: draftForm });
  const submitting = useSubmitting({ accountID, form, draft, draftForm, faults });
  useContact(session?.user, form, draft.keeper);

  const { isSubmitted, errors } = form.formState;
  const enter = (path: NewTicketField, value: string) => {
    draft.enter(path, value);
    submitting.edited();
    if (!isSubmitted && get(errors, path) !== undefined) form.clearErrors(path);
  };
  const turnTo = (change: () => Promise<void>) => {
    submitting.startOver();
    void change();
  };

  const field = (path: Exclude<NewTicketField, 'body'>) => ({
    error: faults.of(path),
    prefilled: draft.prefilled[path] !== undefined,
    input: form.register(path, {
      onChange: (event: { target: { value: string } }) => enter(path, event.target.value),
    }),
  });
  const prefilled = Object.keys(draft.prefilled).length > 0;

  const live: LiveForm = {
    fields: {
      title: field('title'),
      'contact.email': field('contact.email'),
      'contact.name': field('contact.name'),
      author: field('author'),
      foreignID: field('foreignID'),
    },
    messageError: faults.of('body'),
    above: (
      <>
        <FilingNotices
          accountID={accountID}
          submitting={submitting}
          faults={faults}
          signedOut={signedOut}
          signedIn={session !== undefined}
          saving={draft.status}
        />
        {prefilled && (
          <Notice tone="info" title={filingWords.prefill.title}>
            <p>{filingWords.prefill.detail}</p>
          </Notice>
        )}
        {(draft.story.about !== 'nothing' || draft.looking !== '' || draft.others.length > 0) && (
          <DraftBar
            story={draft.story}
            looking={draft.looking}
            others={draft.others}
            busy={submitting.busy}
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
    status: statusWords(submitting.state.step, draft.status, online),
    busy: submitting.busy,
    // What is told here lags behind who is known: until then it was about nobody.
    isReady: (who) => who === userID && draft.settled,
    unseen: prefilled || draft.story.about === 'restored',
    onMessage(html) {
      // The editor tells of a key a little later: by then it may have been submitted, and nothing has changed since.
      if (html === (form.getValues('body') ?? '')) return;
      form.setValue('body', html, { shouldValidate: isSubmitted });
      enter('body', html);
    },
    submit: submitting.submit,
  };
  useLayoutEffect(() => onLive(live));
  return null;
});

/** The form whose inputs are in the page already, with what was typed into them: that is taken, and not wiped. */
function useFormInPage(): NewTicketMethods {
  // Without default values: react-hook-form then takes what already stands in the page.
  const form = useForm<NewTicketValues, unknown, NewTicket>({ resolver: newTicketResolver, shouldFocusError: false });
  form.register('body');
  // Registered here, before anything reads the form.
  useLayoutEffect(() => {
    for (const path of fieldsOnScreen)
      if (path !== 'body') form.register(path).ref(document.getElementById(controlID(path)));
  }, [form]);
  return form;
}

/** The form as the drafts see it: what stands in it, and how a draft is put into it. */
function draftFormOf(
  form: NewTicketMethods,
  composer: RefObject<ComposerHandle | null>,
  user: Session['user'] | undefined,
  openMore: () => void,
): DraftForm {
  const defaults: Partial<Record<NewTicketField, string | undefined>> = {
    'contact.email': user?.email,
    'contact.name': user?.name,
  };
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

/** The contact comes with the session, and is filled in where the person has entered nothing. */
function useContact(user: Session['user'] | undefined, form: NewTicketMethods, keeper: DraftKeeper) {
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
