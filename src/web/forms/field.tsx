import type { ComponentProps, ReactNode } from 'react';
import { formWords } from '../words/form.ts';
import styles from './forms.module.css';

/** What ties a control to its label, hint and error; to be spread on an input. */
type ControlProps = { id: string; 'aria-describedby'?: string; 'aria-invalid'?: true };

type FieldProps = {
  /** of the control; its label is `<id>-label`, its error `<id>-error` */
  id: string;
  label: string;
  hint?: ReactNode;
  /** what to enter instead; undefined while nothing is at fault */
  error?: string | undefined;
  /** said beside the label, and not part of the name */
  optional?: boolean;
  children: (control: ControlProps) => ReactNode;
};

/** The id of a control's label: what a link to the control scrolls to. */
export const labelID = (id: string) => `${id}-label`;

/** A control with its label, hint and error in this order, tied together for those who do not see them. */
export function Field({ id, label, hint, error, optional = false, children }: FieldProps) {
  const parts = {
    optional: optional ? `${id}-optional` : undefined,
    hint: hint !== undefined && hint !== '' ? `${id}-hint` : undefined,
    error: error !== undefined ? `${id}-error` : undefined,
  };
  const describedBy = [parts.optional, parts.hint, parts.error].filter((part) => part !== undefined).join(' ');
  return (
    <div className={styles.field} data-invalid={error !== undefined || undefined}>
      <div className={styles.labelLine}>
        <label id={labelID(id)} htmlFor={id} className={styles.label}>
          {label}
        </label>
        {optional && (
          <span id={parts.optional} className={styles.optional}>
            {formWords.optional}
          </span>
        )}
      </div>
      {parts.hint !== undefined && (
        <div id={parts.hint} className={styles.hint}>
          {hint}
        </div>
      )}
      {error !== undefined && (
        <p id={parts.error} className={styles.error}>
          {error}
        </p>
      )}
      {children({
        id,
        ...(describedBy !== '' && { 'aria-describedby': describedBy }),
        ...(error !== undefined && { 'aria-invalid': true }),
      })}
    </div>
  );
}

type TextFieldProps = Omit<FieldProps, 'children'> & Omit<ComponentProps<'input'>, 'id'>;

/** A field of one line of text. It has no value of its own: what stands in the page is what counts. */
export function TextField({ id, label, hint, error, optional, ...input }: TextFieldProps) {
  return (
    <Field id={id} label={label} hint={hint} error={error} {...(optional !== undefined && { optional })}>
      {(control) => <input type="text" {...input} {...control} />}
    </Field>
  );
}
