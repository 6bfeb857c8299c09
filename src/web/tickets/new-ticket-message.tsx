import { type ReactNode, type Ref, useImperativeHandle, useRef, useState } from 'react';
import { useWatch } from 'react-hook-form';
import { countBytes, countTags, messageLimits } from '../../contract/message.ts';
import { Composer, type ComposerHandle } from '../composer/composer.tsx';
import { MessagePreview } from '../composer/preview.tsx';
import { Field, labelID } from '../forms/field.tsx';
import { Button } from '../ui/button.tsx';
import { formWords } from '../words/form.ts';
import styles from './new-ticket-form.module.css';
import { controlID, type NewTicketControl } from './new-ticket-values.ts';

type MessageFieldProps = {
  ref: Ref<ComposerHandle>;
  control: NewTicketControl;
  error: string | undefined;
  onChange(html: string): void;
  onSubmitShortcut(): void;
  /** what is to be said about it, under it */
  children: ReactNode;
};

/** The message: the editor with its label, how full it is when it nears its limits, and a preview on demand. */
export function MessageField({ ref, control, error, onChange, onSubmitShortcut, children }: MessageFieldProps) {
  const composer = useRef<ComposerHandle>(null);
  useImperativeHandle(ref, () => ({
    focus: () => composer.current?.focus(),
    setHTML: (html) => composer.current?.setHTML(html),
    getHTML: () => composer.current?.getHTML() ?? '',
  }));
  const [previewed, setPreviewed] = useState<string>();
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
              onChange(html);
              setPreviewed((before) => (before === undefined ? undefined : html));
            }}
            onSubmitShortcut={onSubmitShortcut}
          />
        )}
      </Field>
      <div className={styles.messageFoot}>
        <Fullness control={control} />
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
      {children}
    </div>
  );
}

/** From this share of a limit on, the form counts along. */
const nearly = 0.8;

/** How much of the message's limits is used, once it is nearly all. */
function Fullness({ control }: { control: NewTicketControl }) {
  const html = useWatch({ control, name: 'body' }) ?? '';
  const bytes = html.length * 3 < messageLimits.bytes * nearly ? 0 : countBytes(html);
  const tags = countTags(html);
  const words = formWords.message;
  const kilobytes = (size: number) => (Math.ceil(size / 102.4) / 10).toLocaleString('en');
  const lines = [
    bytes > messageLimits.bytes * nearly && words.bytes(kilobytes(bytes), kilobytes(messageLimits.bytes)),
    tags > messageLimits.tags * nearly && words.tags(tags, messageLimits.tags),
  ].filter((line) => line !== false);
  const over = bytes > messageLimits.bytes || tags > messageLimits.tags;
  return (
    <p role="status" className={over ? styles.over : styles.quiet}>
      {lines.join(' ')}
    </p>
  );
}
