// @vitest-environment happy-dom
import { expect, test } from 'vitest';
import { busyMs } from '../../bff/testing/busy.ts';
import { cleanMessage } from './clean-message.ts';

// Hostile HTML is tested in a real browser (e2e/): in a simulated DOM, DOMPurify does not protect.
const shown = (html: string) => {
  const holder = document.createElement('div');
  holder.append(cleanMessage(html));
  return holder;
};

test('a link opens elsewhere, says so, and names the site it leads to when its text names another', () => {
  const [link, honest, mail] = shown(
    '<a href="https://evil.example/x">https://moov.io</a> <a href="https://www.moov.io/x">moov.io</a> <a href="mailto:a@b.example">a</a>',
  ).querySelectorAll('a');
  expect(link?.textContent).toBe('https://moov.io (evil.example)');
  expect(link?.getAttribute('target')).toBe('_blank');
  expect(link?.getAttribute('rel')).toBe('noopener noreferrer nofollow');
  expect(link?.getAttribute('data-opens')).toBe('opens in a new tab');
  expect(honest?.textContent).toBe('moov.io');
  expect(mail?.hasAttribute('target')).toBe(false);
});

test.each(['moov.io, sign in', '“moov.io”', 'https://moov.io.', '\u200bmoov.io\u200b'])(
  'a link that begins with the name of another site names its own, whatever stands around that name: %s',
  (text) => {
    expect(shown(`<a href="https://evil.example/x">${text}</a>`).textContent).toBe(`${text} (evil.example)`);
    expect(shown(`<a href="https://moov.io/x">${text}</a>`).textContent).toBe(text);
  },
);

test.each(['mo\u200bov.io', 'https://mo\u00adov.io/a', 'https://m\u043e\u043ev.io', '\u043coov.io'])(
  'nor does it help to write that name with signs that show nothing, or with letters that look like others: %j',
  (text) => {
    expect(shown(`<a href="https://evil.example/x">${text}</a>`).textContent).toBe(`${text} (evil.example)`);
  },
);

test('an address in letters that may look like others is shown with the letters that a browser asks for', () => {
  expect(shown('https://m\u043e\u043ev.io/a').textContent).toBe('https://m\u043e\u043ev.io/a (xn--mv-fmca.io)');
});

test('a link of two hundred thousand signs holds nobody up', () => {
  const before = process.threadCpuUsage();
  for (const text of ['-'.repeat(200_000), 'a.'.repeat(100_000), `a.${'a'.repeat(200_000)}-`])
    expect(shown(`<a href="https://evil.example/x">${text}</a>`).textContent).toBe(text);
  expect(busyMs(before)).toBeLessThan(2_000);
});

test('a picture is a link that says where it leads; one that only watches is gone', () => {
  const holder = shown(
    '<p>a<img src="https://cdn.example/c.png" alt="Chart"><img src="https://t.example/p.gif" width="1"><img src="cid:1"></p>',
  );
  expect(holder.querySelector('img')).toBeNull();
  expect(holder.textContent).toBe('a Image: Chart (opens cdn.example) [Image]');
  expect(holder.querySelector('a')?.getAttribute('href')).toBe('https://cdn.example/c.png');
});

test('history is folded, and no blank line is left where it stood', () => {
  const holder = shown('<div>Answer</div><div><br></div><div class="gmail_quote">On Tue, Mel wrote: old</div>');
  expect(holder.innerHTML).toBe(
    '<p>Answer</p><details><summary>Show quoted text</summary><p>On Tue, Mel wrote: old</p></details>',
  );
});

test('plain text keeps its lines', () => {
  expect(shown('Hello,\n\na & b').innerHTML).toBe('<p>Hello,<br><br>a &amp; b</p>');
});

test('plain text with a sign that looks like the beginning of a tag keeps its lines, and all of its words', () => {
  const holder = shown('2 < 3, says\nMel <mel@wholebody.example>');
  expect(holder.querySelectorAll('br')).toHaveLength(1);
  expect(holder.textContent).toBe('2 < 3, saysMel <mel@wholebody.example>');
});

test.each(['Docs <https://moov.io/a> today', '<p>Docs <https://moov.io/a> today</p>'])(
  'a web address in angle brackets is a link and no tag: %s',
  (html) => {
    const holder = shown(html);
    expect(holder.textContent).toBe('Docs <https://moov.io/a> today');
    expect(holder.querySelector('a')?.getAttribute('href')).toBe('https://moov.io/a');
  },
);

test('a tag of any form makes a message no plain text', () => {
  for (const html of ['a\n<br>b', 'a\n<BR/>b', 'a\n</p>b', 'a\n<o:p>b', 'a\n<!-- c -->b', 'a\n<b\nclass=x>b'])
    expect(shown(html).textContent, html).not.toMatch(/[<>]/);
});
