import { expect, test } from 'vitest';
import { explainRefusal, explainUnclear } from './explain.ts';

test('a 422 speaks of single fields only where there are some', () => {
  const told = explainRefusal({ kind: 'refused', status: 422, fields: { title: 'Too short.' } }, 'file');
  expect(told.details.detail).toContain('each field');
  for (const refused of [{ fields: {} }, {}]) {
    const silent = explainRefusal({ kind: 'refused', status: 422, ...refused }, 'file');
    expect(silent.details.detail).toMatch(/does not say which part.*quote the reference/);
    expect(silent.details.fields).toEqual({});
  }
});

test('a 422 to closing a ticket speaks of no field, and is told in Moov’s own words', () => {
  const fields = { status: 'This ticket is being worked on.' };
  const told = explainRefusal({ kind: 'refused', status: 422, fields }, 'close');
  expect(told).toMatchObject({ kind: 'refused', details: { status: 422, detail: fields.status, fields } });
  expect(explainRefusal({ kind: 'refused', status: 422 }, 'close').details.detail).toContain('does not say why');
});

test('what Moov says of the whole of a 422 is told in its own words, to who files and to who closes', () => {
  const error = 'This account may not do so.';
  const refused = { kind: 'refused', status: 422, error, fields: { title: 'Too short.' } } as const;
  for (const attempted of ['file', 'close'] as const)
    expect(explainRefusal(refused, attempted).details.detail).toBe(error);
});

test('a refusal that is not documented keeps its status, and is told in Moov’s own words', () => {
  expect(explainRefusal({ kind: 'refused', status: 418, error: 'I am a teapot.' }, 'file')).toMatchObject({
    kind: 'refused',
    details: { status: 418, detail: 'I am a teapot.' },
  });
});

test.each([
  ['timeout', 'upstream-timeout', 'Moov did not answer in time.'],
  ['rate-limited', 'upstream-unavailable', 'Moov is receiving too many requests right now.'],
  ['unauthorized', 'upstream-unavailable', 'Moov does not accept the credentials of this portal right now'],
  ['broken', 'upstream-unavailable', 'Moov cannot be reached right now.'],
  ['unreadable', 'upstream-unavailable', 'Moov has answered in a way that this portal cannot read.'],
] as const)('no answer because of %s is told as %s, with when to try again and the reference', (reason, kind, why) => {
  const told = explainUnclear({ kind: 'unclear', reason, mayHaveArrived: false, upstreamRequestID: 'up' });
  expect(told).toMatchObject({ kind, details: { retryAfter: 5, upstreamRequestID: 'up' } });
  expect(told.details.detail).toContain(why);
  expect(told.details.detail).toMatch(/Try again in 5 seconds\.$/);
});

test('of a Moov that has answered with a failure it is not said that it cannot be reached', () => {
  const told = explainUnclear({ kind: 'unclear', reason: 'unavailable', status: 500, mayHaveArrived: true });
  expect(told.details.detail).toBe('Moov cannot answer this right now. Try again in 5 seconds.');
});

test.each([
  [400, 'in 1 second.'],
  [1_001, 'in 2 seconds.'],
])('after %i ms it can be tried again %s', (retryAfterMs, when) => {
  for (const reason of ['rate-limited', 'timeout'] as const)
    expect(explainUnclear({ kind: 'unclear', reason, mayHaveArrived: false, retryAfterMs }).details.detail).toMatch(
      new RegExp(`Try again ${when}$`),
    );
});
