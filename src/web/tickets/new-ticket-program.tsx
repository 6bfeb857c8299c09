import { memo, type ReactNode, type RefObject, useEffect, useLayoutEffect, useState } from 'react';
import { get, type UseFormRegisterReturn, useForm, useWatch } from 'react-hook-form';
import type { Session } from '../../contract/session.ts';
import { type NewTicket, type NewTicketField, newTicketFields } from '../../contract/ticket.ts';
import type { ComposerHandle } from '../composer/composer.tsx';
import { formatting } from '../composer/formatting.ts';
import { useOnline } from '../layout/online.ts';
import { aside } from '../ui/later.ts';
import { Notice } from '../ui/notice.tsx';
import { filingWords } from '../words/filing.ts';
import type { DraftKeeper } from './draft-keeper.ts';
import type { DraftFields } from './draft-record.ts';
import { useDraft } from './new-ticket-draft.ts';
import { type DraftForm, type DraftStatus, isOfferedInBar } from './new-ticket-draft-actions.ts';
import { useFaults } from './new-ticket-faults.ts';
import type { FilingState } from './new-ticket-filing.ts';
import { Fullness } from './new-ticket-fullness.tsx';
import { controlID } from './new-ticket-ids.ts';
import { FilingNotices } from './new-ticket-notices.tsx';
import { SensitiveWarning } from './new-ticket-sensitive-warning.tsx';
import { Shortcuts } from './new-ticket-shortcuts.tsx';
import { useSubmitting } from './new-ticket-submitting.ts';
import {
  fieldsOnScreen,
  type NewTicketControl,
  type NewTicketMethods,
  type NewTicketValues,
  newTicketResolver,
} from './new-ticket-values.ts';

/** What the form's program gives to the form to show and to call. */
export type LiveForm = {
  fields: Record<
    Exclude<NewTicketField, 'body'>,
    { error: string | undefined; prefilled: boolean; input: UseFormRegisterReturn }
  >;
  messageError: string | undefined;
  /** shown above the inputs: what keeps the ticket from being filed, and the bar about drafts */
  above: ReactNode;
  /** shown below the message: how much of its limits is used, a button for the shortcuts, and that it seems to hold something secret */
  fullness: ReactNode;
  shortcuts: ReactNode;
  warning: ReactNode;
  /**
   * shown below the inputs: that a link has filled in some of them (above them this would push them away from whoever types already),
   * and tickets with a similar title
   */
  below: ReactNode;
  status: string;
  /** a button to discard what was typed, shown beside the status; the bar about drafts has one for a draft that was restored */
  discard: ReactNode;
  busy: boolean;
  /** whether the form can be submitted: the device was searched for a draft of this person, or takes too long */
  isReady(userID: string | undefined): boolean;
  /** a draft or a link has put something into the form, which the person must see before it is sent */
  unseen: boolean;
  onMessage(html: string): void;
  submit(): void;
};

type FormProgramProps = {
  accountID: string;
  /** the id of the person who writes; undefined until it is known */
  userID: string | undefined;
  session: Session | undefined;
  /** the person was signed in until a moment ago */
  signedOut: boolean;
  composer: RefObject<ComposerHandle | null>;
  /** opens “More details” */
  openMore(): void;
  onLive(live: LiveForm): void;
};

const loadBar = () => import('./draft-bar.tsx');
const DraftBar = aside(async () => (await loadBar()).DraftBar);
const DiscardBelow = aside(async () => (await loadBar()).DiscardBelow);
const SimilarTickets = aside(async () => (await import('./new-ticket-similar-list.tsx')).SimilarTickets);

/**
 * What the form does: checking, drafts, submitting. It is loaded when the form is there and can be typed into already. It renders nothing
 * itself, but tells the form what to show (`onLive`), so that no input is replaced when it is loaded. (`memo`, because it is inside the
 * form: each call of `onLive` renders the form, which must not render this again.)
 */
