import type { Page } from '@playwright/test';
import { call } from '../src/contract/paths.ts';
import { expectNoAxeViolations, people, signIn } from './support/pages.ts';
import { expect, test } from './support/world.ts';

const { mel } = people;
const list = `/accounts/${mel.accountID}/tickets`;
const contact = { email: 'mel@wholebody.example' };

test('news of a ticket nobody is looking at show in the title, the tab’s icon and the list, until it is opened', async ({
  page,
  world,
}) => {
  const ticket = world.agent.file(mel.accountID, { title: 'Soon answered', body: '<p>question</p>', contact });
  world.agent.file(mel.accountID, { title: 'Soon closed', body: '<p>question</p>', contact });
  await signIn(page, mel, list);
  const rows = page.getByRole('main').getByRole('listitem');
  await expect(rows.filter({ hasText: 'Soon answered' })).toBeVisible();
  await expect(page).toHaveTitle(/^Tickets/);
  const icon = page.locator('link[rel="icon"]');
  await expect(icon).toHaveAttribute('href', '/favicon.svg');

  world.agent.answer('Soon answered', 'Agent Lee', '<p>Here is the answer.</p>');
  await expect(page).toHaveTitle(/^\(1\) Tickets/);
  await expect(icon).toHaveAttribute('href', '/favicon-unread.svg');
  expect((await page.request.get('/favicon-unread.svg')).ok()).toBe(true);
  await expect(rows.filter({ hasText: 'Soon answered' })).toContainText('Unread');
  await expect(page.getByRole('status').filter({ hasText: 'Soon answered' })).toBeAttached();
  await expectNoAxeViolations(page);

  world.agent.setStatus('Soon closed', 'closed');
  await expect(page).toHaveTitle(/^\(2\) Tickets/);

  await page.goto(`${list}/${ticket.ticketID}`);
  await expect(page.getByRole('main').getByText('Here is the answer.')).toBeVisible();
  await expect(page).toHaveTitle(/^#\d+ Soon answered/);
});

test('the end of a session takes away what the page had told of tickets, for eyes and ears', async ({
  page,
  world,
}) => {
  world.agent.file(mel.accountID, { title: 'Answered in private', body: '<p>question</p>', contact });
  await signIn(page, mel, list);
  await expect(page.getByRole('listitem').filter({ hasText: 'Answered in private' })).toBeVisible();
  world.agent.answer('Answered in private', 'Agent Lee', '<p>Here is the answer.</p>');
  await expect(page).toHaveTitle(/^\(1\) Tickets/);
  expect((await page.request.post(call.logout(), { headers: { origin: world.origin } })).ok()).toBe(true);
  await expect(page.getByRole('heading', { name: 'You are signed out' })).toBeVisible({ timeout: 10_000 });
  await expect(page).toHaveTitle(/^You are signed out/);
  await expect(page.getByText('Answered in private')).toHaveCount(0);
});

test('opening a ticket with news from the list marks it as read', async ({ page, world }) => {
  world.agent.file(mel.accountID, { title: 'Read at once', body: '<p>question</p>', contact });
  await signIn(page, mel, list);
  const row = page.getByRole('main').getByRole('listitem').filter({ hasText: 'Read at once' });
  await expect(row).toBeVisible();
  world.agent.answer('Read at once', 'Agent Lee', '<p>Look here.</p>');
  await expect(page).toHaveTitle(/^\(1\) /);
  await row.getByRole('link').click();
  await expect(page.getByRole('main').getByText('Look here.')).toBeVisible();
  await expect(page).toHaveTitle(/^#\d+ Read at once/);
  await expect(page.locator('link[rel="icon"]')).toHaveAttribute('href', '/favicon.svg');
  await page.goBack();
  await expect(row).toBeVisible();
  await expect(page).toHaveTitle(/^Tickets/);
});

test('however many tabs are open out of sight, the next one opens, and one that had to rest tells its news when it is looked at', async ({
  page,
  world,
}) => {
  // A browser opens six connections to an address without HTTP/2; each tab that follows the news keeps one.
  test.setTimeout(60_000);
  world.agent.file(mel.accountID, { title: 'Answered out of sight', body: '<p>question</p>', contact });
  await signIn(page, mel, list);
  const outOfSight: Page[] = [];
  for (let tabs = 0; tabs < 6; tabs += 1) {
    const tab = await page.context().newPage();
    await tab.addInitScript(() => {
      const seen = { state: 'hidden' };
      Object.defineProperty(document, 'visibilityState', { get: () => seen.state });
      addEventListener('seen-by-the-test', () => {
        seen.state = 'visible';
        document.dispatchEvent(new Event('visibilitychange'));
      });
    });
    await tab.goto(list);
    await expect(tab.getByRole('listitem').filter({ hasText: 'Answered out of sight' })).toBeVisible();
    outOfSight.push(tab);
  }
  const next = await page.context().newPage();
  await next.goto(list);
  await expect(next.getByRole('listitem').filter({ hasText: 'Answered out of sight' })).toBeVisible();

  world.agent.answer('Answered out of sight', 'Agent Lee', '<p>Here is the answer.</p>');
  await expect(next).toHaveTitle(/^\(1\) Tickets/);
  const titles = () => Promise.all(outOfSight.map((tab) => tab.title()));
  await expect.poll(async () => (await titles()).filter((title) => title.startsWith('(1) ')).length).toBe(3);
  for (const tab of outOfSight) {
    await tab.evaluate(() => dispatchEvent(new Event('seen-by-the-test')));
    await expect(tab).toHaveTitle(/^\(1\) Tickets/);
    await tab.close();
  }
  await next.close();
});
