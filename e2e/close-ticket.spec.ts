import {
  control,
  editorIsReady,
  expectFiled,
  expectNoAxeViolations,
  field,
  fillIn,
  heading,
  people,
  signIn,
  submitButton,
} from './support/pages.ts';
import { expect, test } from './support/world.ts';

const { mel } = people;

test.beforeEach(async ({ page }, info) => {
  await signIn(page, mel, `/accounts/${mel.accountID}/tickets/new`);
  await editorIsReady(page);
  await fillIn(page, {
    title: info.title.slice(0, 60),
    message: 'Please close me.',
    email: 'close@wholebody.example',
    reference: 'close-1',
  });
  await submitButton(page).click();
  await expectFiled(page, info.title.slice(0, 60));
});

test('closing asks once; the ticket is closed then, and a follow-up begins with its title, contact and reference', async ({
  page,
  world,
}, info) => {
  await control(page, 'Close ticket').click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toBeVisible();
  await expectNoAxeViolations(page);
  await dialog.getByRole('button', { name: 'Close ticket' }).click();
  await expect(page.getByText('Closed', { exact: true }).first()).toBeVisible();
  await expect(control(page, 'Close ticket')).toHaveCount(0);
  await expect(page.getByText('has been filed'), 'old news by now').toHaveCount(0);
  const title = info.title.slice(0, 60);
  await expect.poll(async () => (await world.ticketsTitled(mel.accountID, title))[0]?.status).toBe('closed');
  await expectNoAxeViolations(page);
  await control(page, 'File a follow-up').click();
  await expect(field.title(page)).toHaveValue(new RegExp(title.slice(0, 20)));
  await expect(field.email(page)).toHaveValue('close@wholebody.example');
  await expect(field.reference(page)).toHaveValue('close-1');
});

test('thinking better of it closes nothing', async ({ page, world }) => {
  const before = world.line.received.length;
  await control(page, 'Close ticket').click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
  await expect(control(page, 'Close ticket')).toBeFocused();
  expect(world.line.received.slice(before).filter(({ method }) => method === 'PATCH')).toEqual([]);
});

test('a refused closing is undone, with the reason', async ({ page, world }) => {
  world.line.closing({ status: 422, body: '{"status":"This ticket is being worked on right now."}' });
  await control(page, 'Close ticket').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Close ticket' }).click();
  const told = page.getByRole('alert').filter({ hasText: 'is as it was' });
  await expect(told.getByText('This ticket is being worked on right now.')).toHaveCount(1);
  await expect(told).not.toContainText('field');
  await expect(control(page, 'Close ticket')).toBeVisible();
});

test('a ticket that support closes while one is asked takes the question away; the focus goes to its heading', async ({
  page,
  world,
}, info) => {
  await control(page, 'Close ticket').click();
  await expect(page.getByRole('dialog')).toBeVisible();
  world.agent.setStatus(info.title.slice(0, 60), 'closed');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(control(page, 'File a follow-up')).toBeVisible();
  await expect(heading(page)).toBeFocused();
});

test('a closing that fails after one has left the page is told where one is by then, with its reference', async ({
  page,
  world,
}, info) => {
  const title = info.title.slice(0, 60);
  world.line.closing('hang');
  await control(page, 'Close ticket').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Close ticket' }).click();
  await expect(control(page, 'File a follow-up')).toBeVisible();
  await control(page, 'All tickets').click();
  const row = page.getByRole('listitem').filter({ hasText: title });
  const told = page.getByRole('alert');
  await expect(told).toContainText(`The ticket “${title}” could not be closed, and is as it was.`);
  await expect(told).toContainText('Reference');
  await expect(row).toContainText('New');
  await expectNoAxeViolations(page);
  await told.getByRole('button', { name: 'Hide this' }).click();
  await expect(told).toHaveCount(0);
});
