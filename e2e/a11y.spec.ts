import type { Locator } from '@playwright/test';
import {
  control,
  editorIsReady,
  expectFiled,
  expectNoAxeViolations,
  expectNoSidewaysScroll,
  field,
  fillIn,
  heading,
  openMoreDetails,
  people,
  signIn,
  signInName,
  submitButton,
} from './support/pages.ts';
import { expect, test } from './support/world.ts';

const { mel, pat } = people;

// axe on states that need a journey to get there (errors, the waiting submission, dialogs) stands in those journeys.
for (const width of [1280, 390])
  test.describe(`${width} px wide, light and dark`, () => {
    test.use({ viewport: { width, height: 844 } });

    test('signed out: nothing for axe to find, nothing sticks out', async ({ page }) => {
      await page.goto('/');
      await expect(control(page, signInName)).toBeVisible();
      await expectNoAxeViolations(page);
      await expectNoSidewaysScroll(page);
    });

    for (const [name, path, ready] of [
      ['the list', `/accounts/${mel.accountID}/tickets`, 'Tickets'],
      ['a page that does not exist', '/nowhere', 'Page not found'],
    ] as const)
      test(`${name}: nothing for axe to find, nothing sticks out`, async ({ page }) => {
        await signIn(page, mel);
        await page.goto(path);
        await expect(heading(page)).toContainText(ready);
        await expectNoAxeViolations(page);
        await expectNoSidewaysScroll(page);
      });

    test('the form, empty and filled, details open: nothing for axe to find, nothing sticks out', async ({ page }) => {
      await signIn(page, mel, `/accounts/${mel.accountID}/tickets/new`);
      await editorIsReady(page);
      await expectNoAxeViolations(page);
      await openMoreDetails(page);
      await field.title(page).fill('A title');
      await field.message(page).fill('A message');
      await expectNoAxeViolations(page);
      await expectNoSidewaysScroll(page);
    });

    test('a ticket with its conversation: nothing for axe to find, nothing sticks out', async ({ page, world }) => {
      const ticket = (await world.tickets(mel.accountID)).at(-1);
      await signIn(page, mel, `/accounts/${mel.accountID}/tickets/${ticket?.ticketID}`);
      await expect(page.getByRole('article').first()).toBeVisible();
      await expectNoAxeViolations(page);
      await expectNoSidewaysScroll(page);
    });

    test('the accounts of partner staff: nothing for axe to find, nothing sticks out', async ({ page }) => {
      await signIn(page, pat, '/accounts');
      await expect(heading(page)).toContainText('Accounts');
      await expect(
        page
          .getByRole('main')
          .getByRole('link', { name: /^New ticket for/ })
          .first(),
      ).toBeVisible();
      await expectNoAxeViolations(page);
      await expectNoSidewaysScroll(page);
    });
  });

test('at 200 % zoom the form can be used without scrolling sideways', async ({ page }) => {
  // Zoom to 200 % at 1280 px is a viewport of 640 px.
  await page.setViewportSize({ width: 640, height: 400 });
  await signIn(page, mel, `/accounts/${mel.accountID}/tickets/new`);
  await editorIsReady(page);
  await expectNoSidewaysScroll(page);
  await field.email(page).scrollIntoViewIfNeeded();
  await expect(field.email(page)).toBeInViewport();
});

test('however long an email address is, the page of a ticket just filed does not scroll sideways on a telephone', async ({
  page,
}) => {
  await page.setViewportSize({ width: 320, height: 640 });
  await signIn(page, mel, `/accounts/${mel.accountID}/tickets/new`);
  await editorIsReady(page);
  await fillIn(page, {
    title: 'A long way',
    message: 'x',
    email: `${'accounts-receivable'.repeat(3)}@wholebody.example`,
  });
  await submitButton(page).click();
  await expectFiled(page, 'A long way');
  await expect(page.getByText('Answers will arrive by email')).toBeVisible();
  await expectNoSidewaysScroll(page);
});

test('everything that can be clicked is at least 24 px in both directions', async ({ page }) => {
  await signIn(page, mel, `/accounts/${mel.accountID}/tickets/new`);
  await editorIsReady(page);
  const small = await page.getByRole('button').evaluateAll((buttons) =>
    buttons
      .filter((button) => button.checkVisibility())
      .map((button) => ({ name: button.textContent, box: button.getBoundingClientRect() }))
      .filter(({ box }) => box.width > 1 && (box.width < 24 || box.height < 24))
      .map(({ name, box }) => `${name}: ${box.width} × ${box.height}`),
  );
  expect(small).toEqual([]);
});

