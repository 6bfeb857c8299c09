import { randomUUID } from 'node:crypto';
import type { Locator } from '@playwright/test';
import { call } from '../src/contract/paths.ts';
import {
  control,
  editorIsReady,
  expectFiled,
  expectKept,
  expectKeptForLater,
  expectNoAxeViolations,
  field,
  fillIn,
  heading,
  people,
  signIn,
  submissionAddress,
  submitButton,
  summary,
  ticketAddress,
} from './support/pages.ts';
import { expect, test } from './support/world.ts';

test.use({ settings: { SETTLE_MS: '2500' } });

const { mel } = people;
const address = `/accounts/${mel.accountID}/tickets/new`;
const filled = (title: string) => ({ title, message: 'Keep this for me.', email: 'mel@wholebody.example' });

test.beforeEach(async ({ page, world }) => {
  world.line.mend();
  await signIn(page, mel, address);
  await editorIsReady(page);
});

test('a ticket that is kept stands first in the list, and becomes the ticket by itself, on the open page', async ({
  page,
  world,
}) => {
  test.setTimeout(120_000);
  const given = filled('Filed in the storm');
  world.line.creating({ status: 429, headers: { 'retry-after': '2' } });
  await fillIn(page, given);
  await submitButton(page).click();
  await expectKeptForLater(page, given.title);
  await expect(control(page, /^Cancel/)).toBeVisible();
  await expectNoAxeViolations(page);
  await page.goto(`/accounts/${mel.accountID}/tickets`);
  const first = page.getByRole('main').getByRole('listitem').or(page.getByRole('main').getByRole('row')).filter({
    hasText: given.title,
  });
  await expect(first.first()).toBeVisible();
  await expectNoAxeViolations(page);
  await page.getByRole('link', { name: new RegExp(given.title) }).click();
  await expect(page).toHaveURL(submissionAddress);
  world.line.mend();
  await expect(page).toHaveURL(ticketAddress, { timeout: 60_000 });
  await expect(heading(page)).toContainText(given.title);
  expect(await world.ticketsTitled(mel.accountID, given.title)).toHaveLength(1);
});

for (const way of ['the mouse', 'the keyboard'])
  test(`whoever cancels a kept ticket with ${way} goes on from the heading that says so`, async ({ page, world }) => {
    const press = (button: Locator) => (way === 'the mouse' ? button.click() : button.press('Enter'));
    world.line.creating({ status: 429, headers: { 'retry-after': '3600' } });
    await fillIn(page, filled(`Cancelled with ${way}`));
    await submitButton(page).click();
    await expect(page).toHaveURL(submissionAddress);
    await press(control(page, /^Cancel/));
    await press(page.getByRole('dialog').getByRole('button', { name: /cancel/i }));
    await expect(heading(page)).toContainText(/cancelled/i);
    await expect(heading(page)).toBeFocused();
  });

test('a kept ticket can be cancelled while it surely has not arrived, and is never sent then', async ({
  page,
  world,
}) => {
  const given = filled('Changed my mind');
  world.line.creating({ status: 429, headers: { 'retry-after': '3' } });
  await fillIn(page, given);
  await submitButton(page).click();
  await expect(page).toHaveURL(submissionAddress);
  await control(page, /^Cancel/).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /cancel/i })
    .click();
  await expect(heading(page)).toContainText(/cancelled/i);
  const attempts = world.line.creations().length;
  world.line.mend();
  // A later ticket goes through; had the cancelled one still been due, it would have been sent by then.
  await page.goto(address);
  await editorIsReady(page);
  await fillIn(page, filled('Filed after the cancelled one'));
  await submitButton(page).click();
  await expectFiled(page, 'Filed after the cancelled one');
  await expect(page).toHaveURL(ticketAddress, { timeout: 30_000 });
  expect(
    world.line
      .creations()
      .slice(attempts)
      .map(({ body }) => JSON.parse(body).title),
  ).not.toContain(given.title);
});

test('a kept ticket that is refused later says why, and its text can be put back into the form', async ({
  page,
  world,
}) => {
  test.setTimeout(120_000);
  const given = filled('Refused in the end');
  world.line.creating({ status: 503 });
  await fillIn(page, given);
  await submitButton(page).click();
  await expect(page).toHaveURL(submissionAddress);
  world.line.creating({ status: 422, body: '{"title":"We take no titles that end in “end”."}' });
  await expect(page.getByText('We take no titles that end in “end”.').first()).toBeVisible({ timeout: 60_000 });
  await expectNoAxeViolations(page);
  await control(page, 'Put the text back into the form').click();
  await editorIsReady(page);
  await expectKept(page, given);
  await expect(field.title(page)).toHaveAccessibleDescription(/We take no titles/);
  world.line.mend();
  await field.title(page).fill('Refused, then corrected');
  await submitButton(page).click();
  await expectFiled(page, 'Refused, then corrected');
  expect(await world.ticketsTitled(mel.accountID, given.title)).toHaveLength(0);
});

test('the death of the portal while it sends loses nothing and files nothing twice', async ({ page, world }) => {
  test.setTimeout(120_000);
  const given = filled('The portal died');
  world.line.creating('cut-after');
  await fillIn(page, given);
  await submitButton(page).click();
  await expect(page).toHaveURL(submissionAddress);
  await world.crash();
  world.line.mend();
  await expect(page).toHaveURL(ticketAddress, { timeout: 60_000 });
  expect(await world.ticketsTitled(mel.accountID, given.title)).toHaveLength(1);
});

test('a list that could not be read while the API was down is there by itself when it is back', async ({
  page,
  world,
}) => {
  test.setTimeout(120_000);
  const title = (await world.tickets(mel.accountID))[0]?.title ?? '';
  world.line.everything({ status: 503 });
  await page.goto(`/accounts/${mel.accountID}/tickets`);
  await expect(control(page, 'Try again')).toBeVisible({ timeout: 20_000 });
  await expect(page.getByRole('status').filter({ hasText: /Moov/ }).first()).toBeVisible({ timeout: 70_000 });
  world.line.mend();
  await expect(page.getByRole('link', { name: title, exact: true })).toBeVisible({ timeout: 60_000 });
  await expect(control(page, 'Try again')).toHaveCount(0);
});

test('while the API is down a banner says so before anybody types, and goes when it is back', async ({
  page,
  world,
}) => {
  test.setTimeout(120_000);
  world.line.everything({ status: 503 });
  await fillIn(page, filled('Opens the circuit'));
  await submitButton(page).click();
  await expect(page).toHaveURL(submissionAddress);
  const { title, message: body, email } = filled('Opens the circuit too');
  for (let more = 0; more < 5; more += 1) {
    const answer = await page.request.post(call.tickets(mel.accountID), {
      headers: { origin: world.origin, 'idempotency-key': randomUUID() },
      data: { title, body, contact: { email } },
    });
    expect(answer.status()).toBe(202);
  }
  await page.goto(address);
  await editorIsReady(page);
  const banner = page.getByRole('status').filter({ hasText: /Moov cannot be reached|Moov is answering slowly/ });
  await expect(banner.first()).toBeVisible({ timeout: 20_000 });
  await expectNoAxeViolations(page);
  await expect(summary(page)).toHaveCount(0);
  world.line.mend();
  await expect(banner).toHaveCount(0, { timeout: 60_000 });
});
