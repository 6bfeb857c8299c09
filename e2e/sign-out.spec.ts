import {
  control,
  editorIsReady,
  expectFiled,
  expectSaved,
  expectSignedOut,
  field,
  fillIn,
  heading,
  people,
  signInByClicking as signIn,
  signInName,
  submitButton,
  submitNew,
  ticketAddress,
} from './support/pages.ts';
import { expect, test } from './support/world.ts';

const { mel, pat } = people;

test('after signing out the pages are closed, Back included, and the old cookie opens nothing', async ({
  page,
  context,
  request,
  world,
}) => {
  await signIn(page, mel);
  const session = (await context.cookies()).find(({ name }) => name === '__Host-Http-session');
  expect(session).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Strict', path: '/' });
  const cookie = `__Host-Http-session=${session?.value}`;
  expect((await request.get('/api/session', { headers: { cookie } })).status(), 'before').toBe(200);

  await control(page, 'Sign out').click();
  await expectSignedOut(page);
  expect((await request.get('/api/session', { headers: { cookie } })).status(), 'ended in the database').toBe(401);
  await page.goto(`${world.origin}/accounts/${mel.accountID}/tickets`);
  await expect(control(page, signInName)).toBeVisible();
  await page.goBack();
  await expect(page.getByText('Mel Roberts')).toHaveCount(0);
});

test('signing out ends the session at the provider too: signing in asks again who it is', async ({ page }) => {
  await signIn(page, mel);
  await control(page, 'Sign out').click();
  await expectSignedOut(page);
  await control(page, signInName).click();
  await expect(page.getByRole('button', { name: new RegExp(mel.name) })).toBeVisible();
});

test('whoever is signed in again is not told by the page before that they have signed out', async ({ page }) => {
  await signIn(page, mel);
  await control(page, 'Sign out').click();
  await expectSignedOut(page);
  const signedOut = page.url();
  await signIn(page, mel);
  await page.goto(signedOut);
  await expect(page).toHaveURL(new RegExp(`/accounts/${mel.accountID}/tickets$`));
});

test('that a ticket has been filed is told to whoever filed it, and not to the next person who goes back to it', async ({
  page,
  context,
}) => {
  await signIn(page, pat);
  await submitNew(page, mel.accountID, { title: 'Filed before Mel came', message: 'x', email: 'pat@harbor.example' });
  await expectFiled(page, 'Filed before Mel came');
  await expect(page).toHaveURL(ticketAddress, { timeout: 30_000 });
  const ticket = page.url();
  await page.reload();
  await expect(page.getByText(/^Ticket #\d+ has been filed$/)).toBeVisible();
  await control(page, 'Sign out').click();
  await expectSignedOut(page);
  await signIn(await context.newPage(), mel);
  await page.goBack();
  await expect(page).toHaveURL(ticket);
  await expect(heading(page)).toContainText('Filed before Mel came');
  await expect(page.getByText(/has been filed/)).toHaveCount(0);
});

test('signing out in one tab closes the other', async ({ page, context }) => {
  await signIn(page, mel, `/accounts/${mel.accountID}/tickets/new`);
  await expect(field.title(page)).toBeVisible();
  const other = await context.newPage();
  await other.goto('/');
  await control(other, 'Sign out').click();
  await expect(control(other, signInName)).toBeVisible();
  await page.reload();
  await expect(control(page, signInName)).toBeVisible();
});

test('a list that is open in another tab stops showing tickets by itself', async ({ page, context }) => {
  const news = page.waitForRequest(/\/api\/events/);
  await signIn(page, mel, `/accounts/${mel.accountID}/tickets`);
  await news;
  const other = await context.newPage();
  await other.goto('/');
  await control(other, 'Sign out').click();
  await expect(control(other, signInName)).toBeVisible();
  // The page hears of nothing but the end of its stream: sooner than its session would be looked at again.
  await expect(control(page, signInName)).toBeVisible({ timeout: 10_000 });
});

test('whoever stays signed in after all goes on by keyboard from the button that asked', async ({ page }) => {
  await signIn(page, mel, `/accounts/${mel.accountID}/tickets/new`);
  await fillIn(page, { title: 'Not to be deleted yet' });
  await expectSaved(page, 'Not to be deleted yet');
  await control(page, 'Sign out').focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').getByRole('button', { name: 'Stay signed in' }).press('Enter');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(control(page, 'Sign out')).toBeFocused();
});

test('the page that says that a session is over has the focus, where it took the place of what had it', async ({
  page,
  context,
}) => {
  const news = page.waitForRequest(/\/api\/events/);
  await signIn(page, mel, `/accounts/${mel.accountID}/tickets`);
  await news;
  await page.getByRole('searchbox').focus();
  const other = await context.newPage();
  await other.goto('/');
  await control(other, 'Sign out').click();
  await expectSignedOut(other);
  await expect(heading(page)).toHaveText('You are signed out');
  await expect(heading(page)).toBeFocused();
});

test('a page that is open for one person does nothing in the name of another who has signed in in another tab', async ({
  page,
  context,
  world,
}) => {
  const title = 'Written by Mel, and by nobody else';
  const address = `/accounts/${mel.accountID}/tickets/new`;
  await signIn(page, mel, address);
  await fillIn(page, { title, message: 'Mel presses the button.', email: 'mel@wholebody.example' });
  await expectSaved(page, title);
  await context.clearCookies();
  const other = await context.newPage();
  await signIn(other, people.pat);
  // Both windows are in sight: nothing has told the first one.
  await submitButton(page).click();
  await expect(page.getByText('Somebody else has signed in')).toBeVisible();
  await expect(field.title(page)).toHaveValue(title);
  expect(await world.ticketsTitled(mel.accountID, title)).toEqual([]);
});

test('a form for an account that the next person may not see gives way when they sign in in another tab', async ({
  page,
  context,
}) => {
  await signIn(page, mel, `/accounts/${mel.accountID}/tickets/new`);
  await editorIsReady(page);
  const other = await context.newPage();
  await other.goto('/');
  await control(other, 'Sign out').click();
  await expectSignedOut(other);
  await expect(page.getByRole('alert').filter({ hasText: 'You are signed out' })).toBeVisible();
  await fillIn(page, { title: 'Written signed out' });
  await signIn(other, people.ines);
  await page.bringToFront();
  await expect(heading(page)).toHaveText('Page not found');
  await expect(page.getByText('Written signed out')).toHaveCount(0);
});

for (const { device, refuse } of [
  {
    device: 'refuses to keep anything',
    refuse: () => {
      IDBFactory.prototype.open = () => {
        throw new DOMException('not here', 'SecurityError');
      };
    },
  },
  {
    device: 'never answers',
    refuse: () => {
      Reflect.set(IDBFactory.prototype, 'open', () => ({}));
    },
  },
])
  test(`signing out asks before it deletes a text that the tab alone has, on a device that ${device}`, async ({
    page,
  }) => {
    await page.addInitScript(refuse);
    await signIn(page, mel, `/accounts/${mel.accountID}/tickets/new`);
    await editorIsReady(page);
    await fillIn(page, { title: 'Nowhere but here', message: 'Not to be deleted unasked.' });
    await control(page, 'Sign out').click();
    const dialog = page.getByRole('dialog', { name: 'You have 1 unsent draft' });
    await dialog.getByRole('button', { name: 'Stay signed in' }).click();
    await expect(field.title(page)).toHaveValue('Nowhere but here');
    await control(page, 'All tickets').click();
    await control(page, 'Sign out').click();
    await dialog.getByRole('button', { name: 'Delete and sign out' }).click();
    await expectSignedOut(page);
  });
