import { expect, test } from 'vitest';
import { relativeWords } from './relative-time.tsx';

const now = Date.parse('2026-11-23T12:00:00Z');

test.each([
  ['2026-11-23T11:59:50Z', 'now'],
  ['2026-11-23T11:59:00Z', '1 minute ago'],
  ['2026-11-23T11:10:00Z', '50 minutes ago'],
  ['2026-11-23T11:03:00Z', '1 hour ago'],
  ['2026-11-23T12:03:00Z', 'in 3 minutes'],
  ['2026-11-22T12:00:00Z', 'yesterday'],
  ['2026-11-03T12:00:00Z', '20 days ago'],
  ['2026-05-12T12:00:00Z', '12 May 2026'],
])('%s reads “%s”', (date, words) => {
  expect(relativeWords(new Date(date), now)).toBe(words);
});
