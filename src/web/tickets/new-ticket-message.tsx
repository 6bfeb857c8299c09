import { type ReactNode, type Ref, useImperativeHandle, useRef, useState } from 'react';
import { Composer, type ComposerHandle } from '../composer/composer.tsx';
import { Field, labelID } from '../forms/field.tsx';
import { Button } from '../ui/button.tsx';
import { aside } from '../ui/later.ts';
import { formWords } from '../words/form.ts';
import styles from './new-ticket-form.module.css';
import { controlID } from './new-ticket-ids.ts';

// Its cleaner is heavy, and few ask for it.
const MessagePreview = aside(
  async () => (await import('../composer/preview.tsx')).MessagePreview,
  <p role="status">{formWords.message.noPreview}</p>,
);

/** A preview that is open shows `html` from now on. */
const renewed = (html: string) => (before: string | undefined) => (before === undefined ? before : html);

type MessageFieldProps = {
  ref: Ref<ComposerHandle>;
  error: string | undefined;
  onChange: ((html: string) => void) | undefined;
  onSubmitShortcut(): void;
  /** how full it is */
  fullness: ReactNode;
  /** what is to be said about it, under it; its place is kept, so that nothing moves */
  children: ReactNode;
};

/** The message: the editor with its label, how full it is when it nears its limits, and a preview on demand. */
export function MessageField({ ref, error, onChange, onSubmitShortcut, fullness, children }: MessageFieldProps) {
  const composer = useRef<ComposerHandle>(null);
  const [previewed, setPreviewed] = useState<string>();
  // Made once: made anew it would be gone for a moment, in which the form's program sets out.
  useImperativeHandle(
    ref,
    () => ({
      focus: () => composer.current?.focus(),
      use: (formatting) => composer.current?.use(formatting),
      setHTML(html) {
        composer.current?.setHTML(html);
        setPreviewed(renewed(html));
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
              setPreviewed(renewed(html));
            }}
            onSubmitShortcut={onSubmitShortcut}
          />
        )}
      </Field>
      <div className={styles.messageFoot}>
        <p role="status">{fullness}</p>
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
