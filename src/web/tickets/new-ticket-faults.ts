import { type RefObject, useState } from 'react';
import type { Problem } from '../../contract/problem.ts';
import { type NewTicketField, newTicketFields } from '../../contract/ticket.ts';
import type { ComposerHandle } from '../composer/composer.tsx';
import { applyProblem } from '../forms/apply-problem.ts';
import type { Fault } from '../forms/error-summary.tsx';
import { formWords } from '../words/form.ts';
import { controlID } from './new-ticket-ids.ts';
import { fieldsOnScreen, type NewTicketMethods, type NewTicketValues } from './new-ticket-values.ts';

/**
 * What is wrong in the form, for the messages beside the inputs and for the summary above them.
 * @param openMore opens “More details”, which holds the inputs `author` and `foreignID`
 */
export function useFaults(form: NewTicketMethods, composer: RefObject<ComposerHandle | null>, openMore: () => void) {
  const [attempt, setAttempt] = useState(0);
  const [rest, setRest] = useState<string[]>([]);
  const of = (path: NewTicketField): string | undefined => form.getFieldState(path, form.formState).error?.message;
  const found = (paths: { author?: unknown; foreignID?: unknown }, isTypedOn = false) => {
    if (paths.author !== undefined || paths.foreignID !== undefined) openMore();
    setAttempt((count) => (isTypedOn ? 0 : count + 1));
  };
  return {
    /** counts how often something was found. Each time it grows, the summary takes the focus. Set to 0, it does not */
    attempt,
    /** messages about fields that the form does not have, of the problem that was told last */
    rest,
    /** the message about a field, or undefined */
    of,
    /** all faults for the summary, in the order of the fields on the screen */
    all: fieldsOnScreen.flatMap((path): Fault[] => {
      const sentence = of(path);
      if (sentence === undefined) return [];
      const fault = { id: controlID(path), label: formWords.labels[path], sentence };
      return path === 'body' ? [{ ...fault, focus: () => composer.current?.focus() }] : [fault];
    }),
    /** Call this when the form's own check has found something; `paths` has a key for each field. */
    found,
    /**
     * Shows what a problem says about the fields.
     * @param isTypedOn the person has typed since the ticket was sent: then the summary does not take the focus, or the next keys would
     *   be lost
     */
    tell(problem: Problem, isTypedOn: boolean) {
      setRest(applyProblem<NewTicketValues>(problem, { names: newTicketFields, setError: form.setError }));
      found(problem.fields ?? {}, isTypedOn);
    },
    /** Call this when the person types: a fault that comes back while they correct a field must not take the focus from it. */
    typedOn: () => setAttempt(0),
  };
}
export type Faults = ReturnType<typeof useFaults>;
