// @vitest-environment happy-dom
import { expect, test } from 'vitest';
import { busyMs } from '../../bff/testing/busy.ts';
import { linkWebAddresses } from './web-addresses.ts';

/** Where the links lead to, and the text as a whole. */
const linked = (html: string) => {
  const root = document.createElement('div');
  root.innerHTML = html;
  const before = root.textContent;
  linkWebAddresses(root);
  expect(root.textContent, 'not a sign is lost or added').toBe(before);
  return [...root.querySelectorAll('a')].map((link) => link.getAttribute('href'));
};

test.each([
  ['See https://docs.moov.io/guides today.', 'https://docs.moov.io/guides'],
  ['(https://moov.io/a)', 'https://moov.io/a'],
  ['https://en.example/wiki/Bank_(law), and', 'https://en.example/wiki/Bank_(law)'],
  ['“HTTP://moov.io/?q=a&amp;b=(c)”!', 'HTTP://moov.io/?q=a&b=(c)'],
  ['https://moov.io/a/…', 'https://moov.io/a/'],
  ['Siehe https://moov.io/a。', 'https://moov.io/a'],
  ['`https://moov.io/a`', 'https://moov.io/a'],
  ['‹https://moov.io/a›', 'https://moov.io/a'],
  ['https://moov.io/a، ثم', 'https://moov.io/a'],
  ['\u2066https://moov.io/a\u2069', 'https://moov.io/a'],
  ['https://moov.io/a\u200b', 'https://moov.io/a'],
])('an address is a link, and what stands around it is not: %s', (html, href) => {
  expect(linked(html)).toEqual([href]);
});

test('an address that stands in several texts is one link', () => {
  const root = document.createElement('div');
  root.append('See https://docs.moov.io/', 'guides', '/x now');
  linkWebAddresses(root);
  expect(root.innerHTML).toBe('See <a href="https://docs.moov.io/guides/x">https://docs.moov.io/guides/x</a> now');
});

test('two addresses in one line are two links', () => {
  expect(linked('<p>https://a.example, https://b.example</p>')).toEqual(['https://a.example', 'https://b.example']);
});

test.each([
  '<code>https://moov.io</code>',
  '<pre>curl https://moov.io</pre>',
  'moov.io',
  'ftp://moov.io',
  'xhttps://moov.io',
  'https://',
  'https://...',
  'https://user:secret@moov.io/',
])('no link is made of %s', (html) => {
  expect(linked(html)).toEqual([]);
});

test('a link stays the one link it is', () => {
  expect(linked('<a href="https://moov.io/x">see <strong>https://moov.io</strong></a>')).toEqual(['https://moov.io/x']);
});

test('sixty-four thousand signs hold nobody up', () => {
  const before = process.threadCpuUsage();
  for (const sign of [')', '(', '.', 'https://', 'https://a)'])
    expect(linked(`https://a.example/${sign.repeat(64_000 / sign.length)}`).length).toBeGreaterThan(0);
  expect(busyMs(before)).toBeLessThan(2_000);
});
