import type { Page } from '@playwright/test';
import type { Line } from './support/line.ts';
import {
  control,
  editorIsReady,
  everyInput,
  expectKept,
  expectKeptForLater,
  field,
  heading,
  people,
  signIn,
  signInByClicking,
  signInName,
  storedOnDevice,
  submitNew,
} from './support/pages.ts';
import { expect, test } from './support/world.ts';

// A circuit that opened in one test must not decide the next: these have a portal to themselves.
test.use({ settings: { LOG_LEVEL: 'debug' } });

const { mel } = people;
test.beforeEach(({ page }) => signIn(page, mel));

/** Kept at first, then refused: only the device has the text. @returns the address of its page */
async function fileRefused(page: Page, line: Line, title: string) {
  line.creating({ status: 429, headers: { 'retry-after': '1' } });
  await submitNew(page, mel.accountID, everyInput(title));
  await expectKeptForLater(page, title);
  line.creating({ status: 422, body: '{"title":"Titles like this are not taken."}' });
  await expect(heading(page)).toContainText('refused', { timeout: 30_000 });
  return page.url();
}
const putBack = 'Put the text back into the form';

test('a refused ticket of somebody else on the same device stays as it is, and the page says where its text may be', async ({
  page,
  context,
  world,
}) => {
  const title = 'Refused for Mel';
  const address = await fileRefused(page, world.line, title);
  // The session ends without a sign-out.
  await context.clearCookies();
  await signInByClicking(page, people.pat, address);
  await control(page, putBack).click();
  await expect(page.getByText(/may still be in the browser of whoever filed/)).toBeVisible();
  await expect(page).toHaveURL(address);
  await page.goto(`/accounts/${mel.accountID}/tickets`);
  await expect(page.locator(`a[href="${new URL(address).pathname}"]`)).toBeVisible();
  await context.clearCookies();
  await signInByClicking(page, mel, address);
  await control(page, putBack).click();
  await editorIsReady(page);
  await expect(field.title(page)).toHaveValue(title);
});

test('a text that was put back from one tab is said to be in the form already in the other', async ({
  page,
  context,
  world,
}) => {
  const title = 'Put back once';
  const address = await fileRefused(page, world.line, title);
  const other = await context.newPage();
  await other.goto(address);
  await expect(control(other, putBack)).toBeVisible();
  await control(page, putBack).click();
  await expect(field.title(page)).toHaveValue(title);
  await control(other, putBack).click();
  await expect(other.getByText('The text is back in the form already')).toBeVisible();
});

test('a ticket that is cancelled comes back into the form on a device that refuses to keep anything', async ({
  page,
  world,
}) => {
  const title = 'Cancelled, and kept by the tab';
  await page.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException('not here', 'SecurityError');
    };
  });
  world.line.creating({ status: 429, headers: { 'retry-after': '3600' } });
  await submitNew(page, mel.accountID, everyInput(title));
  await expectKeptForLater(page, title);
  await page.goto(`/accounts/${mel.accountID}/tickets/new`);
  await editorIsReady(page);
  await expect(field.title(page), 'a copy is no draft').toHaveValue('');
  await page.goBack();
  await control(page, 'Cancel ticket').click();
  await control(page.getByRole('dialog'), 'Cancel the ticket').click();
  await control(page, putBack).click();
  await editorIsReady(page);
  await expectKept(page, everyInput(title));
});

test('signing out asks before it deletes the text of a ticket that is not delivered yet, and staying keeps it', async ({
  page,
  world,
}) => {
  const title = 'Kept, and the only copy';
  world.line.creating({ status: 429, headers: { 'retry-after': '1' } });
  await submitNew(page, mel.accountID, everyInput(title));
  await expectKeptForLater(page, title);
  await control(page, 'Sign out').click();
  const dialog = page.getByRole('dialog', { name: 'You have 1 ticket not delivered yet' });
  await dialog.getByRole('button', { name: 'Stay signed in' }).click();
  await expect(dialog).toBeHidden();
  world.line.creating({ status: 422, body: '{"title":"Titles like this are not taken."}' });
  await expect(heading(page)).toContainText('refused', { timeout: 30_000 });
  await control(page, putBack).click();
  await editorIsReady(page);
  await expect(field.title(page)).toHaveValue(title);
});

test('signing out does not ask about a ticket that has been delivered meanwhile', async ({ page, world }) => {
  const title = 'Delivered meanwhile';
  world.line.creating({ status: 429, headers: { 'retry-after': '1' } });
  await submitNew(page, mel.accountID, everyInput(title));
  await expectKeptForLater(page, title);
  // From another page the copy stays on the device.
  await page.goto(`/accounts/${mel.accountID}/tickets`);
  world.line.mend();
  await expect.poll(() => world.ticketsTitled(mel.accountID, title), { timeout: 30_000 }).toHaveLength(1);
  await expect(page.getByRole('list', { name: 'Not delivered yet' })).toHaveCount(0);
  expect(await storedOnDevice(page)).toContain(title);
  await control(page, 'Sign out').click();
  await expect(control(page, signInName)).toBeVisible();
});

test('a ticket that is refused while one is asked whether to cancel it takes the question away, and stays in the list', async ({
  page,
  world,
}) => {
  world.line.creating({ status: 429, headers: { 'retry-after': '3' } });
  await submitNew(page, mel.accountID, everyInput('Refused while asked'));
  await expectKeptForLater(page, 'Refused while asked');
  await control(page, 'Cancel ticket').click();
  await expect(page.getByRole('dialog')).toBeVisible();
  world.line.creating({ status: 422, body: '{"title":"Titles like this are not taken."}' });
  await expect(heading(page)).toContainText('refused', { timeout: 30_000 });
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(heading(page)).toBeFocused();
  await control(page, 'All tickets').click();
  await expect(page.getByRole('list', { name: 'Not delivered', exact: true })).toContainText('Refused');
});

test('a ticket that is cancelled in one tab takes the question away in another, which says what became of it', async ({
  page,
  context,
  world,
}) => {
  world.line.creating({ status: 429, headers: { 'retry-after': '60' } });
  await submitNew(page, mel.accountID, everyInput('Cancelled in two tabs'));
  await expectKeptForLater(page, 'Cancelled in two tabs');
  const tab = await context.newPage();
  await tab.goto(page.url());
  await control(tab, 'Cancel ticket').click();
  await control(page, 'Cancel ticket').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel the ticket' }).click();
  for (const each of [page, tab]) {
    await expect(heading(each)).toContainText('cancelled');
    await expect(each.getByRole('dialog')).toHaveCount(0);
    await expect(heading(each)).toBeFocused();
  }
});
