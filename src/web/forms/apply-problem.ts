import type { FieldValues, Path, UseFormSetError } from 'react-hook-form';
import type { Problem } from '../../contract/problem.ts';

/**
 * Shows what a problem says about single fields (`fields`, by dotted path) beside the inputs. Does not move the focus.
 * @param form the names of all inputs, and react-hook-form's `setError`
 * @returns the sentences about fields that the form does not have; show them in the summary, so that none is lost
 */
export function applyProblem<Values extends FieldValues>(
  problem: Pick<Problem, 'fields'>,
  form: { names: readonly Path<Values>[]; setError: UseFormSetError<Values> },
): string[] {
  const rest: string[] = [];
  for (const [path, sentence] of Object.entries(problem.fields ?? {})) {
    const name = form.names.find((one) => one === path);
    if (name === undefined) rest.push(sentence);
    else form.setError(name, { type: 'server', message: sentence }, { shouldFocus: false });
  }
  return rest;
}
