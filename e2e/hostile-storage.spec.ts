import type { Page } from '@playwright/test';
import { leaksIn } from '../src/bff/testing/canaries.ts';
import {
  control,
  editorIsReady,
  expectFiled,
  field,
  fillIn,
  people,
  signInByClicking,
  submitButton,
} from './support/pages.ts';
import { expect, test } from './support/world.ts';

const { mel } = people;

/** Everything that a page can leave on the device where a script of its origin could read it, as text. */
const kept = (page: Page) =>
  page.evaluate(async () => {
    const opened = (name: string) =>
      new Promise<IDBDatabase>((resolve, reject) => {
        const request = indexedDB.open(name);
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const allOf = (database: IDBDatabase, store: string) =>
      new Promise<unknown[]>((resolve, reject) => {
        const request = database.transaction(store).objectStore(store).getAll();
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const databases: unknown[] = [];
    for (const { name } of await indexedDB.databases()) {
      const database = await opened(name ?? '');
      for (const store of database.objectStoreNames) databases.push([name, store, await allOf(database, store)]);
      database.close();
    }
    const workers = await navigator.serviceWorker.getRegistrations();
    return JSON.stringify({
      local: { ...localStorage },
      session: { ...sessionStorage },
      cookie: document.cookie,
      history: history.state,
      name: window.name,
      address: location.href,
      caches: await caches.keys(),
      workers: workers.length,
      databases,
    });
  });

test('after signing in, drafting and filing, the device holds the person’s own text and nothing that opens a door', async ({
  page,
  context,
  world,
}) => {
  await signInByClicking(page, mel);
  await control(page, 'New ticket').click();
  await editorIsReady(page);
  await fillIn(page, { title: 'What stays on the device', email: 'mel@wholebody.example', name: 'Mel' });
  await field.message(page).fill('A draft of my own.');
  await expect.poll(() => kept(page), 'the draft is kept').toContain('A draft of my own.');
  const drafting = await kept(page);
  await submitButton(page).click();
  await expectFiled(page, 'What stays on the device');
  const filed = await kept(page);
  expect(filed).not.toContain('A draft of my own.');

  const cookies = (await context.cookies()).map(({ value }) => value).filter((value) => value !== '');
  expect(cookies.length).toBeGreaterThan(0);
  const tokens = world.line.received.flatMap(({ headers }) => headers.authorization?.split(' ').slice(1) ?? []);
  expect(tokens.length).toBeGreaterThan(0);
  const { MOOV_SECRET_KEY, MOOV_WEBHOOK_SECRET, OIDC_CLIENT_SECRET } = world.sandbox.settings;
  const canaries = [MOOV_SECRET_KEY, MOOV_WEBHOOK_SECRET, OIDC_CLIENT_SECRET, ...cookies, ...tokens];
  for (const text of [drafting, filed])
    expect(
      leaksIn(text.replaceAll('mel@wholebody.example', '').replaceAll('melany.roberts@yahoo.com', ''), canaries),
    ).toEqual([]);
  expect(JSON.parse(filed)).toMatchObject({ cookie: '', caches: [], workers: 0 });
});
