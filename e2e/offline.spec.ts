import {
  control,
  editorIsReady,
  expectFiled,
  expectSaved,
  field,
  fillIn,
  heading,
  people,
  signIn,
  submitButton,
  ticketAddress,
} from './support/pages.ts';
import { expect, test } from './support/world.ts';

const { mel } = people;
const address = `/accounts/${mel.accountID}/tickets/new`;
const email = 'mel@wholebody.example';

test('a draft that is opened while another waits to be sent is not sent, nor is the other behind its back', async ({
  page,
  context,
  world,
}) => {
  await signIn(page, mel, address);
  await editorIsReady(page);
  await fillIn(page, { title: 'Begun and never submitted', message: 'Not finished', email });
  await expectSaved(page, 'Begun and never submitted');
  const second = await context.newPage();
  await second.goto(address);
  await editorIsReady(second);
  await fillIn(second, { title: 'Submitted while offline', message: 'Finished', email });
  await expectSaved(second, 'Submitted while offline');
  await page.close();
  await second.reload();
  await editorIsReady(second);
  await expect(field.title(second)).toHaveValue('Submitted while offline');
  await second.locator('summary').filter({ hasText: 'other draft' }).click();

  await context.setOffline(true);
  await submitButton(second).click();
  await expect(second.getByRole('button', { name: 'Do not send yet' })).toBeVisible();
  await second.getByRole('button', { name: 'Begun and never submitted', exact: true }).click();
  await expect(field.title(second)).toHaveValue('Begun and never submitted');
  await expect(second.getByRole('button', { name: 'Do not send yet' })).toHaveCount(0);
  await context.setOffline(false);
  await expect(second.getByText(/You are offline/)).toHaveCount(0);
  await submitButton(second).click();
  await expect(second).toHaveURL(ticketAddress);
  await expect(heading(second)).toContainText('Begun and never submitted');
  expect(await world.ticketsTitled(mel.accountID, 'Submitted while offline')).toHaveLength(0);
  expect(await world.ticketsTitled(mel.accountID, 'Begun and never submitted')).toHaveLength(1);

  await second.goto(address);
  await editorIsReady(second);
  await expect(field.title(second)).toHaveValue('Submitted while offline');
  await submitButton(second).click();
  await expect(second).toHaveURL(ticketAddress);
});

test('what stands beside the form and cannot be fetched leaves the form as it is, and comes when the line is back', async ({
  page,
  context,
  world,
}) => {
  world.agent.file(mel.accountID, { title: 'Reader missing', body: '<p>x</p>', contact: { email } });
  await signIn(page, mel, address);
  await editorIsReady(page);
  await context.setOffline(true);
  await field.title(page).pressSequentially('Reader missing in the shop');
  await field.message(page).pressSequentially('It never arrived.');
  await page.getByRole('button', { name: 'Preview' }).click();
  await expect(page.getByText('The preview could not be loaded.')).toBeVisible({ timeout: 30_000 });
  await expect(field.title(page)).toHaveValue('Reader missing in the shop');
  await expect(field.message(page)).toHaveText('It never arrived.');
  await context.setOffline(false);
  await expect(page.getByText('The preview could not be loaded.')).toHaveCount(0);
  await expect(page.getByText('It never arrived.')).toHaveCount(2);
  await expect(page.getByRole('link', { name: 'Reader missing' })).toBeVisible();
});

test('a page that could not be fetched comes by itself when the line is back', async ({ page, context }) => {
  // Neither ahead nor when it is gone to.
  await page.route(/\/assets\/tickets-page-/, (route) => route.abort('internetdisconnected'));
  await signIn(page, mel, address);
  await editorIsReady(page);
  await context.setOffline(true);
  await control(page, 'All tickets').click();
  await expect(heading(page)).toHaveText('This page could not be loaded', { timeout: 30_000 });
  await page.unroute(/\/assets\/tickets-page-/);
  await context.setOffline(false);
  await expect(heading(page)).toHaveText('Tickets');
});

test('a ticket that was filed is shown, though what would have shown it sooner never comes', async ({
  page,
  world,
}) => {
  await page.route(/new-ticket-accepted/, () => new Promise(() => undefined));
  await signIn(page, mel, address);
  await editorIsReady(page);
  await fillIn(page, { title: 'Shown all the same', message: 'x', email });
  await submitButton(page).click();
  await expect(page).toHaveURL(ticketAddress);
  await expect(heading(page)).toContainText('Shown all the same');
  expect(await world.ticketsTitled(mel.accountID, 'Shown all the same')).toHaveLength(1);
});

test('a ticket that was filed is shown without a word of what could not be fetched meanwhile', async ({
  page,
  world,
}) => {
  await page.route(/new-ticket-accepted/, (route) => route.abort('connectionrefused'));
  await signIn(page, mel, address);
  await editorIsReady(page);
  const title = 'Shown, though the line was gone';
  await fillIn(page, { title, message: 'x', email });
  const failed = page.waitForEvent('requestfailed', (request) => request.url().includes('new-ticket-accepted'));
  await page.route(/\/tickets$/, async (route) => {
    if (route.request().method() === 'POST') await failed;
    await route.fallback();
  });
  await submitButton(page).click();
  await expectFiled(page, title);
  expect(await world.ticketsTitled(mel.accountID, title)).toHaveLength(1);
});
