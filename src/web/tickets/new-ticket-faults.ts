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
 * What is at fault in the form: said beside its inputs, and in the summary.
 * @param openMore opens the details, in which two of the inputs are
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
    /** how often something was found: the summary takes the focus each time, and not at 0 */
    attempt,
    /** what was said about fields that the form does not have */
    rest,
    /** what is said about a field */
    of,
    /** for the summary, in the order of the screen */
    all: fieldsOnScreen.flatMap((path): Fault[] => {
      const sentence = of(path);
      if (sentence === undefined) return [];
      const fault = { id: controlID(path), label: formWords.labels[path], sentence };
      return path === 'body' ? [{ ...fault, focus: () => composer.current?.focus() }] : [fault];
    }),
    /** The form's own check has found something in these fields. */
    found,
    /**
     * A problem says what is at fault.
     * @param isTypedOn somebody has gone on typing since: the next keys must not be lost to the summary
     */
    tell(problem: Problem, isTypedOn: boolean) {
      setRest(applyProblem<NewTicketValues>(problem, { names: newTicketFields, setError: form.setError }));
      found(problem.fields ?? {}, isTypedOn);
    },
    clearRest: () => setRest([]),
  };
}
export type Faults = ReturnType<typeof useFaults>;
