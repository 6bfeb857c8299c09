import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { editorIsReady, field, people, signIn } from './support/pages.ts';
import { expect, test } from './support/world.ts';

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
  'react.js': 58_600,
  'index.js': 24_760,
  'index.css': 4_100,
  'form.js': 21_270,
  'late.js': 21_190,
  'tools.js': 79_400,
  'account-picker.js': 39_500,
  'tickets-page.js': 13_200,
  'preview.js': 1_000,
  'message-html.js': 13_320,
};
const otherwise = 3_500;
/**
 * What the new-ticket page costs on the first visit: until React has taken over the form, and in all. Some 150 bytes come and go with
 * the names of the files, which every change gives anew.
 */
const newTicketBudget = { beforeTakeOver: 89_760, inAll: 212_560 };

const sent = (text: string) => brotliCompressSync(text).length;

test('no part of the program has grown beyond its budget', () => {
  const grown = files
    .filter(({ path }) => /\.(js|css)$/.test(path))
    .map(({ path, text }) => ({ part: basename(path).replace(/-[\w-]{8}(?=\.)/, ''), bytes: sent(text) }))
    .filter(({ part, bytes }) => bytes > (budgets[part] ?? otherwise));
  expect(grown).toEqual([]);
});

test('what comes before React has taken over the form stays within its budget', () => {
  // What it names for later sets out when the rest has come.
  const page = (files.find(({ path }) => path === 'new-ticket.html')?.text ?? '').replace(
    /<link data-ahead[^>]*>|<link [^>]* disabled>/g,
    '',
  );
  const parts = files.filter(({ path }) => path === 'new-ticket.html' || page.includes(`"/${path}"`));
  expect(parts.length).toBeGreaterThan(3);
  expect(parts.reduce((sum, { text }) => sum + sent(text), 0)).toBeLessThan(newTicketBudget.beforeTakeOver);
});

test('the new-ticket page names the editor, so that it sets out before React is read', () => {
  const page = files.find(({ path }) => path === 'new-ticket.html')?.text ?? '';
  const named = [...page.matchAll(/<link data-ahead="(\w+)" crossorigin href="\/([^"]+)">/g)].map(([, rel, file]) => ({
    rel,
    part: basename(file ?? '').replace(/-[\w-]{8}(?=\.)/, ''),
    isThere: files.some(({ path }) => path === file),
  }));
  expect(named).toEqual([{ rel: 'modulepreload', part: 'tools.js', isThere: true }]);
});

test('what comes later does not bring the styles of the page again, which would then overrule its own', async ({
  page,
}) => {
  const { mel } = people;
  await signIn(page, mel, `/accounts/${mel.accountID}/tickets`);
  await page.goto('about:blank');
  const styles: string[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('.css')) styles.push(basename(request.url()).replace(/-[\w-]{8}(?=\.)/, ''));
  });
  await page.goto(`/accounts/${mel.accountID}/tickets/new`);
  await editorIsReady(page);
  // Two words of a title bring the list of similar tickets, with styles of its own.
  await field.title(page).fill('Payout missing');
  await expect.poll(() => styles).toContain('new-ticket-similar-list.css');
  expect(styles).not.toContain('index.css');
});

test('all that the new-ticket page loads by itself comes once, and stays within its budget', async ({ page }) => {
  const { mel } = people;
  await signIn(page, mel, `/accounts/${mel.accountID}/tickets`);
  // What the page before still waits for ends here, and is not counted.
  await page.goto('about:blank');
  // Nothing of this page may come out of the browser's cache.
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.setCacheDisabled', { cacheDisabled: true });
  const loaded: { part: string; bytes: Promise<number> }[] = [];
  page.on('requestfinished', (request) => {
    const part = new URL(request.url()).pathname;
    loaded.push({ part, bytes: request.sizes().then(({ responseBodySize }) => responseBodySize) });
  });
  // The stream of news is what it asks for last.
  const news = page.waitForRequest(/\/api\/events/);
  await page.goto(`/accounts/${mel.accountID}/tickets/new`);
  await editorIsReady(page);
  await news;
  await expect.poll(() => loaded.some(({ part }) => part === '/api/status')).toBe(true);
  const parts = await Promise.all(loaded.map(async ({ part, bytes }) => ({ part, bytes: await bytes })));
  const inAll = parts.reduce((sum, { bytes }) => sum + bytes, 0);
  expect(parts.map(({ part }) => part).toSorted()).toEqual([...new Set(parts.map(({ part }) => part))].toSorted());
  expect(inAll, JSON.stringify(parts)).toBeGreaterThan(newTicketBudget.beforeTakeOver);
  expect(inAll, JSON.stringify(parts)).toBeLessThan(newTicketBudget.inAll);
});
