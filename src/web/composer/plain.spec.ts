// @vitest-environment happy-dom
import { expect, test } from 'vitest';
import { isBlank, linesToHTML, readLines, spaced } from './plain.ts';

const editable = (html: string) => {
  const element = document.createElement('div');
  element.innerHTML = html;
  return element;
};

test.each([
  ['nothing', '', ['']],
  ['the filler of an emptied editor', '<br>', ['']],
  ['newlines, with a filler after the last', 'a\n\nb\n\n', ['a', '', 'b', '']],
  ['line breaks', 'a<br><br>b', ['a', '', 'b']],
  ['a last line break that only fills', 'a<br>', ['a']],
  ['divs', '<div>a</div><div><br></div><div>b</div>', ['a', '', 'b']],
  ['text before divs', 'a<div>b</div><div>c</div>', ['a', 'b', 'c']],
  ['line ends of another system', 'a\r\nb\rc', ['a', 'b', 'c']],
  ['no-break spaces', 'a&nbsp; b', ['a  b']],
])('the plain editor is read as typed: %s', (_, html, lines) => {
  expect(readLines(editable(html)).lines).toEqual(lines);
});

test('the caret is found in its line', () => {
  const element = editable('one\ntwo<div>three</div>');
  const [text, div] = element.childNodes;
  if (text === undefined || div?.firstChild == null) throw new Error('no nodes');
  const { carets } = readLines(element, [
    { node: text, offset: 5 },
    { node: div.firstChild, offset: 2 },
    { node: element, offset: 0 },
  ]);
  expect(carets).toEqual([
    { line: 1, column: 1 },
    { line: 2, column: 2 },
    { line: 0, column: 0 },
  ]);
});

test('a single tab is to be seen as more than a space', () => {
  expect(spaced('<p>a\tb</p>')).toBe('<p>a&nbsp;&nbsp;&nbsp; b</p>');
});

test('its lines go out as paragraphs, as text and nothing else', () => {
  expect(linesToHTML(['a < b & <script>', '', 'c'])).toBe('<p>a &lt; b &amp; &lt;script&gt;</p><p></p><p>c</p>');
});

test('white space alone is no message', () => {
  expect(linesToHTML([' ', '\u00a0\u200b'])).toBe('');
  expect(isBlank('x')).toBe(false);
});

test('columns and indents stay to be seen, however often they are read; code and single spaces stay as they are', () => {
  const html =
    '<p>id    amount</p><p>  in\t a <a href="https://a.example">b c</a></p><pre><code>x  y\n\tz</code></pre>';
  const seen =
    '<p>id&nbsp;&nbsp;&nbsp; amount</p><p>&nbsp; in&nbsp;&nbsp;&nbsp;&nbsp; a <a href="https://a.example">b c</a></p><pre><code>x  y\n\tz</code></pre>';
  expect(spaced(html)).toBe(seen);
  expect(spaced(seen)).toBe(seen);
});
