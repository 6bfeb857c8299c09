import { chooseAtIssuer, control, expectNoAxeViolations, field, heading, people, signInName } from './support/pages.ts';
import { expect, test } from './support/world.ts';

const { mel } = people;

test('whoever cancels at the sign-in service is told so, with a reference, and gets to the page they wanted after all', async ({
  page,
}) => {
  const link = `/accounts/${mel.accountID}/tickets/new?title=R%26D+terminal+offline`;
  await page.goto(link);
  await control(page, signInName).click();
  await control(page, 'Cancel').click();
  await expect(page).toHaveURL(/\/sign-in-failed\?/);
  await expect(heading(page)).toHaveText('You are not signed in');
  await expect(page.getByRole('main')).toContainText('you cancelled');
  const reference = new URL(page.url()).searchParams.get('reference') ?? '';
  expect(reference).not.toBe('');
  await expect(page.getByRole('main')).toContainText(reference);
  await expectNoAxeViolations(page);
  await control(page, signInName).click();
  await chooseAtIssuer(page, mel.name);
  await expect(page).toHaveURL(new RegExp(`/accounts/${mel.accountID}/tickets/new`));
  await expect(field.title(page)).toHaveValue('R&D terminal offline');
});

test('a sign-in that comes back late or from elsewhere leads to a page that says so, and shows nothing of the address', async ({
  page,
}) => {
  await page.goto(
    '/auth/callback?state=unknown&error=%3Cimg%20src=x%20onerror=alert(1)%3E&error_description=Pay%20here',
  );
  await expect(page.getByRole('main')).toContainText('begun in another browser or window');
  await expect(page.getByRole('main')).not.toContainText('Pay here');
  await page.goto('/sign-in-failed?kind=Call+this+number&reference=call+555+0100&returnTo=https://evil.example/');
  await expect(heading(page)).toHaveText('You are not signed in');
  await expect(page.getByRole('main')).not.toContainText('Call this number');
  await expect(page.getByRole('main')).not.toContainText('555');
  await control(page, signInName).click();
  await chooseAtIssuer(page, mel.name);
  await expect(page).toHaveURL((url) => url.pathname === `/accounts/${mel.accountID}/tickets`);
});
