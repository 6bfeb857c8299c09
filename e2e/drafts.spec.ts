import type { BrowserContext, Page } from '@playwright/test';
import {
  chooseAtIssuer,
  control,
  editorIsReady,
  expectFiled,
  expectKept,
  expectNoAxeViolations,
  expectSaved,
  expectSignedOut,
  field,
  fillIn,
  openMoreDetails,
  people,
  signIn,
  signInByClicking,
  signInName,
  storedOnDevice,
  submitButton,
  summary,
} from './support/pages.ts';
import { expect, test } from './support/world.ts';

const { mel } = people;
const address = `/accounts/${mel.accountID}/tickets/new`;
const filled = (title: string) => ({
  title,
  message: 'Half a thought',
  email: 'draft@wholebody.example',
  name: 'Mel',
  author: 'M. Roberts',
  reference: 'draft-1',
});

test.beforeEach(async ({ page }) => {
  await signIn(page, mel, address);
  await editorIsReady(page);
});

test('every input is back after a reload', async ({ page }) => {
  const given = filled('Back after a reload');
  await fillIn(page, given);
  await expectSaved(page, given.reference);
  await page.reload();
  await editorIsReady(page);
  await openMoreDetails(page);
  await expectKept(page, given);
});

test('formatting is back too', async ({ page }) => {
  await field.message(page).click();
  await page.keyboard.press('Control+b');
  await page.keyboard.type('loud');
  await expectSaved(page, 'loud');
  await page.reload();
  await editorIsReady(page);
  await expect(field.message(page).locator('strong')).toHaveText('loud');
});

test('every input is back after the page has crashed', async ({ page, context }) => {
  const given = filled('Back after a crash');
  await fillIn(page, given);
  await expectSaved(page, given.reference);
  const session = await context.newCDPSession(page);
  const crashed = page.waitForEvent('crash');
  // The browser never answers this call: the page is gone.
  session.send('Page.crash').catch(() => undefined);
  await crashed;
  await page.close();
  const again = await context.newPage();
  await again.goto(address);
  await editorIsReady(again);
  await openMoreDetails(again);
  await expectKept(again, given);
});

test('what is typed without a pause is on the device while it is typed', async ({ page }) => {
  await field.message(page).click();
  await page.keyboard.type('He who writes fast ', { delay: 50 });
  let isTyping = true;
  const rest = () => {
    isTyping = false;
  };
  const saved = expectSaved(page, 'He who');
  saved.then(rest, rest);
  while (isTyping) await page.keyboard.type('and never rests for a moment ', { delay: 50 });
  await saved;
});

/**
 * A tab whose device takes this long, or until `device-answers` is dispatched, to find out which drafts are open elsewhere;
 * `data-looked` is set when it has.
 */
async function openOnSlowDevice(context: BrowserContext, slowMs: number | 'until told') {
  const page = await context.newPage();
  await page.addInitScript((slow) => {
    const request = navigator.locks.request.bind(navigator.locks);
    const told = new Promise((resolve) => addEventListener('device-answers', resolve));
    Object.assign(navigator.locks, {
      async request(...given: Parameters<typeof request>) {
        await (slow === 'until told' ? told : new Promise((resolve) => setTimeout(resolve, slow)));
        document.documentElement.dataset.looked = '';
        return request(...given);
      },
    });
  }, slowMs);
  await page.goto(address);
  await editorIsReady(page);
  return page;
}

test('a draft that comes back only after the button was pressed is shown before it is sent', async ({
  page,
  context,
  world,
}) => {
  const given = filled('Not seen when the button was pressed');
  await fillIn(page, given);
  await expectSaved(page, given.reference);
  await page.close();
  // The device is waited for no longer than a second once it is known who writes: the button is pressed before that.
  const known = Promise.withResolvers<void>();
  await context.route('**/api/session', async (route) => {
    await known.promise;
    await route.continue();
  });
  const again = await openOnSlowDevice(context, 300);
  await submitButton(again).click();
  known.resolve();
  await expect(field.title(again)).toHaveValue(given.title);
  await expect(again.getByText('Draft restored')).toBeVisible();
  await expect(again.getByText('Read it, and submit again.')).toBeInViewport();
  await expect(submitButton(again)).not.toHaveAttribute('aria-busy');
  expect(await world.ticketsTitled(mel.accountID, given.title)).toEqual([]);
  await field.message(again).press('End');
  await field.message(again).pressSequentially(', and the rest of it');
  await expect(again.getByText('Saved on this device')).toBeVisible();
  await submitButton(again).click();
  await expectFiled(again, given.title);
});

