import { expect, test } from 'vitest';
import { meantLink } from './link-mark.ts';

test.each([
  ['https://example.com/a?b#c', 'https://example.com/a?b#c'],
  [' example.com ', 'https://example.com/'],
  ['example.com/path', 'https://example.com/path'],
  ['name@example.com', 'mailto:name@example.com'],
  ['mailto:name@example.com', 'mailto:name@example.com'],
  ['+1-555-0100', 'tel:+1-555-0100'],
  ['javascript:alert(1)', undefined],
  ['https://user:secret@example.com', undefined],
  ['https://:secret@example.com', undefined],
  ['example.com:8080/path', 'https://example.com:8080/path'],
  ['+1', undefined],
  ['/tickets', undefined],
  ['two words', undefined],
  ['', undefined],
])('the address “%s” is taken as %s', (typed, meant) => {
  expect(meantLink(typed)).toBe(meant);
});
