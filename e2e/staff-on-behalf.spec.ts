import {
  control,
  editorIsReady,
  expectFiled,
  expectNoAxeViolations,
  expectNoSidewaysScroll,
  expectSaved,
  field,
  fillIn,
  heading,
  layoutShifts,
  moovIsWell,
  people,
  signIn,
  submitButton,
} from './support/pages.ts';
import { expect, test } from './support/world.ts';

const { pat, mel } = people;

test('partner staff choose an account, always see for whom they file, and file on its behalf', async ({
  page,
  world,
}) => {
  await signIn(page, pat);
  await page.goto('/accounts');
  await page.getByRole('searchbox', { name: 'Search accounts' }).fill('Whole Body');
  await expectNoAxeViolations(page);
  await page
    .getByRole('main')
    .getByRole('link', { name: /New ticket for Whole Body Fitness/ })
    .first()
    .click();
  await expect(page).toHaveURL(new RegExp(`/accounts/${mel.accountID}/tickets/new$`));
  await expect(page.getByText('Filing for Whole Body Fitness').first()).toBeVisible();
  await editorIsReady(page);
  await fillIn(page, { title: 'For a merchant', message: 'They called us.', email: 'mel@wholebody.example' });
  const before = world.line.creations().length;
  await submitButton(page).click();
  await expectFiled(page, 'For a merchant');
  await expect(page.getByText('Filing for Whole Body Fitness').first()).toBeVisible();
  const facts = page.getByRole('complementary', { name: 'About this ticket' });
  await expect(facts).toContainText(`Filed by${pat.name}`);
  await expect(facts).toContainText('ForWhole Body Fitness');
  const sent = world.line.creations().slice(before);
  expect(sent).toHaveLength(1);
  expect(sent[0]?.path).toBe(`/accounts/${mel.accountID}/tickets`);
  expect(JSON.parse(sent[0]?.body ?? '{}')).toMatchObject({ title: 'For a merchant', author: pat.name });
});

test('what staff are writing for an account stays when they may see it no more, and submitting says so', async ({
  page,
  world,
}) => {
  await signIn(page, pat, `/accounts/${mel.accountID}/tickets/new`);
  await editorIsReady(page);
  await fillIn(page, { title: 'Half written', message: 'They called us.', email: 'mel@wholebody.example' });
  await expect(page.getByText('Filing for Whole Body Fitness').first()).toBeVisible();
  const problem = {
    type: '/problems/not-found',
    status: 404,
    title: 'Not found',
    detail: 'Nothing here.',
    requestID: 'r',
  };
  await page.route(`**/api/accounts/${mel.accountID}**`, (route) =>
    route.fulfill({ status: 404, contentType: 'application/problem+json', json: problem }),
  );
  await expect(async () => {
    world.agent.file(mel.accountID, { title: 'News', body: '<p>x</p>', contact: { email: 'mel@wholebody.example' } });
    await expect(page.getByText('Filing for Whole Body Fitness')).toHaveCount(0, { timeout: 2_000 });
  }).toPass();
  await expect(field.title(page)).toHaveValue('Half written');
  await submitButton(page).click();
  await expect(page.getByRole('alert')).toContainText('Nothing was filed');
  await expect(field.title(page)).toHaveValue('Half written');
});

test('a ticket names who filed it, beside the author that they gave', async ({ page }) => {
  await signIn(page, pat, `/accounts/${mel.accountID}/tickets/new`);
  await editorIsReady(page);
  await fillIn(page, { title: 'In another name', message: 'They called us.', email: 'mel@wholebody.example' });
  await page.getByText('More details').click();
  await page.getByRole('textbox', { name: 'Author' }).fill('Front desk');
  await submitButton(page).click();
  await expectFiled(page, 'In another name');
  await expect(page.getByRole('listitem')).toContainText('Front desk');
  await expect(page.getByRole('complementary', { name: 'About this ticket' })).toContainText(`Filed by${pat.name}`);
});

test('a search for accounts is kept over Back and reload, and gone from the start page on', async ({ page }) => {
  await signIn(page, pat, '/accounts');
  const search = page.getByRole('searchbox', { name: 'Search accounts' });
  const main = page.getByRole('main');
  await search.fill('Whole Body');
  await expect(page).toHaveURL(/\/accounts\?q=Whole\+Body$/);
  await main.getByRole('link', { name: 'Tickets of Whole Body Fitness' }).click();
  await expect(page).toHaveURL(new RegExp(`/accounts/${mel.accountID}/tickets$`));
  await page.goBack();
  await expect(search).toHaveValue('Whole Body');
  await expect(main.getByRole('heading', { level: 2 })).toHaveText(['Search results']);
  await expect(main.getByRole('status')).toHaveText('1 account found.');
  await page.reload();
  await expect(search).toHaveValue('Whole Body');
  await expect(main.getByRole('listitem')).toHaveCount(1);
  await control(page, 'Support portal, start page').click();
  await expect(search).toHaveValue('');
});

