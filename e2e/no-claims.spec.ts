import { chooseAtIssuer, control, expectNoAxeViolations, people, signInName } from './support/pages.ts';
import { expect, test } from './support/world.ts';

test('someone without usable claims signs in to a page that says so and whom to ask, and can sign out', async ({
  page,
  world,
}) => {
  // Without the looks for tickets that another test may have left waiting.
  const readings = () =>
    world.line.received.filter(({ method, path }) => method === 'GET' && !path.includes('foreignID=')).length;
  const before = readings();
  await page.goto('/');
  await control(page, signInName).click();
  await chooseAtIssuer(page, people.robin.name);
  await expect(control(page, 'Sign out')).toBeVisible();
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page.getByRole('main')).toContainText(/account/i);
  await expect(control(page, 'New ticket')).toHaveCount(0);
  await expectNoAxeViolations(page);
  await page.goto(`/accounts/${people.mel.accountID}/tickets`);
  await expect(page.getByText('Whole Body Fitness')).toHaveCount(0);
  expect(readings(), 'nothing went upstream').toBe(before);
  await control(page, 'Sign out').click();
  await expect(control(page, signInName)).toBeVisible();
});
