import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { expect, test } from '@playwright/test';

const web = join(import.meta.dirname, '..', 'dist', 'web');
/** What the browser can be given, as text. */
const files = readdirSync(web, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.(html|js|css|svg|json|webmanifest|map)$/.test(entry.name))
  .map((entry) => {
    const path = join(entry.parentPath, entry.name);
    return { path: relative(web, path), text: readFileSync(path, 'utf8') };
  });

test('the browser is given nothing of the server, and no name of a secret', () => {
  expect(files.length).toBeGreaterThan(3);
  const forbidden =
    /src\/bff|\bbff\/|_SECRET|MOOV_[A-Z]+_KEY|OIDC_[A-Z]+|DATABASE_URL|oauth2\/token|client_credentials|tickets\.write|drizzle|openid-client|process\.env|sandbox-secret/g;
  expect(
    files.flatMap(({ path, text }) => [...text.matchAll(forbidden)].map(([found]) => `${path}: ${found}`)),
  ).toEqual([]);
});

test('no source map is served', () => {
  expect(files.filter(({ path, text }) => path.endsWith('.map') || /sourceMappingURL=/.test(text))).toEqual([]);
});

test('the page needs no inline script or style, as the content security policy demands', () => {
  for (const { path, text } of files.filter(({ path }) => path.endsWith('.html'))) {
    expect(text, path).not.toMatch(/\sstyle="/i);
    expect(text, path).not.toMatch(/\son[a-z]+="/i);
    for (const [, attributes, content] of text.matchAll(/<script\b([^>]*)>([\s\S]*?)<\/script>/gi))
      expect(
        content?.trim() === '' || /type="application\/json"/.test(attributes ?? ''),
        `${path}: inline script`,
      ).toBe(true);
  }
});

/** Most bytes of each part as it is sent (brotli); every other part is small. */
const budgets: Record<string, number> = {
  'react.js': 60_000,
  'kit.js': 31_000,
  'index.js': 27_000,
  'tools.js': 92_000,
  'account-picker.js': 40_000,
  'tickets-page.js': 14_000,
  'message-html.js': 13_000,
};
const otherwise = 6_000;
const firstLoadBudget = 126_000;

test('no part of the program has grown beyond its budget', () => {
  const grown = files
    .filter(({ path }) => /\.(js|css)$/.test(path))
    .map(({ path, text }) => ({
      part: basename(path).replace(/-[\w-]{8}(?=\.)/, ''),
      bytes: brotliCompressSync(text).length,
    }))
    .filter(({ part, bytes }) => bytes > (budgets[part] ?? otherwise));
  expect(grown).toEqual([]);
});

test('what comes before the form can be sent stays within its budget', () => {
  const page = files.find(({ path }) => path === 'new-ticket.html')?.text ?? '';
  const parts = files.filter(({ path }) => path === 'new-ticket.html' || page.includes(`"/${path}"`));
  expect(parts.length).toBeGreaterThan(3);
  expect(parts.reduce((sum, { text }) => sum + brotliCompressSync(text).length, 0)).toBeLessThan(firstLoadBudget);
});
