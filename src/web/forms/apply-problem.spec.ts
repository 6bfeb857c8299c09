import { expect, test, vi } from 'vitest';
import { newTicketFields } from '../../contract/ticket.ts';
import { applyProblem } from './apply-problem.ts';

type Values = {
  title: string;
  body: string;
  author: string;
  foreignID: string;
  contact: { email: string; name: string };
};

test('each sentence goes to the input of its path, and the focus stays where it is', () => {
  const setError = vi.fn();
  const fields = Object.fromEntries(newTicketFields.map((path) => [path, `About ${path}.`]));
  const rest = applyProblem<Values>({ fields }, { names: newTicketFields, setError });
  expect(rest).toEqual([]);
  expect(setError.mock.calls).toEqual(
    newTicketFields.map((path) => [path, { type: 'server', message: `About ${path}.` }, { shouldFocus: false }]),
  );
});

test('a sentence about a field that the form does not have is not lost', () => {
  const setError = vi.fn();
  const rest = applyProblem<Values>(
    { fields: { title: 'Too vague.', priority: 'Choose one.', 'contact.phone': 'Missing.' } },
    { names: newTicketFields, setError },
  );
  expect(rest).toEqual(['Choose one.', 'Missing.']);
  expect(setError).toHaveBeenCalledTimes(1);
});

test('a problem without fields touches no input', () => {
  const setError = vi.fn();
  expect(applyProblem<Values>({}, { names: newTicketFields, setError })).toEqual([]);
  expect(setError).not.toHaveBeenCalled();
});