test('partner staff file for their own account too', async ({ page, world }) => {
  const own = world.access.partnerAccountID;
  await signIn(page, pat, `/accounts/${own}/tickets/new`);
  await editorIsReady(page);
  await expect(page.getByText(/^Filing for /).first()).toBeVisible();
  await fillIn(page, { title: 'For ourselves', message: 'Our own question.', email: 'pat@partner.example' });
  await submitButton(page).click();
  await expectFiled(page, 'For ourselves');
  expect(world.line.creations().at(-1)?.path).toBe(`/accounts/${own}/tickets`);
});

test('switching the account keeps each account’s draft apart', async ({ page, world }) => {
  const own = world.access.partnerAccountID;
  await signIn(page, pat, `/accounts/${mel.accountID}/tickets/new`);
  await editorIsReady(page);
  await fillIn(page, { title: 'Draft for the merchant' });
  await expectSaved(page, 'Draft for the merchant');
  await page.goto(`/accounts/${own}/tickets/new`);
  await expect(field.title(page)).toHaveValue('');
  await fillIn(page, { title: 'Draft for ourselves' });
  await expectSaved(page, 'Draft for ourselves');
  await page.goto(`/accounts/${mel.accountID}/tickets/new`);
  await expect(field.title(page)).toHaveValue('Draft for the merchant');
});

test('the page of accounts has one way to choose an account', async ({ page }) => {
  await signIn(page, pat, '/accounts');
  await expect(page.getByRole('link', { name: /^Tickets of/ }).first()).toBeVisible();
  await expect(page.getByRole('button', { name: 'Switch account' })).toHaveCount(0);
});

test('the account picker is used by keyboard alone', async ({ page }) => {
  await signIn(page, pat, `/accounts/${mel.accountID}/tickets`);
  const open = page.getByRole('button', { name: 'Switch account' });
  await open.focus();
  await page.keyboard.press('Enter');
  const picker = page.getByRole('combobox', { name: 'Account' });
  await expect(picker).toBeFocused();
  await expect(page.getByRole('dialog', { name: 'Switch account' })).toContainText('The first 50 are shown');
  await page.keyboard.type(people.ines.account.slice(0, 6));
  await expect(page.getByRole('option', { name: new RegExp(people.ines.account) }).first()).toBeVisible();
  await expectNoAxeViolations(page);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(new RegExp(`/accounts/${people.ines.accountID}/`));
  await expect(page.getByText(`Filing for ${people.ines.account}`).first()).toBeVisible();
  await expect(heading(page)).toBeFocused();
  await open.click();
  await expect(picker).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(open).toBeFocused();
});

test.describe('zoomed in to 400 %', () => {
  test.use({ viewport: { width: 320, height: 256 } });
  test('the account picker has room for the account that is chosen', async ({ page }) => {
    await signIn(page, pat, `/accounts/${mel.accountID}/tickets`);
    await control(page, 'Switch account').click();
    await expect(page.getByText('The first 50 are shown')).toBeAttached();
    await page.keyboard.press('ArrowDown');
    const chosen = page.locator('[role=option][data-highlighted]');
    await expect(chosen).toBeVisible();
    await expect(chosen).toBeInViewport({ ratio: 0.99 });
  });
});

test('Back takes away the account picker together with the page that it was opened on', async ({ page }) => {
  await signIn(page, pat, `/accounts/${mel.accountID}/tickets`);
  await control(page, 'New ticket').click();
  await expect(heading(page)).toHaveText('New ticket');
  await page.getByRole('button', { name: 'Switch account' }).click();
  await expect(page.getByRole('option').first()).toBeVisible();
  await page.goBack();
  await expect(heading(page)).toHaveText('Tickets');
  await expect(heading(page)).toBeFocused();
  await expect(page.getByRole('dialog', { name: 'Switch account' })).toHaveCount(0);
});

test('Enter chooses no account that was found for an earlier text', async ({ page }) => {
  await signIn(page, pat, `/accounts/${mel.accountID}/tickets`);
  await page.getByRole('button', { name: 'Switch account' }).click();
  const picker = page.getByRole('combobox', { name: 'Account' });
  await expect(page.getByRole('option').first()).toBeVisible();
  await expect(picker).toBeFocused();
  const answer = Promise.withResolvers<void>();
  await page.route('**/api/accounts?*', async (route) => {
    await answer.promise;
    await route.continue();
  });
  await page.keyboard.type(people.ines.account);
  await page.keyboard.press('Enter');
  await expect(picker).toBeFocused();
  await expect(page.getByRole('dialog', { name: 'Switch account' })).toContainText('Searching…');
  answer.resolve();
  await expect(page.getByRole('option')).toHaveCount(1);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(new RegExp(`/accounts/${people.ines.accountID}/`));
});

test('the account picker takes no more than can be searched for', async ({ page }) => {
  await signIn(page, pat, `/accounts/${mel.accountID}/tickets`);
  await page.getByRole('button', { name: 'Switch account' }).click();
  const picker = page.getByRole('combobox', { name: 'Account' });
  await expect(picker).toBeFocused();
  await page.keyboard.insertText('a'.repeat(250));
  await expect(picker).toHaveValue('a'.repeat(200));
  await expect(page.getByRole('dialog', { name: 'Switch account' })).toContainText('No account found.');
});