test('what is typed into a form that is left before the device has looked for drafts is there in another tab', async ({
  page,
  context,
}) => {
  const slow = await openOnSlowDevice(context, 2_000);
  await fillIn(slow, { title: 'Typed in passing' });
  await control(slow, 'All tickets').click();
  await expect(slow).toHaveURL(/\/tickets$/);
  await expectSaved(page, 'Typed in passing');
});

test('a ticket that was filed before the device had looked for drafts does not come back as a draft', async ({
  page,
  context,
}) => {
  await page.close();
  const slow = await openOnSlowDevice(context, 'until told');
  const given = filled('Filed before anything was found');
  await fillIn(slow, given);
  await submitButton(slow).click();
  await expectFiled(slow, given.title);
  await slow.evaluate(() => dispatchEvent(new Event('device-answers')));
  await expect(slow.locator('html')).toHaveAttribute('data-looked');
  const locks = () =>
    slow.evaluate(async () => {
      const { held = [], pending = [] } = await navigator.locks.query();
      return [...held, ...pending].filter(({ name }) => name?.startsWith('draft '));
    });
  await expect.poll(locks, 'it has looked to the end').toEqual([]);
  expect(await storedOnDevice(slow)).not.toContain(given.title);
});

test('what stands in the way of a ticket is still told when the device has looked for drafts at last', async ({
  context,
}) => {
  const slow = await openOnSlowDevice(context, 3_000);
  await submitButton(slow).click();
  await expect(summary(slow)).toBeFocused();
  await expect(slow.locator('html')).toHaveAttribute('data-looked');
  await expect(slow.getByText('What you type is kept on this device.')).toBeVisible();
  await slow.evaluate(() => new Promise(requestAnimationFrame));
  await expect(summary(slow)).toBeFocused();
});

test('a restored draft is announced with its age, and can be discarded, brought back, and discarded after all', async ({
  page,
}) => {
  const given = filled('Thrown away');
  await fillIn(page, given);
  await expectSaved(page, given.reference);
  await page.reload();
  await editorIsReady(page);
  await expect(
    page
      .getByText(/draft/i)
      .filter({ hasText: /ago|just now|moment|second|minute/i })
      .first(),
  ).toBeVisible();
  await control(page, /discard/i).click();
  await expect(field.title(page)).toHaveValue('');
  await expect(field.message(page)).toHaveText('');
  await control(page, /undo/i).click();
  await openMoreDetails(page);
  await expectKept(page, given);
  await control(page, 'Discard').click();
  await expect(field.title(page)).toHaveValue('');
});

test('whoever comes back to the list finds the draft there, goes on with one press, and finds it gone when it is filed', async ({
  page,
  context,
}) => {
  await fillIn(page, { title: 'Half a ticket', message: 'To be continued.', email: 'mel@wholebody.example' });
  await expectSaved(page, 'To be continued.');
  const draftsIn = (tab: Page) => tab.getByRole('list', { name: 'Not submitted yet' });
  const other = await context.newPage();
  await other.goto(`/accounts/${mel.accountID}/tickets`);
  await expect(other.getByRole('main').getByRole('listitem').first()).toBeVisible();
  await expect(draftsIn(other), 'it is being written in the first tab').toHaveCount(0);
  await control(page, 'All tickets').click();
  const drafts = draftsIn(page);
  await expect(drafts.getByRole('listitem')).toHaveCount(1);
  await other.reload();
  await expect(draftsIn(other).getByRole('listitem')).toHaveCount(1);
  await other.close();
  await expectNoAxeViolations(page);
  await drafts.getByRole('link', { name: 'Half a ticket' }).click();
  await expectKept(page, { title: 'Half a ticket', message: 'To be continued.' });
  await submitButton(page).click();
  await expectFiled(page, 'Half a ticket');
  await control(page, 'All tickets').click();
  await expect(page.getByRole('link', { name: 'Half a ticket' })).toHaveCount(1);
  await expect(drafts).toHaveCount(0);
});

