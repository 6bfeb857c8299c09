import { type ReactNode, type Ref, useImperativeHandle, useRef, useState } from 'react';
import { Composer, type ComposerHandle } from '../composer/composer.tsx';
import { Field, labelID } from '../forms/field.tsx';
import { Button } from '../ui/button.tsx';
import { aside } from '../ui/later.ts';
import { formWords } from '../words/form.ts';
import styles from './new-ticket-form.module.css';
import { controlID } from './new-ticket-ids.ts';

// Loaded only when it is opened: its HTML cleaner is large, and few people open the preview.
const MessagePreview = aside(
  async () => (await import('../composer/preview.tsx')).MessagePreview,
  <p role="status">{formWords.message.noPreview}</p>,
);

type MessageFieldProps = {
  ref: Ref<ComposerHandle>;
  error: string | undefined;
  onChange: ((html: string) => void) | undefined;
  onSubmitShortcut(): void;
  /** says how much of the limits is used */
  fullness: ReactNode;
  /** a button that lists the keyboard shortcuts */
  shortcuts: ReactNode;
  /** a warning about the message, shown below it in a live region that is always there */
  children: ReactNode;
};

/** The field for the message: the editor with its label, how much of the limits is used, and a preview that can be opened. */
export function MessageField({
  ref,
  error,
  onChange,
  onSubmitShortcut,
  fullness,
  shortcuts,
  children,
}: MessageFieldProps) {
  const composer = useRef<ComposerHandle>(null);
  /** undefined while the preview is closed */
  const [previewed, setPreviewed] = useState<string>();
  // Created only once. If it were created anew, the ref would be null for a moment, just when the form's program may read it.
  useImperativeHandle(
    ref,
    () => ({
      focus: () => composer.current?.focus(),
      use: (formatting) => composer.current?.use(formatting),
      setHTML(html) {
        composer.current?.setHTML(html);
        setPreviewed((before) => (before === undefined ? before : html));
      },
      getHTML: () => composer.current?.getHTML() ?? '',
    }),
    [],
  );
  const id = controlID('body');
  const words = formWords.message;
  return (
    <div className={styles.message}>
      <Field id={id} label={formWords.labels.body} hint={formWords.hints.body} error={error}>
        {({ 'aria-describedby': describedBy, 'aria-invalid': invalid }) => (
          <Composer
            ref={composer}
            id={id}
            name="body"
            labelledBy={labelID(id)}
            describedBy={describedBy}
            invalid={invalid ?? false}
            onChange={(html) => {
              onChange?.(html);
              // Not by a function: React keeps one that changes nothing, with the whole text, until this is rendered for another reason.
              if (previewed !== undefined) setPreviewed(html);
            }}
            onSubmitShortcut={onSubmitShortcut}
          />
        )}
      </Field>
      <div className={styles.messageFoot}>
        <p role="status">{fullness}</p>
        {shortcuts}
        <Button
          variant="quiet"
          className={styles.previewToggle ?? ''}
          aria-expanded={previewed !== undefined}
          onClick={() =>
            setPreviewed((before) => (before === undefined ? (composer.current?.getHTML() ?? '') : undefined))
          }
        >
          {previewed === undefined ? words.preview : words.edit}
        </Button>
      </div>
      {previewed !== undefined && <MessagePreview html={previewed} className={styles.preview ?? ''} />}
      <div role="status">{children}</div>
    </div>
  );
}
