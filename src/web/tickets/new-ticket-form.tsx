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
  /** the id of the person who writes; undefined until it is known */
  userID: string | undefined;
  session: Session | undefined;
  /** the BFF is being asked who is signed in: drafts and the contact are filled in after the answer */
  asking: boolean;
  /** the person was signed in until a moment ago */
  signedOut: boolean;
  /** called when the form's program is loaded and runs */
  onTaken(): void;
};

/**
 * The form for a new ticket: six inputs and one button. Nothing that was typed may ever get lost. This component is only the looks of the
 * form; it is part of the HTML and is hydrated early. What the form does is in `FormProgram`, which is loaded later.
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
    // `keyCode` and not `key`: while an input method composes a word, Enter belongs to it, and its keyCode is 229 in every browser.
    if (event.keyCode !== 13 || !(event.ctrlKey || event.metaKey) || event.defaultPrevented) return;
    event.preventDefault();
    // Held down, it would submit again and again after each failure.
    if (!event.repeat) submit();
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

  /** `off` in the HTML: otherwise a browser that reloads the page fills in the former text, which would look as if it had been typed. */
  const completing = (what: 'email' | 'name') => (FormProgram ? what : 'off');

  return (
    <form
      // Before React is there, the button must not reload the page or put the text into the address. A form with the method “dialog” that
      // is not in a dialog does nothing.
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
          shortcuts={live?.shortcuts}
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

      {live?.below}

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
        {live?.discard}
      </div>
    </form>
  );
}

/** What the status line says before the form's program is loaded. CSS shows the one that applies (new-ticket-form.module.css). */
const StatusInPage = () => (
  <>
    <span className={styles.asked}>{formWords.asked}</span>
    <span className={styles.stalled}>{formWords.stalled}</span>
    <span className={styles.incomplete}>{formWords.incomplete}</span>
  </>
);

/**
 * Submitting, which the person may ask for before the form can do it. It is then done as soon as possible, unless a draft or a link has put
 * something into the form that the person must see first (`heldBack`).
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
    /** Call this when the person types: they have seen what was put into the form. */
    letGo: () => setHeldBack(false),
  };
}