test('names and titles without a space do not make the page scroll sideways', async ({ page, world }) => {
  const long = 'Wwwwwwwwww'.repeat(30);
  const contact = { email: 'ines@lantern.example' };
  world.agent.file(people.ines.accountID, { title: long, body: '<p>question</p>', contact });
  await page.route(`**/api/accounts/${people.ines.accountID}`, (route) =>
    route.fulfill({ json: { accountID: people.ines.accountID, displayName: long } }),
  );
  await signIn(page, pat, `/accounts/${people.ines.accountID}/tickets`);
  await expect(page.getByText(`Filing for ${long}`)).toBeVisible();
  for (const width of [640, 390, 320]) {
    await page.setViewportSize({ width, height: 640 });
    await page.goto('/accounts');
    const open = page.getByRole('region', { name: 'Open in your recent accounts' });
    await expect(open.getByRole('link', { name: long })).toBeVisible();
    await expectNoSidewaysScroll(page);
    await page.getByRole('searchbox').fill(`${long.slice(0, 190)}zz`);
    await expect(page.getByText(/zz”/)).toBeVisible();
    await expectNoSidewaysScroll(page);
    await page.goto(`/accounts/${people.ines.accountID}/tickets?q=${long.slice(0, 190)}zz`);
    await expect(page.getByText(/Nothing found for/)).toBeVisible();
    await expectNoSidewaysScroll(page);
  }
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  test('the form stays where it is when it is known that it is shown to staff, and they can switch the account', async ({
    page,
  }) => {
    await moovIsWell(page);
    await signIn(page, pat);
    const gate = Promise.withResolvers<void>();
    await page.route('**/api/session', async (route) => {
      await gate.promise;
      await route.continue();
    });
    await page.goto(`/accounts/${mel.accountID}/tickets/new`);
    await editorIsReady(page);
    gate.resolve();
    await expect(page.getByText('Filing for Whole Body Fitness')).toBeVisible();
    const open = page.getByRole('button', { name: 'Switch account' });
    await expect(open).toBeVisible();
    const shifts = await layoutShifts(page);
    expect(
      shifts.reduce((sum, { value }) => sum + value, 0),
      JSON.stringify(shifts),
    ).toBeLessThan(0.02);
    await open.click();
    await page.getByRole('combobox').fill(people.ines.accountID);
    await page.getByRole('option').first().click();
    await expect(page).toHaveURL(new RegExp(`/accounts/${people.ines.accountID}/tickets/new$`));
  });
});

test('an account that is not connected is not found, whoever asks', async ({ page, world }) => {
  const nowhere = '00000000-0000-4000-8000-000000000000';
  await signIn(page, pat, `/accounts/${nowhere}/tickets`);
  await expect(page.getByRole('main')).toContainText(/not found|no such/i);
  await expect(control(page, 'New ticket')).toHaveCount(0);
  expect(world.line.received.filter(({ path }) => path.startsWith(`/accounts/${nowhere}/tickets`))).toEqual([]);
});

test('what is open in the accounts where one was last stands on one page, those on hold first', async ({
  page,
  world,
}) => {
  const contact = { email: 'mel@wholebody.example' };
  const file = (title: string) => world.agent.file(mel.accountID, { title, body: '<p>question</p>', contact });
  file('Lately changed');
  const waits = file('Waits for us');
  world.agent.setStatus('Waits for us', 'on-hold');
  await signIn(page, pat, `/accounts/${mel.accountID}/tickets`);
  await expect(page.getByRole('main').getByRole('listitem').filter({ hasText: 'Waits for us' })).toBeVisible();
  await page.goto('/accounts');
  const open = page.getByRole('region', { name: 'Open in your recent accounts' });
  await expect(open.getByText(mel.account)).toBeVisible();
  await expect(open.getByRole('link').first()).toHaveText('Waits for us');
  await expectNoAxeViolations(page);
  await open.getByRole('link', { name: 'Waits for us' }).click();
  await expect(page).toHaveURL(new RegExp(`${waits.ticketID}$`));
});

test('an open ticket with a similar title is offered before filing, and stands in nobody’s way', async ({
  page,
  world,
}) => {
  const contact = { email: 'mel@wholebody.example' };
  world.agent.file(mel.accountID, { title: 'Terminal prints blank receipts', body: '<p>question</p>', contact });
  await signIn(page, pat, `/accounts/${mel.accountID}/tickets/new`);
  await editorIsReady(page);
  await field.title(page).fill('Blank receipts from the terminal');
  const offer = page.getByRole('complementary', { name: 'Is it one of these?' });
  await expect(offer.getByRole('link', { name: /Terminal prints blank receipts/ })).toBeVisible();
  await expectNoAxeViolations(page);
  await field.message(page).fill('It is another one.');
  await field.email(page).fill(contact.email);
  await submitButton(page).click();
  await expectFiled(page, 'Blank receipts from the terminal');
});
