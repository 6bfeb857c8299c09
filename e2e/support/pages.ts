import { type BrowserContext, expect, type Locator, type Page } from '@playwright/test';
import axe, { type RunOptions } from 'axe-core';
import { call } from '../../src/contract/paths.ts';
import type { Status } from '../../src/contract/status.ts';

/** The demo people of the sandbox. */
export const people = {
  /** a merchant */
  mel: { name: 'Mel Roberts', accountID: '4af4784a-c777-48f6-8211-063d5341f84b', account: 'Whole Body Fitness' },
  /** another merchant */
  ines: { name: 'Ines Okafor', accountID: 'b1f0c8de-3a45-4e7b-9c1d-5f2e6a7b8c90', account: 'Lantern Books' },
  /** partner staff */
  pat: { name: 'Pat Nguyen' },
  /** has no role and no account */
  robin: { name: 'Robin Vale' },
} as const;

/** The first visible link or button with this name. The design names controls, but not always whether they are links or buttons. */
export const control = (page: Page | Locator, name: string | RegExp) =>
  page
    .getByRole('link', { name, exact: true })
    .or(page.getByRole('button', { name, exact: true }))
    .filter({ visible: true })
    .first();

/** The inputs of the form, by the accessible names that the design gives them. */
export const field = {
  title: (page: Page) => page.getByRole('textbox', { name: 'Title', exact: true }),
  message: (page: Page) => page.getByRole('textbox', { name: 'Message', exact: true }),
  email: (page: Page) => page.getByRole('textbox', { name: 'Contact email', exact: true }),
  name: (page: Page) => page.getByRole('textbox', { name: 'Contact name', exact: true }),
  author: (page: Page) => page.getByRole('textbox', { name: 'Author', exact: true }),
  reference: (page: Page) => page.getByRole('textbox', { name: 'Your reference', exact: true }),
};
export const submitButton = (page: Page) => page.getByRole('button', { name: 'Submit ticket', exact: true });
export const heading = (page: Page) => page.getByRole('heading', { level: 1 });
export const summary = (page: Page) => page.getByRole('alert');

/** The name of the link or button to sign in, on every page for people who are signed out. */
export const signInName = 'Sign in';

/** On the provider's sign-in page: chooses this person, which leads back into the portal. */
export async function chooseAtIssuer(page: Page, name: string) {
  await control(page, new RegExp(name)).click();
}

type Cookies = Parameters<BrowserContext['addCookies']>[0];
const signedIn = new Map<string, Cookies>();

/**
 * Opens `path` as this person, and waits until the page shows that they are signed in. It uses the session of an earlier test of this
 * worker if that is still valid, else it signs in.
 */
export async function signIn(page: Page, person: { name: string }, path = '/') {
  const session = () => page.request.get('/api/session');
  const { origin } = new URL((await session()).url());
  const who = `${person.name} at ${origin}`;
  const earlier = signedIn.get(who);
  if (earlier !== undefined) {
    await page.context().addCookies(earlier);
    if ((await session()).ok()) {
      await page.goto(path);
      await expect(control(page, 'Sign out')).toBeVisible();
      return;
    }
    await page.context().clearCookies();
  }
  await signInByClicking(page, person, path);
  signedIn.set(who, await page.context().cookies(origin));
}

/** Signs in by clicking, from `path`, and waits until the page shows that the person is signed in. */
export async function signInByClicking(page: Page, person: { name: string }, path = '/') {
  await page.goto(path);
  await control(page, signInName).click();
  await chooseAtIssuer(page, person.name);
  await expect(control(page, 'Sign out')).toBeVisible();
}

/** The person is signed out, and the browser is back from the identity provider, through which signing out leads. */
export async function expectSignedOut(page: Page) {
  await expect(page).toHaveURL(/\/signed-out$/);
  await expect(control(page, signInName)).toBeVisible();
}

/** Opens the details that hold Author and Your reference, if they are closed. */
export async function openMoreDetails(page: Page) {
  // A restored draft opens them too. If that happens at this very moment, the click closes them again, so this is repeated.
  await expect(async () => {
    if (!(await field.author(page).isVisible())) await page.getByText('More details', { exact: true }).click();
    await expect(field.author(page)).toBeVisible({ timeout: 1_000 });
  }).toPass();
}

export type Filled = {
  title?: string;
  message?: string;
  email?: string;
  name?: string;
  author?: string;
  reference?: string;
};

/** The rich editor has replaced the plain input for the message. */
export const editorIsReady = (page: Page) => expect(field.message(page)).toHaveClass(/ProseMirror/);

/** Fills in what is given, as a person would. */
export async function fillIn(page: Page, given: Filled) {
  if (given.title !== undefined) await field.title(page).fill(given.title);
  if (given.message !== undefined) await field.message(page).fill(given.message);
  if (given.email !== undefined) await field.email(page).fill(given.email);
  if (given.name !== undefined) await field.name(page).fill(given.name);
  if (given.author !== undefined || given.reference !== undefined) await openMoreDetails(page);
  if (given.author !== undefined) await field.author(page).fill(given.author);
  if (given.reference !== undefined) await field.reference(page).fill(given.reference);
}

/** Every input still holds what was typed. */
export async function expectKept(page: Page, given: Filled) {
  if (given.title !== undefined) await expect(field.title(page)).toHaveValue(given.title);
  if (given.message !== undefined) await expect(field.message(page)).toHaveText(given.message);
  if (given.email !== undefined) await expect(field.email(page)).toHaveValue(given.email);
  if (given.name !== undefined) await expect(field.name(page)).toHaveValue(given.name);
  if (given.author !== undefined) await expect(field.author(page)).toHaveValue(given.author);
  if (given.reference !== undefined) await expect(field.reference(page)).toHaveValue(given.reference);
}

