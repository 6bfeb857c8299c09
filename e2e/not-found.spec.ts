import type { Page } from '@playwright/test';
import { control, expectNoAxeViolations, heading, people, signIn } from './support/pages.ts';
import { expect, test } from './support/world.ts';

const nowhere = '00000000-0000-4000-8000-000000000000';

/** The text of the page for an account, ids and request ids taken out. */
async function textFor(page: Page, accountID: string) {
  await page.goto(`/accounts/${accountID}/tickets`);
  await expect(page.getByRole('main')).toContainText(/not found|does not exist|no such|cannot find/i);
  await expect(control(page, 'New ticket')).toHaveCount(0);
  return ((await page.getByRole('main').textContent()) ?? '').replaceAll(/[0-9a-f-]{20,}|[0-9A-Za-z_-]{16,}/g, '…');
}

test('a merchant sees the same for another merchant’s account as for one that does not exist, and nothing is asked upstream', async ({
  page,
  world,
}) => {
  await signIn(page, people.mel);
  await expect(heading(page)).toBeVisible();
  const before = world.line.received.length;
  const foreign = await textFor(page, people.ines.accountID);
  await expectNoAxeViolations(page);
  expect(foreign).not.toContain(people.ines.account);
  expect(await textFor(page, nowhere)).toBe(foreign);
  const asked = world.line.received.slice(before).map(({ path }) => path);
  expect(asked.filter((path) => path.includes(people.ines.accountID) || path.includes(nowhere))).toEqual([]);
});

test('a page that does not exist says so and leads home', async ({ page }) => {
  await signIn(page, people.mel);
  await page.goto('/no/such/page');
  await expect(heading(page)).toBeVisible();
  await expect(page.getByRole('main')).toContainText(/not found|does not exist|no page|cannot find/i);
  await expectNoAxeViolations(page);
  await page.setViewportSize({ width: 390, height: 700 });
  const middles = await Promise.all(
    [page.getByRole('banner').getByRole('link'), control(page, 'Sign out')].map(async (each) => {
      const box = await each.boundingBox();
      return box === null ? Number.NaN : box.y + box.height / 2;
    }),
  );
  expect(middles[1], 'Sign out stands beside the name of the portal').toBeCloseTo(middles[0] ?? 0, 0);
  await page.getByRole('main').getByRole('link').first().click();
  await expect(control(page, 'New ticket')).toBeVisible();
});

test('a ticket that does not exist says so, and keeps the way to the list', async ({ page }) => {
  await signIn(page, people.mel);
  await page.goto(`/accounts/${people.mel.accountID}/tickets/${nowhere}`);
  await expect(page.getByRole('main')).toContainText(/not found|does not exist|no such|cannot find/i);
  await expect(page.getByRole('main').getByRole('link').first()).toBeVisible();
});