test('the list opens the draft that it names, though the tab has one of its own and another was begun by a link', async ({
  page,
  context,
}) => {
  await fillIn(page, { title: 'Of this tab' });
  await expectSaved(page, 'Of this tab');
  await control(page, 'All tickets').click();
  const other = await context.newPage();
  await other.goto(`${address}?title=Begun+by+a+link`);
  await editorIsReady(other);
  await fillIn(other, { message: 'Written in the other tab' });
  await expectSaved(other, 'Written in the other tab');
  await other.close();
  await page.reload();
  await page.getByRole('list', { name: 'Not submitted yet' }).getByRole('link', { name: 'Begun by a link' }).click();
  await expectKept(page, { title: 'Begun by a link', message: 'Written in the other tab' });
  await page.getByText('1 other draft').click();
  await page.getByRole('button', { name: 'Of this tab' }).click();
  await expectKept(page, { title: 'Of this tab' });
});

test('two tabs hold two drafts, and neither overwrites the other', async ({ page, context }) => {
  await fillIn(page, { title: 'First draft' });
  await expectSaved(page, 'First draft');
  const second = await context.newPage();
  await second.goto(address);
  await editorIsReady(second);
  await fillIn(second, { title: 'Second draft' });
  await expectSaved(second, 'Second draft');
  await fillIn(page, { title: 'First draft, longer' });
  await expectSaved(page, 'First draft, longer');
  await page.reload();
  await second.reload();
  await expect(field.title(page)).toHaveValue('First draft, longer');
  await expect(field.title(second)).toHaveValue('Second draft');
});

test('a filed ticket leaves no draft behind', async ({ page }) => {
  await fillIn(page, { title: 'Filed, so forgotten', message: 'text', email: 'draft@wholebody.example' });
  await expectSaved(page, 'Filed, so forgotten');
  await submitButton(page).click();
  await expectFiled(page, 'Filed, so forgotten');
  expect(await storedOnDevice(page)).not.toContain('Filed, so forgotten');
  await page.goto(address);
  await expect(field.title(page)).toHaveValue('');
});

test('signing out asks before it wipes a draft; staying keeps it', async ({ page }) => {
  await fillIn(page, { title: 'Secret plans' });
  await expectSaved(page, 'Secret plans');
  await control(page, 'Sign out').click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(field.title(page)).toHaveValue('Secret plans');

  await control(page, 'Sign out').click();
  await dialog.getByRole('button', { name: 'Delete and sign out' }).click();
  await expectSignedOut(page);
  expect(await storedOnDevice(page), 'nothing is left on this computer').not.toContain('Secret plans');
});

/** Signs out in a tab of its own, and has everything deleted. */
async function deleteAllElsewhere(context: BrowserContext): Promise<Page> {
  const other = await context.newPage();
  await other.goto('/');
  await control(other, 'Sign out').click();
  await other.getByRole('dialog').getByRole('button', { name: 'Delete and sign out' }).click();
  await expectSignedOut(other);
  return other;
}

test('deleted from another tab, a form keeps what is typed next with the tab, and on the device once the person is back', async ({
  page,
  context,
}) => {
  await fillIn(page, { title: 'Old text' });
  await expectSaved(page, 'Old text');
  const other = await deleteAllElsewhere(context);
  await expect(field.title(page)).toHaveValue('');
  await fillIn(page, { title: 'New text', message: 'A long story' });
  await expect(page.getByText('Kept in this tab only, until you sign in again')).toBeVisible();
  await expect(page.getByText(/on this device$/)).toHaveCount(0);

  await control(other, signInName).click();
  await chooseAtIssuer(other, mel.name);
  await expect(control(other, 'Sign out')).toBeVisible();
  await expect(page.getByText('Saved on this device')).toBeVisible();
  // Seen from the other tab: what the first one keeps by itself is not counted.
  await expectSaved(other, 'A long story');
  await page.reload();
  await editorIsReady(page);
  await expect(field.title(page)).toHaveValue('New text');
  await expect(field.message(page)).toHaveText('A long story');
  expect(await storedOnDevice(page)).not.toContain('Old text');
});

test('deleted from another tab, a form promises only what it can keep, and signing in by it gives back what was typed since', async ({
  page,
  context,
}) => {
  await fillIn(page, { title: 'Old text' });
  await expectSaved(page, 'Old text');
  await deleteAllElsewhere(context);
  await expect(field.title(page)).toHaveValue('');
  const given = { title: 'Typed after the deletion', message: 'New words', email: 'draft@wholebody.example' };
  await fillIn(page, given);
  await submitButton(page).click();
  const alert = page.getByRole('alert').filter({ hasText: 'You are signed out' });
  await expect(alert).toContainText('kept in this tab only');
  await expect(page.getByText('Everything you wrote is kept')).toHaveCount(0);
  await control(alert, 'Sign in').click();
  await chooseAtIssuer(page, mel.name);
  await editorIsReady(page);
  await expectKept(page, given);
  await submitButton(page).click();
  await expectFiled(page, given.title);
});

