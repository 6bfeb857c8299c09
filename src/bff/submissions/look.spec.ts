import { expect, test } from 'vitest';
import { textOf } from './look.ts';

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
