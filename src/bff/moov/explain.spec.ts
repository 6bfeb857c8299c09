import { expect, test } from 'vitest';
import { explainRefusal, explainUnclear } from './explain.ts';

test('a 422 speaks of sentences beside the fields only where there are some', () => {
  const told = explainRefusal({ kind: 'refused', status: 422, fields: { title: 'Too short.' } }, 'file');
  expect(told.details.detail).toContain('stands beside its field');
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

test.each([
  [400, 'in 1 second.'],
  [1_001, 'in 2 seconds.'],
])('after %i ms it can be tried again %s', (retryAfterMs, when) => {
  for (const reason of ['rate-limited', 'timeout'] as const)
    expect(explainUnclear({ kind: 'unclear', reason, mayHaveArrived: false, retryAfterMs }).details.detail).toMatch(
      new RegExp(`Try again ${when}$`),
    );
});
