import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

/** The page says which test shows which requirement: here it is held to that, by number, by file and by the name of each test. */
const root = join(import.meta.dirname, '..');
const page = readFileSync(join(root, 'docs/security.md'), 'utf8');
const table = /^## The 48 requirements$([\s\S]*?)^## /m.exec(page)?.[1] ?? '';
const rows = [...table.matchAll(/^\| (\d+) \| (.+?) \| (.+) \|$/gm)].map(([, number, , shownBy = '']) => ({
  number: Number(number),
  shownBy,
}));

const pathOf = (name: string) => join(root, /^(src|e2e)\//.test(name) ? name : `src/bff/${name}`);
/** The names of tests that a cell quotes, each with the spec file that is named before it. */
function quotesIn(cell: string): { file: string; name: string }[] {
  let file = '';
  return [...cell.matchAll(/`([^`\s]+\.spec\.tsx?)`|“([^”]+)”/g)].flatMap(([, path, name]) => {
    if (path !== undefined) file = path;
    return name === undefined ? [] : [{ file, name }];
  });
}
/** Every piece of text in a spec: names of tests and of the cases in their tables are some of them. */
const literalsOf = (file: string) =>
  [...readFileSync(pathOf(file), 'utf8').matchAll(/(['"`])((?:\\.|(?!\1)[^\\\n])*)\1/g)].map(([, , text = '']) => text);
/** Whether a name, cut with … or whole, is one of the texts. */
function isAmong(texts: string[], name: string): boolean {
  const pieces = name.split('…').map((piece) => piece.trim().replace(/[^\w\s]/g, '\\$&'));
  const pattern = new RegExp(`^${pieces.join('.*')}$`);
  return texts.some((text) => pattern.test(text));
}

test('each of the 48 requirements has one line, in order', () => {
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 48 }, (_, index) => index + 1));
});

test('every spec file that the page names is there', () => {
  const named = [...page.matchAll(/`([^`\s]+\.spec\.tsx?)`/g)].map(([, name = '']) => name);
  expect(named.length).toBeGreaterThan(48);
  expect(named.filter((name) => globSync(pathOf(name)).length === 0)).toEqual([]);
});

describe.each(rows)('requirement $number', ({ shownBy }) => {
  test('is shown by a test that exists under the name given, or the page says why it is not used', () => {
    const quotes = quotesIn(shownBy);
    if (quotes.length === 0) expect(shownBy).toMatch(/^not used: .{40}/);
    expect(quotes.filter(({ file, name }) => !existsSync(pathOf(file)) || !isAmong(literalsOf(file), name))).toEqual(
      [],
    );
  });
});

test('a name that no test has, cut or whole, would be missed', () => {
  const texts = literalsOf('routes/auth.spec.ts');
  expect(isAmong(texts, 'cannot be forged from %s')).toBe(true);
  expect(isAmong(texts, 'cannot be …')).toBe(true);
  for (const name of ['cannot be forged', 'cannot be … from nowhere', 'be forged from %s'])
    expect(isAmong(texts, name)).toBe(false);
});
