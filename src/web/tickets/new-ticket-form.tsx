import { type KeyboardEvent, type SubmitEvent, useCallback, useEffect, useRef, useState } from 'react';
import type { Session } from '../../contract/session.ts';
import type { NewTicketField } from '../../contract/ticket.ts';
import type { ComposerHandle } from '../composer/composer.tsx';
import { TextField } from '../forms/field.tsx';
import { useAccount } from '../layout/account-name.ts';
import { Button } from '../ui/button.tsx';
import { Disclosure } from '../ui/disclosure.tsx';
import { formWords } from '../words/form.ts';
import { askedBeforeReact, isMac, useBrowser, useFormProgram } from './new-ticket-browser.ts';
import styles from './new-ticket-form.module.css';
import { controlID } from './new-ticket-ids.ts';
import { MessageField } from './new-ticket-message.tsx';
import type { LiveForm } from './new-ticket-program.tsx';

type NewTicketFormProps = {
  accountID: string;
  /** who writes; undefined until it is known */
  userID: string | undefined;
  session: Session | undefined;
  /** who writes is being asked: drafts and what is filled in for them come with the answer */
  asking: boolean;
  /** the person was signed in, and is not any more */
  signedOut: boolean;
  /** its program is there */
  onTaken(): void;
};

/**
 * The form for a new ticket: six inputs, one button, and nothing that was typed is ever lost. Here are its looks, which
 * stand in the HTML and are React's soon; what it does comes with `FormProgram`.
 */
export function NewTicketForm({ accountID, userID, session, asking, signedOut, onTaken }: NewTicketFormProps) {
  const composer = useRef<ComposerHandle>(null);
  const [live, setLive] = useState<LiveForm>();
  const [moreOpen, setMoreOpen] = useState(false);
  const openMore = useCallback(() => setMoreOpen(true), []);
  const FormProgram = useFormProgram();
  const { name: account } = useAccount(accountID);
  const mac = useBrowser(isMac, false);
  const isTaken = live !== undefined;
  useEffect(() => {
    if (isTaken) onTaken();
  }, [isTaken, onTaken]);

  const { submit, askedEarly, heldBack, letGo } = useSubmit(live, asking, userID);
  const shortcut = (event: KeyboardEvent) => {
    // By its code: while a word is being composed Enter is the input method's, and has another (229, in every browser).
    if (event.keyCode !== 13 || !(event.ctrlKey || event.metaKey) || event.defaultPrevented) return;
    event.preventDefault();
    submit();
  };

  const hints = formWords.hints;
  const field = (path: Exclude<NewTicketField, 'body'>, hint: string) => {
    const { error, prefilled, input } = live?.fields[path] ?? {};
    return {
      id: controlID(path),
      label: formWords.labels[path],
      hint:
        prefilled === true ? (
          <>
            <span>{hint}</span> <span className={styles.prefilled}>{formWords.prefilled}</span>
          </>
        ) : (
          hint
        ),
      error,
      name: path,
      ...input,
    };
  };

  /** In the HTML nothing is completed: a browser that reloads the page would fill in what stood there, which looks typed. */
  const completing = (what: 'email' | 'name') => (FormProgram ? what : 'off');

  return (
    <form
      // Before React is there, pressing the button must neither reload the page nor put the text into its address: a
      // form of this method outside a dialog does nothing.
      method="dialog"
      name="new-ticket"
      noValidate
      className={styles.form}
      aria-label={formWords.title}
      onSubmit={(event: SubmitEvent) => {
        event.preventDefault();
        submit();
      }}
      onKeyDown={shortcut}
      onInput={letGo}
    >
      {FormProgram && (
        <FormProgram
          accountID={accountID}
          userID={userID}
          session={session}
          signedOut={signedOut}
          composer={composer}
          openMore={openMore}
          onLive={setLive}
        />
      )}
      <div className={styles.above}>{live?.above}</div>

      <div className={styles.fields}>
        <TextField {...field('title', hints.title)} autoComplete="off" enterKeyHint="next" />
        <MessageField
          ref={composer}
          error={live?.messageError}
          onChange={live?.onMessage}
          onSubmitShortcut={submit}
          fullness={live?.fullness}
        >
          {live?.warning}
        </MessageField>
        <div className={styles.pair}>
          <TextField
            {...field('contact.email', hints.contactEmail)}
            inputMode="email"
            autoComplete={completing('email')}
            autoCapitalize="none"
            spellCheck={false}
          />
          <TextField {...field('contact.name', hints.contactName)} autoComplete={completing('name')} optional />
        </div>
        <Disclosure summary={formWords.moreDetails} open={moreOpen} onToggle={setMoreOpen}>
          <div className={styles.pair}>
            <TextField {...field('author', hints.author(session?.user.name))} autoComplete="off" optional />
            <TextField {...field('foreignID', hints.foreignID)} autoComplete="off" spellCheck={false} optional />
          </div>
        </Disclosure>
      </div>

      {live?.similar}

      <div className={styles.actions}>
        <Button
          type="submit"
          variant="primary"
          busy={askedEarly || live?.busy === true}
          className={styles.submit ?? ''}
        >
          {formWords.submit}
        </Button>
        <kbd className={styles.shortcut}>{mac ? formWords.shortcut.mac : formWords.shortcut.other}</kbd>
        {session?.user.role === 'partner' && account !== undefined && (
          <span className={styles.account}>{formWords.filingFor(account)}</span>
        )}
        <p role="status" className={styles.status}>
          {askedEarly ? formWords.asked : heldBack ? formWords.heldBack : (live?.status ?? <StatusInPage />)}
        </p>
      </div>
    </form>
  );
}

/** What is said before the program of the form is there; the styles show the one that holds. */
const StatusInPage = () => (
  <>
    <span className={styles.asked}>{formWords.asked}</span>
    <span className={styles.stalled}>{formWords.stalled}</span>
    <span className={styles.incomplete}>{formWords.incomplete}</span>
  </>
);

/**
 * Submitting, which may be asked for before it can be done. It is then done as soon as it can, unless something has come into the
 * form since that has to be seen first.
 */
function useSubmit(live: LiveForm | undefined, asking: boolean, userID: string | undefined) {
  const [askedEarly, setAskedEarly] = useState(false);
  const [heldBack, setHeldBack] = useState(false);
  const ready = live?.isReady(userID) === true && !asking;
  useEffect(() => {
    if (askedBeforeReact()) setAskedEarly(true);
  }, []);
  useEffect(() => {
    if (!askedEarly || !ready) return;
    setAskedEarly(false);
    if (live.unseen) setHeldBack(true);
    else live.submit();
  }, [askedEarly, ready, live]);
  return {
    submit() {
      setHeldBack(false);
      if (ready) live.submit();
      else setAskedEarly(true);
    },
    askedEarly,
    heldBack: heldBack && live?.unseen,
    /** What has come into the form has been seen. */
    letGo: () => setHeldBack(false),
  };
}