export const FormProgram = memo(function FormProgram(props: FormProgramProps) {
  const { accountID, userID, session, signedOut, composer, openMore, onLive } = props;
  useLayoutEffect(() => composer.current?.use(formatting), [composer]);
  const online = useOnline();
  const form = useFormInPage();
  const faults = useFaults(form, composer, openMore);
  const draftForm = draftFormOf(form, composer, session?.user, openMore);
  const draft = useDraft({ accountID, userID, signedIn: session !== undefined, form: draftForm });
  const submitting = useSubmitting({ accountID, userID, form, draft, draftForm, faults });
  useContact(session?.user, form, draft.keeper);

  const { isSubmitted, errors } = form.formState;
  const enter = (path: NewTicketField, value: string) => {
    draft.enter(path, value);
    submitting.edited();
    faults.typedOn();
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
  const discard = () => turnTo(draft.discard);

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
        {(draft.story.about !== 'nothing' || draft.looking !== '' || draft.others.length > 0) && (
          <DraftBar
            story={draft.story}
            looking={draft.looking}
            others={draft.others}
            busy={submitting.busy}
            onDiscard={discard}
            onUndo={(discarded) => turnTo(() => draft.undoDiscard(discarded))}
            onOpen={(other) => turnTo(() => draft.openOther(other))}
          />
        )}
      </>
    ),
    fullness: <Fullness control={form.control} />,
    shortcuts: <Shortcuts />,
    warning: <SensitiveWarning control={form.control} />,
    below: (
      <>
        {prefilled && (
          <Notice tone="info" title={filingWords.prefill.title}>
            <p>{filingWords.prefill.detail}</p>
          </Notice>
        )}
        <OnceTitled control={form.control}>
          <SimilarTickets accountID={accountID} control={form.control} enabled={session !== undefined} />
        </OnceTitled>
      </>
    ),
    status: statusWords(submitting.state.step, draft.status, online),
    discard: draft.status === 'saved' && !isOfferedInBar(draft.story) && (
      <DiscardBelow busy={submitting.busy} onDiscard={discard} />
    ),
    busy: submitting.busy,
    // The form may know the person one rendering before this does: then `settled` is still about nobody.
    isReady: (who) => who === userID && draft.settled,
    unseen: prefilled || draft.story.about === 'restored',
    onMessage(html) {
      // The editor reports keys with a delay. If the form was submitted meanwhile, it has this text already, and this is not a change.
      if (html === (form.getValues('body') ?? '')) return;
      form.setValue('body', html, { shouldValidate: isSubmitted });
      enter('body', html);
    },
    submit: submitting.submit,
  };
  useLayoutEffect(() => onLive(live));
  return null;
});

/** Creates the form for inputs that are in the page already. What was typed into them becomes the form's values. */
function useFormInPage(): NewTicketMethods {
  // No default values: so react-hook-form takes over what is in the inputs.
  const form = useForm<NewTicketValues, unknown, NewTicket>({ resolver: newTicketResolver, shouldFocusError: false });
  form.register('body');
  // In a layout effect, so that the inputs are registered before any effect reads the form.
  useLayoutEffect(() => {
    for (const path of fieldsOnScreen)
      if (path !== 'body') form.register(path).ref(document.getElementById(controlID(path)));
  }, [form]);
  return form;
}

/** How drafts read and fill the form. Contact email and name have the person's own as their defaults. */
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

/** Fills in the person's own email address and name as the contact when the session is known, unless they have entered something. */
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

/** Shows its children once the title has had two words, so that their code is loaded only then. */
function OnceTitled({ control, children }: { control: NewTicketControl; children: ReactNode }) {
  const title = useWatch({ control, name: 'title' }) ?? '';
  const [titled, setTitled] = useState(false);
  if (!titled && /\S\s+\S/.test(title)) setTitled(true);
  return titled && children;
}

function statusWords(step: FilingState['step'], saving: DraftStatus, online: boolean): string {
  if (step === 'sending') return filingWords.sending;
  if (step === 'filed') return filingWords.filed;
  if (step === 'waiting') return filingWords.waits;
  if (saving === 'failed' || saving === 'away') return filingWords.draft[saving];
  if (!online) return filingWords.offline;
  return saving === 'saved' ? filingWords.draft.saved : filingWords.kept;
}
