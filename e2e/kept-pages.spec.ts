import type { Browser, Page } from '@playwright/test';
import { launchKeepingPages } from './support/browser.ts';
import {
  control,
  editorIsReady,
  expectFiled,
  expectKept,
  expectSaved,
  expectSignedOut,
  field,
  fillIn,
  heading,
  people,
  signInByClicking as signIn,
  signInName,
  submitButton,
  ticketAddress,
} from './support/pages.ts';
import { expect, test, type World } from './support/world.ts';

const { mel, ines } = people;
const list = `/accounts/${mel.accountID}/tickets`;
const address = `${list}/new`;
const email = 'mel@wholebody.example';

let browser: Browser;
test.beforeEach(async () => {
  browser = await launchKeepingPages();
});
test.afterEach(() => browser.close());

/** A window that counts, in its session storage, how often a page came out of the browser's memory, and whether it showed. */
async function openWindow({ origin }: World) {
  const context = await browser.newContext({ baseURL: origin });
  await context.addInitScript(() =>
    addEventListener('pageshow', ({ persisted }) => {
      if (!persisted) return;
      const before = Number(sessionStorage.getItem('kept pages'));
      sessionStorage.setItem('kept pages', String(before + 1));
      sessionStorage.setItem('kept page shows', String(document.body.checkVisibility()));
    }),
  );
  return { context, page: await context.newPage() };
}

/** Playwright's own going back waits for a page to load, which one that was kept does not do. */
const goBack = (page: Page) => page.evaluate(() => void setTimeout(() => history.back()));
const expectComeBack = (page: Page, times: number) =>
  expect
    .poll(() => page.evaluate(() => sessionStorage.getItem('kept pages')).catch(() => 'not there yet'), {
      message: 'the page comes out of the memory of the browser',
    })
    .toBe(String(times));

test('Back after signing out shows nothing of before, though the browser has kept the page', async ({ world }) => {
  world.agent.file(mel.accountID, { title: 'Read before signing out', body: '<p>x</p>', contact: { email } });
  const { page } = await openWindow(world);
  await signIn(page, mel, list);
  await page.getByRole('link', { name: 'Read before signing out' }).click();
  await expect(heading(page)).toContainText('Read before signing out');
  await control(page, 'Sign out').click();
  await expectSignedOut(page);
  await goBack(page);
  await expect(page).toHaveURL(ticketAddress);
  await expect(control(page, signInName)).toBeVisible();
  await expect(page.getByText('Read before signing out')).toHaveCount(0);
  expect(await page.evaluate(() => sessionStorage.getItem('kept page shows'))).toBe('false');
});

test('a form that comes out of the browser’s memory is written on in, filed once, and leaves no draft', async ({
  world,
}) => {
  const { page } = await openWindow(world);
  await signIn(page, mel, list);
  await control(page, 'New ticket').click();
  await editorIsReady(page);
  await fillIn(page, { title: 'Left', message: 'Begun', email });
  await page.goto('about:blank');
  await goBack(page);
  await expectComeBack(page, 1);
  await expectKept(page, { title: 'Left', message: 'Begun' });
  await field.title(page).fill('Left and come back to');
  await submitButton(page).click();
  await expectFiled(page, 'Left and come back to');
  await page.goto('about:blank');
  await goBack(page);
  await expectComeBack(page, 2);
  await expect(heading(page)).toContainText('Left and come back to');
  await goBack(page);
  await expect(page).toHaveURL(new RegExp(`${list}$`));
  await control(page, 'New ticket').click();
  await editorIsReady(page);
  await expect(field.title(page)).toHaveValue('');
  expect(await world.ticketsTitled(mel.accountID, 'Left and come back to')).toHaveLength(1);
});

test('a ticket that was on its way while its form lay in the browser’s memory is shown on coming back, and filed once', async ({
  world,
}) => {
  const { page } = await openWindow(world);
  await signIn(page, mel, address);
  await editorIsReady(page);
  await fillIn(page, { title: 'On its way', message: 'x', email });
  const left = Promise.withResolvers<void>();
  const sent = Promise.withResolvers<void>();
  await page.route(/\/tickets$/, async (route) => {
    if (route.request().method() === 'POST') {
      sent.resolve();
      await left.promise;
    }
    await route.fallback();
  });
  await submitButton(page).click();
  await sent.promise;
  await page.goto('about:blank');
  left.resolve();
  await expect.poll(() => world.ticketsTitled(mel.accountID, 'On its way')).toHaveLength(1);
  await goBack(page);
  await expectComeBack(page, 1);
  await expectFiled(page, 'On its way');
  expect(await world.ticketsTitled(mel.accountID, 'On its way')).toHaveLength(1);
});

test('a draft that was left by an address is in the list, though the browser keeps its form for going back to', async ({
  world,
}) => {
  const { page } = await openWindow(world);
  await signIn(page, mel, address);
  await editorIsReady(page);
  await fillIn(page, { title: 'Left by an address', message: 'x', email });
  await expectSaved(page, 'Left by an address');
  await page.goto('about:blank');
  await goBack(page);
  await expectComeBack(page, 1);
  await page.goto(list);
  await page.getByRole('list', { name: 'Not submitted yet' }).getByRole('link', { name: 'Left by an address' }).click();
  await expectKept(page, { title: 'Left by an address', message: 'x' });
});

test('a list that comes out of the browser’s memory has the news since then, and hears the next', async ({ world }) => {
  const { page } = await openWindow(world);
  const news = page.waitForRequest(/\/api\/events/);
  await signIn(page, mel, list);
  await news;
  await page.goto('about:blank');
  const file = (title: string) => world.agent.file(mel.accountID, { title, body: '<p>x</p>', contact: { email } });
  file('While it was away');
  await goBack(page);
  await expectComeBack(page, 1);
  await expect(page.getByRole('link', { name: 'While it was away' })).toBeVisible();
  file('Since it is back');
  await expect(page.getByRole('link', { name: 'Since it is back' })).toBeVisible();
});

test('what one person wrote does not come out of the browser’s memory for the next, and is there for its writer', async ({
  world,
}) => {
  const { page, context } = await openWindow(world);
  await signIn(page, mel, address);
  await editorIsReady(page);
  await fillIn(page, { title: 'Written by Mel', message: 'Nobody else’s', email });
  await expectSaved(page, 'Nobody else’s');
  const cookies = await context.cookies();
  await page.goto('about:blank');
  await context.clearCookies();
  await goBack(page);
  await expectComeBack(page, 1);
  await expect(page.getByText('You are signed out')).toBeVisible();
  await expectKept(page, { title: 'Written by Mel', message: 'Nobody else’s' });
  await field.title(page).fill('Written by Mel, signed out');
  await page.goto('about:blank');
  const other = await context.newPage();
  await signIn(other, ines);
  await goBack(page);
  await expect(page.getByText(ines.name, { exact: true })).toBeVisible();
  await expect(page.getByText('Written by Mel')).toHaveCount(0);
  await expect(page.getByText('Nobody else’s')).toHaveCount(0);
  await context.clearCookies();
  await context.addCookies(cookies);
  await page.goto(address);
  await expectKept(page, { title: 'Written by Mel, signed out', message: 'Nobody else’s' });
});
