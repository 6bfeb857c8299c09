// @vitest-environment happy-dom
import { expect, test } from 'vitest';
import { parseInert } from './inert.ts';
import { shape } from './shape.ts';

const shaped = (html: string, options = {}) => {
  const holder = document.createElement('div');
  holder.append(shape(parseInert(html), options));
  return holder.innerHTML;
};

test.each([
  ['h1 and h5 become the headings there are', '<h1>a</h1><h5>b</h5>', '<h2>a</h2><h3>b</h3>'],
  ['divs become paragraphs', '<div>a<div>b</div>c</div>', '<p>a</p><p>b</p><p>c</p>'],
  [
    'old tags become their successors',
    '<p><b>a</b><i>b</i><strike>c</strike><tt>d</tt></p>',
    '<p><strong>a</strong><em>b</em><s>c</s><code>d</code></p>',
  ],
  ['a blank line stays', '<p>a</p><p></p><p>&nbsp;</p><p>b</p>', '<p>a</p><p></p><p></p><p>b</p>'],
  ['white space of the source does not', '<div>\n  <p>\n a\n  b </p>\n</div>', '<p>a b</p>'],
  [
    'a mark around paragraphs goes into them',
    '<b><p>a</p><p>b</p></b>',
    '<p><strong>a</strong></p><p><strong>b</strong></p>',
  ],
  [
    'an item always begins with a paragraph',
    '<ul><li><ul><li>x</li></ul></li></ul>',
    '<ul><li><p></p><ul><li><p>x</p></li></ul></li></ul>',
  ],
  ['code keeps its lines', '<pre>a\n  <b>b</b></pre>', '<pre><code>a\n  b</code></pre>'],
  [
    'a table that only lays out is taken apart',
    '<table><tr><td><p>a</p><p>b</p></td></tr></table>',
    '<p>a</p><p>b</p>',
  ],
  ['what is hidden stays hidden', '<p>a<span style="display:none">b</span></p>', '<p>a</p>'],
  [
    'what is hidden in tables and lists too',
    '<table><tr><td style="display:none">a</td></tr><tr><td>b</td><td hidden>c</td><td>d</td></tr></table><ul><li>e</li><li style="display:none">f</li></ul>',
    '<p>b | d</p><ul><li><p>e</p></li></ul>',
  ],
  ['a tag of any name is only its text', '<constructor>a</constructor><tostring>b</tostring>', '<p>ab</p>'],
  ['a link of a scheme of its own is only text', '<a href="data:text/html,x">a</a>', '<p>a</p>'],
])('%s', (_, html, expected) => {
  expect(shaped(html)).toBe(expected);
});

test('what it gives, it takes unchanged: a message of ours', () => {
  const html =
    '<h2>a</h2><p>b  <strong>c<em>d</em></strong><br>e</p><p></p><ul><li><p>f</p><ol><li><p>g</p></li></ol></li></ul><blockquote><p>h</p></blockquote><pre><code>i\n</code></pre><hr><p><a href="https://x.example/" rel="noopener noreferrer nofollow">j</a></p>';
  expect(shaped(html, { keepSpaces: true })).toBe(html);
});
