import {
  chooseAtIssuer,
  control,
  editorIsReady,
  field,
  heading,
  layoutShifts,
  moovIsWell,
  people,
  signIn,
  signInName,
} from './support/pages.ts';
import { expect, test } from './support/world.ts';

const { mel } = people;

test('someone signed out who opens a link to the form comes back to it after signing in, prefill intact', async ({
  page,
}) => {
  const link = `/accounts/${mel.accountID}/tickets/new?title=Terminal+offline&foreignID=T-9`;
  await page.goto(link);
  await control(page, signInName).click();
  await chooseAtIssuer(page, mel.name);
  await expect(field.title(page)).toHaveValue('Terminal offline');
  await expect(field.reference(page)).toHaveValue('T-9');
  await expect(page).toHaveURL(new RegExp(`${link.replace(/[?+]/g, '.')}|${link.split('?')[0]}`));
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  test('what a link fills in and says does not push the form away from whoever types into it', async ({ page }) => {
    await moovIsWell(page);
    await signIn(page, mel);
    const gate = Promise.withResolvers<void>();
    await page.route('**/api/session', async (route) => {
      await gate.promise;
      await route.continue();
    });
    await page.goto(
      `/accounts/${mel.accountID}/tickets/new?title=Terminal+offline&foreignID=T-9&email=mel%40gym.example`,
    );
    await editorIsReady(page);
    gate.resolve();
    await expect(field.title(page)).toHaveValue('Terminal offline');
    await expect(field.email(page)).toHaveValue('mel@gym.example');
    await expect(page.getByText('Some fields were filled in by a link')).toBeVisible();
    const shifts = await layoutShifts(page);
    expect(
      shifts.reduce((sum, { value }) => sum + value, 0),
      JSON.stringify(shifts),
    ).toBeLessThan(0.02);
  });
});

test('what someone signed out types into the form before it is known that they are is there after signing in', async ({
  page,
}) => {
  const react = Promise.withResolvers<void>();
  const program = Promise.withResolvers<void>();
  await page.route(/\/assets\/(?!early)[^?]*\.js/, async (route) => {
    await (/\/form-/.test(route.request().url()) ? program : react).promise;
    await route.continue();
  });
  const known = page.waitForResponse('**/api/session');
  await page.goto(`/accounts/${mel.accountID}/tickets/new`, { waitUntil: 'commit' });
  await field.title(page).pressSequentially('Typed early');
  await field.message(page).click();
  await page.keyboard.type('Into the HTML.');
  react.resolve();
  expect((await known).status()).toBe(401);
  program.resolve();
  await control(page, signInName).click();
  await chooseAtIssuer(page, mel.name);
  await expect(field.title(page)).toHaveValue('Typed early');
  await expect(field.message(page)).toHaveText('Into the HTML.');
});

test('someone signed out who opens a link to a ticket comes back to that ticket', async ({ page, world }) => {
  const ticket = (await world.tickets(mel.accountID))[0];
  if (ticket === undefined) throw new Error('the sandbox has no seeded ticket for Mel');
  await page.goto(`/accounts/${mel.accountID}/tickets/${ticket.ticketID}`);
  await control(page, signInName).click();
  await chooseAtIssuer(page, mel.name);
  await expect(heading(page)).toContainText(ticket.title);
  await expect(page).toHaveURL(new RegExp(`${ticket.ticketID}$`));
});

test('an address that is cut short after the account leads to the account’s tickets', async ({ page }) => {
  await page.goto(`/accounts/${mel.accountID}`);
  await control(page, signInName).click();
  await chooseAtIssuer(page, mel.name);
  await expect(heading(page)).toHaveText('Tickets');
  await expect(page).toHaveURL(new RegExp(`/accounts/${mel.accountID}/tickets$`));
});

for (const returnTo of ['https://evil.example/', '//evil.example', '/\\evil.example', 'javascript:alert(1)'])
  test(`a sign-in link that wants to lead to ${returnTo} stays inside the portal`, async ({ page, world }) => {
    await page.goto(`/auth/login?returnTo=${encodeURIComponent(returnTo)}`);
    if (new URL(page.url()).origin !== world.origin) await chooseAtIssuer(page, mel.name);
    await expect(page).toHaveURL((url) => url.origin === world.origin);
    await expect(heading(page)).toBeVisible();
  });