test('what was just typed can be discarded as soon as it is saved, and brought back', async ({ page }) => {
  await expect(field.title(page)).toBeVisible();
  await expect(control(page, 'Discard'), 'there is nothing to discard yet').toHaveCount(0);
  await fillIn(page, { title: 'Typed by mistake', message: 'Not meant for anybody.' });
  await expectSaved(page, 'Not meant for anybody.');
  await expectNoAxeViolations(page);
  await control(page, 'Discard').press('Enter');
  await expect(page.locator('div[tabindex="-1"]:focus')).toContainText('Draft discarded');
  await expect(control(page, 'Discard')).toHaveCount(0);
  await expect(field.title(page)).toHaveValue('');
  await expect.poll(() => storedOnDevice(page)).not.toContain('Typed by mistake');
  await control(page, 'Undo discard').click();
  await expectKept(page, { title: 'Typed by mistake', message: 'Not meant for anybody.' });
  await expect(control(page, 'Discard')).toHaveCount(1);
});

test('what was just typed can be discarded only where it can be brought back', async ({ page, context }) => {
  const given = { title: 'Typed in a tunnel', message: 'Worth keeping.' };
  const missing = page.waitForEvent('requestfailed', (request) => request.url().includes('/draft-bar-'));
  await context.setOffline(true);
  await fillIn(page, given);
  await missing;
  await expectSaved(page, given.message);
  await expect(control(page, 'Discard')).toHaveCount(0);
  await context.setOffline(false);
  await control(page, 'Discard').click();
  await control(page, 'Undo discard').click();
  await expectKept(page, given);
});

test('a preview shows the message as it is now, discarded and brought back', async ({ page }) => {
  await fillIn(page, { message: 'Half a thought' });
  await expectSaved(page, 'Half a thought');
  await page.reload();
  await editorIsReady(page);
  await control(page, 'Preview').click();
  const preview = page.getByRole('region', { name: 'Preview of the message' });
  await expect(preview).toHaveText('Half a thought');
  await control(page, 'Discard').click();
  await expect(preview).toHaveText('Nothing to preview yet.');
  await control(page, 'Undo discard').click();
  await expect(preview).toHaveText('Half a thought');
});

test('after a draft is discarded, brought back or another is opened, the focus goes on from what says so', async ({
  page,
  context,
}) => {
  const bar = page.locator('div[tabindex="-1"]:focus');
  await fillIn(page, { title: 'One draft' });
  await expectSaved(page, 'One draft');
  await page.reload();
  await editorIsReady(page);
  await control(page, 'Discard').press('Enter');
  await expect(bar).toContainText('Draft discarded');
  await page.keyboard.press('Tab');
  await expect(control(page, 'Undo discard')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(bar).toBeVisible();
  await expect(field.title(page)).toHaveValue('One draft');
  const other = await context.newPage();
  await other.goto(page.url());
  await editorIsReady(other);
  await fillIn(other, { title: 'Another draft' });
  await expectSaved(other, 'Another draft');
  await other.close();
  await page.reload();
  await editorIsReady(page);
  await page.getByText('1 other draft').click();
  await page.getByRole('button', { name: 'Another draft' }).press('Enter');
  await expect(field.title(page)).toHaveValue('Another draft');
  await expect(bar).toContainText('Draft restored');
});

/** From now on nothing on the device keeps anything for this page. */
const refuseAll = (page: Page) =>
  page.evaluate(() => {
    const full = () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
    Storage.prototype.setItem = full;
    IDBObjectStore.prototype.put = full;
    IDBFactory.prototype.open = full;
  });

test('saving that fails is a quiet line, never a dialog', async ({ page }) => {
  await refuseAll(page);
  await fillIn(page, { title: 'Cannot be saved' });
  await expect(page.getByText(/not (be )?saved|cannot save|could not save/i).first()).toBeVisible();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(field.title(page)).toHaveValue('Cannot be saved');
});

test('the browser asks before a page is left whose text nothing keeps, and not where it is kept or gone', async ({
  page,
}) => {
  const asked: string[] = [];
  page.on('dialog', async (dialog) => {
    asked.push(dialog.type());
    await dialog.dismiss();
  });
  await field.title(page).click();
  await fillIn(page, { title: 'Kept' });
  await expectSaved(page, 'Kept');
  await page.reload();
  await expect(field.title(page)).toHaveValue('Kept');
  expect(asked).toEqual([]);

  await refuseAll(page);
  await field.title(page).click();
  await fillIn(page, { title: 'Kept by nothing' });
  await expect(page.getByText('Not saved on this device')).toBeVisible();
  const leave = () => page.evaluate(() => void setTimeout(() => location.reload()));
  await leave();
  await expect.poll(() => asked).toEqual(['beforeunload']);
  await expect(field.title(page)).toHaveValue('Kept by nothing');

  await fillIn(page, { title: '' });
  const left = page.waitForEvent('load');
  await leave();
  await left;
  expect(asked).toEqual(['beforeunload']);
});

/** From now on the device neither takes nor tells anything, since another page is busy there. Returns how to end that. */
async function busyDevice(context: BrowserContext) {
  const busy = await context.newPage();
  await busy.goto(`/accounts/${mel.accountID}/tickets`);
  await busy.evaluate(
    () =>
      new Promise<void>((resolve, reject) => {
        const opening = indexedDB.open('support-portal');
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const drafts = opening.result.transaction('drafts', 'readwrite').objectStore('drafts');
          let over = false;
          addEventListener('over', () => {
            over = true;
          });
          const goOn = () => {
            resolve();
            if (!over) drafts.get('none').onsuccess = goOn;
          };
          drafts.get('none').onsuccess = goOn;
        };
      }),
  );
  return () => busy.evaluate(() => dispatchEvent(new Event('over')));
}

