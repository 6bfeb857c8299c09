import type { Page, Route } from '@playwright/test';
import {
  chooseAtIssuer,
  control,
  editorIsReady,
  expectFiled,
  expectKept,
  expectSaved,
  field,
  fillIn,
  people,
  signIn,
  signInName,
  storedOnDevice,
  submitButton,
  ticketAddress,
} from './support/pages.ts';
import { expect, test, type World } from './support/world.ts';

const { mel } = people;
const address = `/accounts/${mel.accountID}/tickets/new`;
const filled = (title: string) => ({ title, message: 'Only once, please.', email: 'mel@wholebody.example' });
const ticketsNamed = (world: World, title: string) => world.ticketsTitled(mel.accountID, title);

test.beforeEach(async ({ page }) => {
  await signIn(page, mel, address);
  await editorIsReady(page);
});

test('a double click files one ticket', async ({ page, world }) => {
  await fillIn(page, filled('Double click'));
  await submitButton(page).dblclick();
  await expectFiled(page, 'Double click');
  expect(await ticketsNamed(world, 'Double click')).toHaveLength(1);
});

test('Enter and a click in the same instant file one ticket', async ({ page, world }) => {
  await fillIn(page, filled('Enter and click'));
  // What Enter in an input does (HTML, "implicit submission"), and a click, before the page can react to either.
  await submitButton(page).evaluate((button) => {
    if (!(button instanceof HTMLButtonElement)) throw new Error('not a button');
    button.form?.requestSubmit();
    button.click();
  });
  await expectFiled(page, 'Enter and click');
  expect(await ticketsNamed(world, 'Enter and click')).toHaveLength(1);
});

test('what is changed while the ticket is on its way is not lost: it comes back as a draft', async ({
  page,
  world,
}) => {
  let letGo: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  await page.route('**/api/accounts/*/tickets', async (route) => {
    await held;
    await route.continue();
  });
  await fillIn(page, filled('Changed on its way'));
  await submitButton(page).click();
  await expect(page.getByRole('status').filter({ hasText: 'Submitting' })).toBeVisible();
  await expect(submitButton(page), 'it does nothing now').toHaveAttribute('aria-busy', 'true');
  await field.title(page).fill('Changed on its way, at the last moment');
  letGo();
  await expectFiled(page, 'Changed on its way');
  expect(await ticketsNamed(world, 'Changed on its way')).toHaveLength(1);
  await page.goto(address);
  await expect(field.title(page)).toHaveValue('Changed on its way, at the last moment');
  await expect(field.message(page)).toHaveText('Only once, please.');
});

/** The drafts of this device cannot be reached for a moment; a page that does not wait for them never reaches them. */
const deviceIsBusy = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<void>((begun, reject) => {
        const opening = indexedDB.open('support-portal');
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const drafts = opening.result.transaction('drafts', 'readwrite').objectStore('drafts');
          const end = performance.now() + 200;
          const form = location.pathname;
          const goOn = () => {
            begun();
            if (performance.now() < end || location.pathname !== form) drafts.count().onsuccess = goOn;
          };
          drafts.count().onsuccess = goOn;
        };
      }),
  );

test('a form that is opened the moment the ticket is filed begins empty, though the device is slow', async ({
  page,
  world,
}) => {
  await page.route('**/api/accounts/*/tickets', async (route) => {
    const response = await route.fetch();
    await deviceIsBusy(page);
    await route.fulfill({ response });
  });
  await fillIn(page, filled('Filed a moment ago'));
  await submitButton(page).click();
  await page.waitForURL(ticketAddress, { waitUntil: 'commit' });
  await page.goto(address);
  await editorIsReady(page);
  await fillIn(page, { message: 'Something else.' });
  await expectSaved(page, 'Something else.');
  expect(await storedOnDevice(page)).not.toContain('Filed a moment ago');
  await expect(field.title(page)).toHaveValue('');
  expect(await ticketsNamed(world, 'Filed a moment ago')).toHaveLength(1);
});

test('a ticket that is filed after its form was left leaves no draft behind', async ({ page, world }) => {
  let letGo: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  await page.route('**/api/accounts/*/tickets', async (route) => {
    if (route.request().method() === 'POST') await held;
    await route.continue();
  });
  await fillIn(page, filled('Left while it was sent'));
  await submitButton(page).click();
  await expect(page.getByRole('status').filter({ hasText: 'Submitting' })).toBeVisible();
  await control(page, 'All tickets').click();
  await expect(page).toHaveURL(/\/tickets$/);
  const answered = page.waitForResponse((response) => response.request().method() === 'POST');
  letGo();
  await (await answered).finished();
  await expect.poll(() => storedOnDevice(page)).not.toContain('Left while it was sent');
  await expect(page, 'whoever has gone elsewhere stays there').toHaveURL(/\/tickets$/);
  await page.goto(address);
  await editorIsReady(page);
  await fillIn(page, { message: 'Something else.' });
  await expectSaved(page, 'Something else.');
  expect(await storedOnDevice(page)).not.toContain('Left while it was sent');
  expect(await ticketsNamed(world, 'Left while it was sent')).toHaveLength(1);
});

