import type { FieldValues, Path, UseFormSetError } from 'react-hook-form';
import type { Problem } from '../../contract/problem.ts';

/**
 * Puts each sentence of a problem's `fields` beside the input of that path, all at once and without moving the focus.
 * @returns the sentences of paths that the form has no input for: they belong into the summary, so that none is lost
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
