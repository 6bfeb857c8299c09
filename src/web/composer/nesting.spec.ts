import { expect, test } from 'vitest';
import { isOverwhelming, textWithoutParsing } from './nesting.ts';

test('an ordinary mail may be parsed, unclosed paragraphs and all', () => {
  expect(isOverwhelming('<table><tr><td><p>a<p>b<br>'.repeat(20) + '</table>'.repeat(20))).toBe(false);
  expect(isOverwhelming('<p>line<br>'.repeat(3000))).toBe(false);
});

test.each([
  ['deep nesting', '<b>'.repeat(300)],
  ['deep nesting that is closed again', '<div>'.repeat(300) + '</div>'.repeat(300)],
  ['endless tags', '<br>'.repeat(20_001)],
  ['endless text', 'a'.repeat(600_000)],
])('%s is not parsed at all', (_, html) => {
  expect(isOverwhelming(html)).toBe(true);
});

test('a message that is not parsed is still readable, as text', () => {
  expect(textWithoutParsing('<div>a &amp; b</div><p>c<br>d</p><style>x</style><b')).toBe('a & b\nc\nd\n<b');
});

test('a megabyte of opening signs takes no time', () => {
  const start = performance.now();
  isOverwhelming('<'.repeat(1_000_000));
  textWithoutParsing('<'.repeat(1_000_000));
  expect(performance.now() - start).toBeLessThan(2000);
});