test('Enter in an input files', async ({ page }) => {
  await fillIn(page, filled('By Enter'));
  await field.title(page).press('Enter');
  await expectFiled(page, 'By Enter');
});

test('the first click works, and two tickets in a row are two tickets', async ({ page, world }) => {
  for (const time of [1, 2]) {
    if (time === 2) {
      await page.goto(address);
      await editorIsReady(page);
      await expect(field.title(page), 'a new ticket begins empty').toHaveValue('');
    }
    await fillIn(page, filled('Twice on purpose'));
    await submitButton(page).click();
    await expectFiled(page, 'Twice on purpose');
  }
  expect(await ticketsNamed(world, 'Twice on purpose')).toHaveLength(2);
});

test('reloading the ticket that was filed files nothing', async ({ page, world }) => {
  await fillIn(page, filled('Reloaded'));
  await submitButton(page).click();
  await expectFiled(page, 'Reloaded');
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Reloaded');
  expect(await ticketsNamed(world, 'Reloaded')).toHaveLength(1);
});

test('Back after filing does not return to the filled form', async ({ page, world }) => {
  await page.goto(`/accounts/${mel.accountID}/tickets`);
  await control(page, 'New ticket').click();
  await editorIsReady(page);
  await fillIn(page, filled('Went back'));
  await submitButton(page).click();
  await expectFiled(page, 'Went back');
  await expect(page).toHaveURL(ticketAddress);
  await page.goBack();
  await expect(page).toHaveURL(/\/tickets$/);
  expect(await ticketsNamed(world, 'Went back')).toHaveLength(1);
});

test('reloading while it is being sent files one ticket', async ({ page, world }) => {
  await fillIn(page, filled('Reloaded too early'));
  await expectSaved(page, 'Reloaded too early');
  world.line.creating('hang');
  const before = world.line.creations().length;
  // However long the browser takes to reload, no answer comes before.
  const unanswered = (route: Route) =>
    route.request().method() === 'POST' ? void route.fetch().catch(() => undefined) : route.fallback();
  await page.route(/\/tickets$/, unanswered);
  await submitButton(page).click();
  await expect.poll(() => world.line.creations().length).toBe(before + 1);
  await page.unroute(/\/tickets$/, unanswered);
  await page.reload();
  world.line.mend();
  await editorIsReady(page);
  await expect(field.title(page)).toHaveValue('Reloaded too early');
  await submitButton(page).click();
  await expectFiled(page, 'Reloaded too early');
  await expect(page).toHaveURL(ticketAddress, { timeout: 30_000 });
  expect(await ticketsNamed(world, 'Reloaded too early')).toHaveLength(1);
});

test('when a ticket leaves the page, the device has it with its key, so that it is the same ticket after a crash', async ({
  page,
}) => {
  const kept: [key: string, stored: string][] = [];
  await page.route('**/api/accounts/*/tickets', async (route) => {
    if (route.request().method() === 'POST')
      kept.push([route.request().headers()['idempotency-key'] ?? 'none', await storedOnDevice(page)]);
    await route.continue();
  });
  await fillIn(page, filled('Submitted as soon as it was typed'));
  await submitButton(page).click();
  await expectFiled(page, 'Submitted as soon as it was typed');
  expect(kept).toHaveLength(1);
  for (const [key, stored] of kept) {
    expect(stored).toContain(key);
    expect(stored).toContain('Submitted as soon as it was typed');
  }
});

test('one draft in two tabs files one ticket', async ({ page, context, world }) => {
  await fillIn(page, filled('In two tabs'));
  await expectSaved(page, 'In two tabs');
  // A duplicated tab: same address, same session storage.
  const stored = await page.evaluate(() => Object.entries(sessionStorage));
  const twin = await context.newPage();
  await twin.addInitScript((entries) => {
    for (const [name, value] of entries) sessionStorage.setItem(name, value);
  }, stored);
  await twin.goto(page.url());
  await editorIsReady(twin);
  await expect(field.title(twin)).toHaveValue('In two tabs');
  await Promise.all([submitButton(page).click(), submitButton(twin).click()]);
  await expectFiled(page, 'In two tabs');
  await expect(twin.getByRole('heading', { level: 1 })).toContainText('In two tabs');
  expect(await ticketsNamed(world, 'In two tabs')).toHaveLength(1);
});

test('a session that has ended: nothing typed is lost, and after signing in one click sends it', async ({
  page,
  context,
  world,
}) => {
  const given = filled('Session was over');
  await fillIn(page, given);
  await context.clearCookies({ name: '__Host-Http-session' });
  await submitButton(page).click();
  await control(page, signInName).click();
  await chooseAtIssuer(page, mel.name);
  await editorIsReady(page);
  await expectKept(page, given);
  await expect(page.getByText(/^Draft restored/)).toBeVisible();
  await expect(page.getByText('It was submitted before'), 'for certain nothing has come of that').toHaveCount(0);
  await submitButton(page).click();
  await expectFiled(page, given.title);
  expect(await ticketsNamed(world, given.title)).toHaveLength(1);
});
