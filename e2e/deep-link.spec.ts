import { chooseAtIssuer, control, field, heading, people, signInName } from './support/pages.ts';
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
