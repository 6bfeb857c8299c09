import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
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

test('no single file is heavier than TipTap’s kit was measured to be', () => {
  const heavy = files
    .filter(({ path }) => path.endsWith('.js'))
    .map(({ path, text }) => ({ path, kB: Math.round(gzipSync(text).length / 1000) }))
    .filter(({ kB }) => kB > 128);
  expect(heavy).toEqual([]);
});