/** Runs axe, which the page must have loaded. @returns one text for each violation: the rule and the HTML of the elements */
const axeViolations = (page: Page, options: RunOptions) =>
  page.evaluate<string[]>(
    `axe.run(${JSON.stringify({ ...options, resultTypes: ['violations'] })}).then(({ violations }) =>
      violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')))`,
  );

/**
 * axe finds nothing, in both color schemes, by the rules of WCAG 2.2 A and AA and its best practices. Of these it runs by default all
 * but `target-size` (2.5.8).
 */
export async function expectNoAxeViolations(page: Page) {
  await page.evaluate(axe.source);
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  expect(await axeViolations(page, { rules: { 'target-size': { enabled: true } } }), 'axe, light').toEqual([]);
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  // Only colors differ in dark mode, so only the contrast is checked again.
  expect(await axeViolations(page, { runOnly: 'color-contrast' }), 'axe, dark').toEqual([]);
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
}

/**
 * Tells the page that Moov is well. Earlier tests of the same world may have made it fail, and the banner that says so for half a minute
 * moves the page.
 */
export const moovIsWell = (page: Page) =>
  page.route(`**${call.status()}`, (route) =>
    route.fulfill({ json: { upstream: 'up', since: new Date().toISOString() } satisfies Status }),
  );

/** What has moved on the page since it was opened, up to what is painted now: how much each layout shift counts, and of what it was. */
export const layoutShifts = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<{ value: number; entry: string }[]>((resolve) => {
        const seen: { value: number; entry: string }[] = [];
        const observer = new PerformanceObserver((found) => {
          for (const entry of found.getEntries())
            if (entry.entryType === 'mark') resolve(seen);
            else if ('value' in entry) seen.push({ value: Number(entry.value), entry: JSON.stringify(entry) });
        });
        observer.observe({ type: 'layout-shift', buffered: true });
        observer.observe({ type: 'mark' });
        // Two frames later everything so far has been painted. The mark is told after all that was told before.
        requestAnimationFrame(() => requestAnimationFrame(() => performance.mark('painted')));
      }),
  );

/** The page is not wider than the window: it does not scroll sideways. */
export const expectNoSidewaysScroll = async (page: Page) =>
  expect(
    await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
  ).toBeLessThanOrEqual(0);

/** Presses Tab (or Shift+Tab) until the control has the focus, as people without a mouse do; fails after 80 times. */
export async function tabTo(page: Page, target: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab') {
  for (let presses = 0; presses < 80; presses += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press(key);
  }
  await expect(target, `${key} must reach it`).toBeFocused();
}

/** The page shows the ticket (or the waiting submission) that was just filed, and its heading has the focus. */
export async function expectFiled(page: Page, title: string) {
  // The portal of these tests waits two seconds for Moov. On a busy machine that may be too short: then it first keeps the ticket, and
  // delivers it some seconds later.
  await expect(heading(page)).toContainText(title, { timeout: 30_000 });
  await expect(heading(page)).toBeFocused();
}

/** The ticket is kept and not delivered yet: the page of the waiting submission says so, shows the title, and its heading has the focus. */
export async function expectKeptForLater(page: Page, title: string) {
  await expect(page).toHaveURL(submissionAddress);
  await expect(heading(page)).toContainText(/not delivered yet|being delivered/);
  await expect(heading(page)).toBeFocused();
  await expect(page.getByRole('main')).toContainText(title);
}

/** Everything that the portal has stored on this device, as text: local storage, session storage and IndexedDB, with all drafts. */
export const storedOnDevice = (page: Page): Promise<string> =>
  page.evaluate(async () => {
    const done = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const found: unknown[] = [{ ...localStorage }, { ...sessionStorage }];
    for (const { name } of await indexedDB.databases()) {
      if (name === undefined) continue;
      const database = await done(indexedDB.open(name));
      for (const store of database.objectStoreNames)
        found.push(await done(database.transaction(store).objectStore(store).getAll()));
      database.close();
    }
    return JSON.stringify(found);
  });

/** The draft gets saved on the device without a click. `draft-keeper.spec.ts` tests, with a fake clock, that it takes a second at most. */
export const expectSaved = (page: Page, text: string) =>
  expect
    .poll(() => storedOnDevice(page), { message: `saved: ${text}`, timeout: 5_000, intervals: [50] })
    .toContain(text);

/** The page of one ticket: its address ends with an id. */
export const ticketAddress = /\/accounts\/[0-9a-f-]{36}\/tickets\/[0-9a-f-]{36}$/;
/** The page of a submission that is kept and not delivered yet. */
export const submissionAddress = /\/accounts\/[0-9a-f-]{36}\/submissions\/[0-9a-f-]{36}$/;

/** A text for every input of the form. */
export const everyInput = (title: string) => ({
  title,
  message: 'Every word of this must stay.',
  email: 'mel@wholebody.example',
  name: 'Mel',
  author: 'M. Roberts',
  reference: `ref-${title}`,
});

/** Opens the form of the account, fills it in and submits it. */
export async function submitNew(page: Page, accountID: string, given: Filled) {
  await page.goto(`/accounts/${accountID}/tickets/new`);
  await editorIsReady(page);
  await fillIn(page, given);
  await submitButton(page).click();
}

/** The page shows a request id, and a click copies it. @returns what was copied */
export async function expectRequestID(page: Page) {
  const copy = page.getByRole('button', { name: /copy/i }).first();
  await copy.click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toMatch(/\S{8,}/);
  return copied;
}
