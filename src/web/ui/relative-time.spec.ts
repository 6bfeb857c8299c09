import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { afterEach, expect, test, vi } from 'vitest';
import { dayWords, RelativeTime, relativeWords } from './relative-time.tsx';

afterEach(() => {
  vi.unstubAllEnvs();
});

const now = Date.parse('2026-11-23T12:00:00Z');

test.each([
  ['2026-11-23T11:59:50Z', 'now'],
  ['2026-11-23T11:59:00Z', '1 minute ago'],
  ['2026-11-23T11:10:00Z', '50 minutes ago'],
  ['2026-11-23T11:03:00Z', '1 hour ago'],
  ['2026-11-23T12:03:00Z', 'in 3 minutes'],
  ['2026-11-22T12:00:00Z', 'yesterday'],
  ['2026-11-03T12:00:00Z', '20 days ago'],
])('%s reads “%s”', (date, words) => {
  expect(relativeWords(new Date(date), now)).toBe(words);
});

// Without a time zone, so that the test holds in every time zone.
const at = (day: number, hours: number, minutes = 0) => new Date(2026, 10, day, hours, minutes);
test.each([
  [at(25, 0, 30), at(25, 23, 30), '23 hours ago'],
  [at(24, 23, 30), at(25, 23, 0), 'yesterday'],
  [at(24, 7), at(25, 23), 'yesterday'],
  [at(23, 22), at(25, 1), '2 days ago'],
  [at(27, 1), at(25, 23), 'in 2 days'],
  [new Date(2026, 4, 12, 12), at(23, 12), '12 May 2026'],
])('%s reads, at %s, “%s”', (date, then, words) => {
  expect(relativeWords(date, then.getTime())).toBe(words);
});

test.each([
  ['America/Los_Angeles', '2026-10-31T19:30:00-07:00', '2026-11-01T23:00:00-08:00'],
  ['America/Los_Angeles', '2026-03-07T22:00:00-08:00', '2026-03-08T23:00:00-07:00'],
  ['Asia/Kolkata', '2026-11-24T00:10:00+05:30', '2026-11-25T23:50:00+05:30'],
])('in %s, %s is the day before %s', (zone, date, then) => {
  vi.stubEnv('TZ', zone);
  expect(relativeWords(new Date(date), Date.parse(then))).toBe('yesterday');
});

test.each([
  [4 * 60_000, 'now'],
  [-4 * 60_000, '4 minutes ago'],
  [-10_000, 'now'],
])('what is over, and %d ms from now by the browser’s clock, reads “%s”', (ms, words) => {
  const date = new Date(Date.now() + ms).toISOString();
  expect(renderToStaticMarkup(createElement(RelativeTime, { date }))).toContain(`>${words}<`);
});

test.each([2 * 3_600_000, 24 * 3_600_000])('by a clock that is %d ms behind, what is over is told by its day', (ms) => {
  const date = new Date(Date.now() + ms).toISOString();
  const shown = renderToStaticMarkup(createElement(RelativeTime, { date }));
  expect(shown).toContain(`>${dayWords(date)}<`);
});

test('a date of Moov’s that cannot be read stands as it came, and breaks no page', () => {
  expect(renderToStaticMarkup(createElement(RelativeTime, { date: 'last spring' }))).toBe('<span>last spring</span>');
  expect(dayWords('last spring')).toBe('last spring');
});

test.each([
  [4 * 60_000, 'in 4 minutes'],
  [30_000, 'in a moment'],
  [-4 * 60_000, 'now'],
])('what lies ahead, and %d ms from now, reads “%s”', (ms, words) => {
  const date = new Date(Date.now() + ms).toISOString();
  expect(renderToStaticMarkup(createElement(RelativeTime, { date, ahead: 'in a moment' }))).toContain(`>${words}<`);
});