test.describe('on a touch screen', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test('what is pressed is as high as a fingertip', async ({ page, world }) => {
    const low = async () =>
      page
        .getByRole('button')
        .or(page.getByRole('link', { name: /^(New ticket|All tickets)$/ }))
        .evaluateAll((all) =>
          all
            .filter((one) => one.checkVisibility())
            .map((one) => ({ name: one.ariaLabel ?? one.textContent, height: one.getBoundingClientRect().height }))
            .filter(({ height }) => height < 44),
        );
    await signIn(page, mel, `/accounts/${mel.accountID}/tickets/new`);
    await editorIsReady(page);
    expect(await low()).toEqual([]);
    const ticket = (await world.tickets(mel.accountID)).at(-1);
    await page.goto(`/accounts/${mel.accountID}/tickets/${ticket?.ticketID}`);
    await expect(page.getByRole('article').first()).toBeVisible();
    expect(await low()).toEqual([]);
    await page.goto(`/accounts/${mel.accountID}/tickets`);
    const closed = page.getByRole('navigation', { name: 'Status' }).getByRole('link', { name: 'Closed' });
    await expect(control(page, 'New ticket')).toBeVisible();
    expect(await low()).toEqual([]);
    const box = await closed.boundingBox();
    if (box === null) throw new Error('there is no filter');
    await page.touchscreen.tap(box.x + box.width / 2, box.y + box.height / 2 - 21);
    await expect(page).toHaveURL(/status=closed/);
  });

  test('a message shows its moment, which cannot be had by hovering', async ({ page, world }) => {
    const contact = { email: 'mel@example.com' };
    const { ticketID, createdOn } = world.agent.file(mel.accountID, {
      title: 'In the hand',
      body: '<p>x</p>',
      contact,
    });
    await signIn(page, mel, `/accounts/${mel.accountID}/tickets/${ticketID}`);
    const time = page.getByRole('main').getByRole('listitem').locator('time');
    expect(await time.evaluate((one) => getComputedStyle(one, '::after').content)).toContain(
      String(new Date(createdOn).getFullYear()),
    );
  });
});

test('going from page to page moves the focus to the heading and names the tab', async ({ page }) => {
  await signIn(page, mel, `/accounts/${mel.accountID}/tickets`);
  await control(page, 'New ticket').click();
  await expect(field.title(page)).toBeVisible();
  await expect(page).toHaveTitle(/ticket/i);
  await expect(page.locator(':focus')).toHaveCount(1);
  await page.goBack();
  await expect(heading(page)).toContainText('Tickets');
  await expect(heading(page)).toBeFocused();
});

test('in forced colours the filter that is on and the formatting that is on stand out', async ({ page }) => {
  await page.emulateMedia({ forcedColors: 'active' });
  await signIn(page, mel, `/accounts/${mel.accountID}/tickets`);
  const looks = (element: Locator) =>
    element.evaluate((one) => {
      const { backgroundColor, forcedColorAdjust } = getComputedStyle(one);
      const probe = document.createElement('i');
      probe.style.backgroundColor = 'Highlight';
      document.body.append(probe);
      const highlight = getComputedStyle(probe).backgroundColor;
      probe.remove();
      return forcedColorAdjust === 'none' && backgroundColor === highlight ? 'highlighted' : 'like the others';
    });
  const filter = page.getByRole('navigation', { name: 'Status' }).getByRole('link');
  await expect(filter.first()).toHaveAttribute('aria-current', 'true');
  expect(await looks(filter.first())).toBe('highlighted');
  expect(await looks(filter.nth(1))).toBe('like the others');
  await page.goto(`/accounts/${mel.accountID}/tickets/new`);
  await editorIsReady(page);
  const bold = page.getByRole('button', { name: /^Bold/ });
  await bold.click();
  await expect(bold).toHaveAttribute('aria-pressed', 'true');
  // It changes its colour by and by.
  await expect.poll(() => looks(bold)).toBe('highlighted');
  expect(await looks(page.getByRole('button', { name: /^Italic/ }))).toBe('like the others');
});
