import { expect, test } from 'vitest';
import { earliestArrival, textOf } from './look.ts';

test.each([
  ['<p>Where is <strong>my</strong> payout?</p>', 'Whereismypayout?'],
  ['<p>a &lt; b &amp;&nbsp;c</p>', 'a<b&c'],
  ['a < b', 'a<b'],
  ['<a title="x<y">z</a>', 'z'],
  ['one <two', 'one<two'],
])('the words of %j are %j', (html, words) => {
  expect(textOf(html)).toBe(words);
});

test('a message of signs that are never closed holds nobody up', () => {
  const before = performance.now();
  expect(textOf('<'.repeat(128 * 1024))).toHaveLength(128 * 1024);
  expect(textOf('<p>'.repeat(300_000))).toBe('');
  expect(performance.now() - before).toBeLessThan(2_000);
});

test.each([
  ['is right', 0, -3],
  ['is a minute ahead', 60_000, 57],
  ['is a minute behind', -60_000, -63],
  ['is not known', undefined, -5 * 60],
])('a ticket is looked for from when it was sent, by Moov’s clock, where that %s', (_, aheadMs, seconds) => {
  const [createdAt, firstSentAt] = [new Date('2026-05-12T10:00:00Z'), new Date('2026-05-12T10:30:00Z')];
  const moov = { clockAheadMs: () => aheadMs };
  expect(earliestArrival({ createdAt, firstSentAt }, moov) - firstSentAt.getTime()).toBe(seconds * 1_000);
  expect(earliestArrival({ createdAt, firstSentAt: undefined }, moov) - createdAt.getTime()).toBe(seconds * 1_000);
});
