import { expect, test } from 'vitest';
import { makeProblem } from '../guard/problem.ts';
import { sentSubmission } from '../testing/submission.ts';
import { fingerprintOf } from './fingerprint.ts';
import { presentSubmission } from './present.ts';

const ticket = {
  title: 'Payout missing',
  body: '<p>Hello</p>',
  contact: { email: 'a@example.com', name: 'Mel' },
  author: 'Mel Roberts',
  foreignID: 'ref-1',
};
const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 12, minute));
const stored = sentSubmission(at(1), {
  personName: 'Mel Roberts',
  payload: ticket,
  state: 'queued',
  reason: 'rate-limited',
  mayHaveArrived: false,
  nextAttemptAt: at(9),
  createdAt: at(0),
  updatedAt: at(5),
});

test('a request that differs in any field is another ticket; one that differs in none is the same', () => {
  const { author, ...unsigned } = ticket;
  const { email } = ticket.contact;
  const others = [
    { ...ticket, title: 'x' },
    { ...ticket, body: '<p>x</p>' },
    { ...ticket, contact: { ...ticket.contact, email: 'x@example.com' } },
    { ...ticket, contact: { ...ticket.contact, name: 'x' } },
    { ...ticket, author: 'x' },
    { ...ticket, foreignID: 'x' },
    // The same words, once as the author's name and once as the contact's.
    { ...ticket, contact: { email } },
    { ...unsigned, contact: { email, name: author } },
  ];
  expect(new Set([ticket, ...others, { ...ticket }].map(fingerprintOf)).size).toBe(9);
});

test('a request that an earlier version took is the same request to this one', () => {
  expect(fingerprintOf(ticket)).toBe('XSTEr2vUqwV0hVDh-Q8P448ribLk0eTKjyZLxPtW_Pk');
});

test('a ticket that waits is told with who filed it, when it changed last, when it is tried again and whether it can be cancelled', () => {
  expect(presentSubmission(stored)).toMatchObject({
    title: 'Payout missing',
    filedBy: 'Mel Roberts',
    attempts: 2,
    createdOn: at(0).toISOString(),
    updatedOn: at(5).toISOString(),
    nextAttemptOn: at(9).toISOString(),
    reason: 'rate-limited',
    cancellable: true,
  });
  expect(presentSubmission({ ...stored, mayHaveArrived: true }).cancellable, 'it may be there already').toBe(false);
  expect(presentSubmission({ ...stored, state: 'sending' }).cancellable, 'it is on its way').toBe(false);
});

test('a ticket that an earlier build gave up as cancelled is not told to have never arrived', () => {
  expect(presentSubmission({ ...stored, state: 'cancelled' })).toMatchObject({ state: 'cancelled' });
  expect(presentSubmission({ ...stored, state: 'cancelled', mayHaveArrived: true })).toMatchObject({
    state: 'rejected',
    problem: { type: '/problems/given-up', requestID: 'r' },
  });
});

test('a ticket that was refused is told with the reason', () => {
  const problem = makeProblem('invalid', { detail: 'Say more.', fields: { title: 'Say more.' } }, 'r');
  expect(presentSubmission({ ...stored, state: 'rejected', problem }).problem).toEqual(problem);
});
