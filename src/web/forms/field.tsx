import type { ComponentProps, ReactNode } from 'react';
import { formWords } from '../words/form.ts';
import styles from './forms.module.css';

/** The attributes that connect a control with its label, hint and error. Spread them on the control. */
type ControlProps = { id: string; 'aria-describedby'?: string; 'aria-invalid'?: true };

type FieldProps = {
  /** the id of the control; its label gets the id `<id>-label`, its hint `<id>-hint`, its error `<id>-error` */
  id: string;
  label: string;
  hint?: ReactNode;
  /** a sentence that says what to enter instead; undefined while nothing is wrong */
  error?: string | undefined;
  /** shows “optional” beside the label; screen readers read it as part of the description, not of the name */
  optional?: boolean;
  children: (control: ControlProps) => ReactNode;
};

/** The id of a control's label. Links to the control scroll to the label. */
export const labelID = (id: string) => `${id}-label`;

/** A control with its label, hint and error, in this order, connected for screen readers. `children` renders the control. */
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

/** A field for one line of text. The input is uncontrolled: its value is in the DOM, where text typed before hydration stays. */
export function TextField({ id, label, hint, error, optional, ...input }: TextFieldProps) {
  return (
    <Field id={id} label={label} hint={hint} error={error} {...(optional !== undefined && { optional })}>
      {(control) => <input type="text" {...input} {...control} />}
    </Field>
  );
}