test('what the device does not take in time is not called saved, and outlives a reload all the same', async ({
  page,
  context,
}) => {
  await fillIn(page, { title: 'Taken' });
  await expectSaved(page, 'Taken');
  await expect(page.getByText('Saved on this device')).toBeVisible();
  const answer = await busyDevice(context);
  await page.bringToFront();
  await fillIn(page, { title: 'Taken, and more' });
  await expect(page.getByText('Not saved on this device')).toBeVisible();
  await page.reload();
  await answer();
  await expect(field.title(page)).toHaveValue('Taken, and more');
});

test('a draft is discarded and brought back though the device does not answer', async ({ page, context }) => {
  const given = filled('Thrown away in vain');
  await fillIn(page, given);
  await expectSaved(page, given.reference);
  await page.reload();
  await expect(control(page, 'Discard')).toBeVisible();
  await busyDevice(context);
  await page.bringToFront();
  await fillIn(page, { title: 'Written on' });
  await control(page, 'Discard').click();
  await expect(field.title(page)).toHaveValue('');
  await control(page, 'Undo discard').click();
  await expectKept(page, { ...given, title: 'Written on' });
});

/** Two drafts: the one in the form, and another that is offered beside it. */
async function writeTwo(page: Page) {
  await fillIn(page, { title: 'The other one' });
  await expectSaved(page, 'The other one');
  await page.goto(`${address}?title=This+one`);
  await editorIsReady(page);
  await fillIn(page, { message: 'Words' });
  await expectSaved(page, 'Words');
  await page.getByText('1 other draft').click();
}

/** The same, on a device that does not answer from then on. @returns makes it answer */
async function writeTwoThenHang(page: Page, context: BrowserContext) {
  await writeTwo(page);
  const answer = await busyDevice(context);
  await page.bringToFront();
  return answer;
}

test('what is typed until a slow device has opened another draft stays in the one before', async ({
  page,
  context,
}) => {
  const answer = await writeTwoThenHang(page, context);
  await page.getByRole('button', { name: 'The other one' }).click();
  await field.title(page).press('End');
  await field.title(page).pressSequentially(', and the last of it');
  await answer();
  await expect(field.title(page)).toHaveValue('The other one');
  await expectSaved(page, 'This one, and the last of it');
});

test('a device that does not give another draft when it is asked for it is said to, and gives it when it can', async ({
  page,
  context,
}) => {
  const answer = await writeTwoThenHang(page, context);
  // It is said for some seconds, in which a busy machine may not look.
  const looked = page.waitForFunction(() => document.body.textContent?.includes('Looking for drafts'));
  await page.getByRole('button', { name: 'The other one' }).click();
  await looked;
  const said = page.getByText('This device does not answer just now');
  await expect(said).toBeVisible();
  await expectKept(page, { title: 'This one', message: 'Words' });
  await answer();
  await expect(field.title(page)).toHaveValue('The other one');
  await expect(said).toHaveCount(0);
});

