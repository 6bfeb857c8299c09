import { newTicketFields } from '../src/contract/ticket.ts';
import { wholeBrowser } from './support/browser.ts';
import {
  chooseAtIssuer,
  control,
  editorIsReady,
  expectFiled,
  expectNoSidewaysScroll,
  field,
  fillIn,
  heading,
  people,
  signIn,
  signInName,
  submitButton,
  tabTo,
  ticketAddress,
} from './support/pages.ts';
import { expect, test } from './support/world.ts';

// The main job in the whole of the browser; the other journeys do without the program around the page.
test.use({ launchOptions: wholeBrowser() });

const { mel } = people;

test('by clicking alone, a merchant signs in, files a formatted ticket, and sees its number, status and date', async ({
  page,
  world,
}) => {
  await signIn(page, mel);
  await control(page, 'New ticket').click();
  await editorIsReady(page);
  await fillIn(page, { title: 'Payout of Monday is missing', email: 'mel@wholebody.example', name: 'Mel' });
  await field.message(page).click();
  await page.keyboard.type('It was due ');
  const bold = page.getByRole('toolbar').getByRole('button', { name: /^Bold/ });
  await bold.click();
  await page.keyboard.type('on Monday');
  await bold.click();
  await page.keyboard.type('.');
  const before = world.line.creations().length;
  await submitButton(page).click();

  await expectFiled(page, 'Payout of Monday is missing');
  await expect(page).toHaveURL(ticketAddress);
  const ticketID = new URL(page.url()).pathname.split('/').at(-1) ?? '';
  const filed = (await world.tickets(mel.accountID)).find((ticket) => ticket.ticketID === ticketID);
  expect(filed).toBeDefined();
  await expect(page.getByText(String(filed?.number)).first()).toBeVisible();
  await expect(page.getByText('New', { exact: true }).first()).toBeVisible();
  await expect(page.locator(`time[datetime]`).first()).toBeVisible();
  await expect(page.getByText('mel@wholebody.example').first(), 'where answers will arrive').toBeVisible();

  const sent = world.line.creations().slice(before);
  expect(sent, 'one request').toHaveLength(1);
  expect(JSON.parse(sent[0]?.body ?? '')).toEqual({
    title: 'Payout of Monday is missing',
    body: '<p>It was due <strong>on Monday</strong>.</p>',
    contact: { email: 'mel@wholebody.example', name: 'Mel' },
    author: mel.name,
    foreignID: expect.stringMatching(/^portal-[0-9a-f-]{36}$/),
  });
});

test('with the keyboard alone, from the first page to the number of the ticket', async ({ page }) => {
  await page.goto('/');
  await tabTo(page, control(page, signInName));
  await page.keyboard.press('Enter');
  await tabTo(page, page.getByRole('button', { name: new RegExp(mel.name) }));
  await page.keyboard.press('Enter');
  await tabTo(page, control(page, 'New ticket'));
  await page.keyboard.press('Enter');
  await expect(field.title(page)).toBeVisible();
  await editorIsReady(page);
  await tabTo(page, field.title(page));
  await page.keyboard.type('Filed without a mouse');
  await tabTo(page, field.message(page));
  await page.keyboard.type('Tab came here, ');
  await page.keyboard.press('Control+b');
  await page.keyboard.type('and leaves');
  await tabTo(page, field.email(page));
  await page.keyboard.press('Control+a');
  await page.keyboard.type('keys@wholebody.example');
  await page.keyboard.press('Control+Enter');
  await expectFiled(page, 'Filed without a mouse');
  await expect(page).toHaveURL(ticketAddress);
});

test('Ctrl+Enter files from inside the message too', async ({ page }) => {
  await signIn(page, mel, `/accounts/${mel.accountID}/tickets/new`);
  await editorIsReady(page);
  await fillIn(page, { title: 'Sent from the editor', email: 'mel@wholebody.example' });
  await field.message(page).click();
  await page.keyboard.type('One line');
  await page.keyboard.press('Control+Enter');
  await expectFiled(page, 'Sent from the editor');
});

test('on a phone 390 px wide, signs in, files and reads without scrolling sideways', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto('/');
  await expectNoSidewaysScroll(page);
  await control(page, signInName).click();
  await chooseAtIssuer(page, mel.name);
  await expect(control(page, 'New ticket')).toBeVisible();
  await expectNoSidewaysScroll(page);
  await control(page, 'New ticket').click();
  await editorIsReady(page);
  await expectNoSidewaysScroll(page);
  const title = 'AVeryLongWordWithoutAnyPlaceToBreakItThatSomebodyPastedFromALogFileOnAPhone';
  await fillIn(page, { title, message: title.repeat(3), email: 'mel@wholebody.example' });
  await expectNoSidewaysScroll(page);
  await submitButton(page).click();
  await expectFiled(page, title);
  await expectNoSidewaysScroll(page);
});

test('the form has exactly the six inputs that the API can find fault with', async ({ page }) => {
  await signIn(page, mel, `/accounts/${mel.accountID}/tickets/new`);
  await expect(field.title(page)).toBeVisible();
  await page.getByText('More details', { exact: true }).click();
  await expect(field.reference(page)).toBeVisible();
  const form = page.locator('form').filter({ has: field.title(page) });
  await expect(form.getByRole('textbox')).toHaveCount(newTicketFields.length);
  for (const input of Object.values(field)) await expect(input(page)).toHaveCount(1);
  await expect(form.locator('select, input[type=checkbox], input[type=radio], input[type=file]')).toHaveCount(0);
});

test('contact email is filled in from the session, and a prefilled link is shown and not filed', async ({
  page,
  world,
}) => {
  const before = world.line.creations().length;
  const link = `/accounts/${mel.accountID}/tickets/new?title=Order%20%3Cb%3E17%3C%2Fb%3E&foreignID=order-17&email=orders%40wholebody.example`;
  await signIn(page, mel, link);
  await expect(field.title(page)).toHaveValue('Order <b>17</b>');
  await expect(field.email(page)).toHaveValue('orders@wholebody.example');
  await expect(field.reference(page), 'the details open themselves to show what was filled in').toBeVisible();
  await expect(field.reference(page)).toHaveValue('order-17');
  expect(world.line.creations().length, 'never filed without a click').toBe(before);
  await expect(heading(page)).toBeVisible();
});