test('a ticket that is submitted while a slow device opens another draft is filed, and the other stays a draft', async ({
  page,
  context,
}) => {
  await writeTwo(page);
  const { promise: told, resolve: goOn } = Promise.withResolvers<void>();
  await page.route('**/tickets', async (route) => {
    if (route.request().method() === 'POST') await told;
    await route.continue();
  });
  const answer = await busyDevice(context);
  await page.bringToFront();
  await page.getByRole('button', { name: 'The other one' }).click();
  const posted = page.waitForRequest((request) => request.method() === 'POST');
  await submitButton(page).click();
  await posted;
  await answer();
  await expectSaved(page, '"attempted":true');
  await expect(field.title(page)).toHaveValue('This one');
  goOn();
  await expectFiled(page, 'This one');
  expect(await storedOnDevice(page)).not.toContain('This one');
  await page.goto(address);
  await expect(field.title(page)).toHaveValue('The other one');
});

test('filed while the device does not answer, a draft does not come back', async ({ page, context }) => {
  const given = filled('Filed in the end');
  await fillIn(page, given);
  await expectSaved(page, given.reference);
  const answer = await busyDevice(context);
  await page.bringToFront();
  await submitButton(page).click();
  await expectFiled(page, given.title);
  await page.goto('about:blank');
  await answer();
  await page.goto(address);
  await editorIsReady(page);
  await expect.poll(() => storedOnDevice(page)).not.toContain(given.title);
  await expect(field.title(page)).toHaveValue('');
});

test('discarded while the device refuses to delete, a draft does not come back', async ({ page }) => {
  await fillIn(page, { title: 'Discarded in the end' });
  await expectSaved(page, 'Discarded in the end');
  await page.reload();
  await expect(control(page, 'Discard')).toBeVisible();
  await page.evaluate(() => {
    IDBObjectStore.prototype.delete = () => {
      throw new DOMException('refused', 'UnknownError');
    };
  });
  await control(page, 'Discard').click();
  await expect(control(page, 'Undo discard')).toBeVisible();
  await page.reload();
  await editorIsReady(page);
  await expect.poll(() => storedOnDevice(page)).not.toContain('Discarded in the end');
  await expect(field.title(page)).toHaveValue('');
});

test('what is typed after everything was deleted from another tab is called saved once the person is back, though the device had not been looked through', async ({
  page,
  context,
}) => {
  const slow = await openOnSlowDevice(context, 'until told');
  await fillIn(slow, { title: 'Typed before' });
  await page.bringToFront();
  // Nothing is on the device, so that nothing is asked.
  await control(page, 'Sign out').click();
  await expectSignedOut(page);
  await slow.bringToFront();
  await expect(field.title(slow)).toHaveValue('');
  await fillIn(slow, { title: 'Typed since' });
  await slow.evaluate(() => dispatchEvent(new Event('device-answers')));
  await signInByClicking(page, mel, `/accounts/${mel.accountID}/tickets`);
  await slow.bringToFront();
  await expect(slow.getByText('Saved on this device', { exact: true })).toBeVisible();
  const stored = await storedOnDevice(slow);
  expect(stored).toContain('Typed since');
  expect(stored).not.toContain('Typed before');
});

test('deleted while the device does not answer, a draft does not come back with the person', async ({
  page,
  context,
}) => {
  await fillIn(page, { title: 'Deleted in the end' });
  await expectSaved(page, 'Deleted in the end');
  const answer = await busyDevice(context);
  await page.bringToFront();
  await control(page, 'Sign out').click();
  await control(page, 'Delete and sign out').click();
  await expectSignedOut(page);
  await answer();
  await signInByClicking(page, mel, address);
  await editorIsReady(page);
  await expect.poll(() => storedOnDevice(page)).not.toContain('Deleted in the end');
  await expect(field.title(page)).toHaveValue('');
});

test('without a network the form says so, and sends by itself when it is back', async ({ page, context }) => {
  await fillIn(page, { title: 'From a tunnel', message: 'No signal', email: 'draft@wholebody.example' });
  await context.setOffline(true);
  await submitButton(page).click();
  await expect(page.getByText(/offline|no connection|network/i).first()).toBeVisible();
  await expect(field.title(page)).toHaveValue('From a tunnel');
  await context.setOffline(false);
  await expectFiled(page, 'From a tunnel');
});
