import type { Locator } from '@playwright/test';
import {
  control,
  editorIsReady,
  expectFiled,
  expectKeptForLater,
  expectNoAxeViolations,
  field,
  fillIn,
  heading,
  layoutShifts,
  moovIsWell,
  people,
  signIn,
  submitButton,
  submitNew,
  ticketAddress,
} from './support/pages.ts';
import { expect, test } from './support/world.ts';

const { mel } = people;
const list = `/accounts/${mel.accountID}/tickets`;
const contact = { email: 'mel@wholebody.example', name: 'Mel' };

test('the list shows the newest first, open ones before closed ones, and a link opens the ticket', async ({
  page,
  world,
}) => {
  const first = world.agent.file(mel.accountID, { title: 'Filed first', body: '<p>1</p>', contact });
  world.agent.file(mel.accountID, { title: 'Filed second', body: '<p>2</p>', contact });
  world.agent.file(mel.accountID, { title: 'Filed third, closed', body: '<p>3</p>', contact });
  world.agent.setStatus('Filed third, closed', 'closed');
  await signIn(page, mel, list);
  const titles = page.getByRole('main').getByRole('listitem').getByRole('link');
  await expect(titles.first()).toBeVisible();
  const order = await titles.allTextContents();
  const place = (title: string) => order.findIndex((text) => text.includes(title));
  expect(place('Filed second')).toBeGreaterThanOrEqual(0);
  expect(place('Filed second')).toBeLessThan(place('Filed first'));
  expect(place('Filed third, closed')).toBeGreaterThan(place('Filed first'));
  await page.getByRole('link', { name: 'Filed first', exact: true }).click();
  await expect(page).toHaveURL(new RegExp(`${first.ticketID}$`));
  await expect(heading(page)).toContainText('Filed first');
  await expect(heading(page)).toBeFocused();
  await expect(page.getByText(`#${first.number}`).first()).toBeVisible();
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  test('nothing that is seen jumps when the tickets come', async ({ page }) => {
    await moovIsWell(page);
    await signIn(page, mel);
    const gate = Promise.withResolvers<void>();
    await page.route(/^[^?]*\/api\/accounts\/[^/]+\/tickets\?/, async (route) => {
      await gate.promise;
      await route.continue();
    });
    await page.goto(list);
    await expect(page.getByText('Loading the tickets…')).toBeAttached();
    gate.resolve();
    await expect(page.getByRole('main').getByRole('listitem').first()).toBeVisible();
    expect(await layoutShifts(page)).toEqual([]);
  });

  test('nothing that is seen jumps when the messages of a ticket come', async ({ page, world }) => {
    const { ticketID } = world.agent.file(mel.accountID, {
      title: 'Read on a phone',
      body: '<p>Line</p>'.repeat(20),
      contact,
    });
    await moovIsWell(page);
    await signIn(page, mel);
    const gate = Promise.withResolvers<void>();
    await page.route('**/messages', async (route) => {
      await gate.promise;
      await route.continue();
    });
    await page.goto(`${list}/${ticketID}`);
    await expect(heading(page)).toContainText('Read on a phone');
    gate.resolve();
    await expect(page.getByText('Line').first()).toBeVisible();
    await expect(control(page, 'Close ticket')).toBeVisible();
    expect(await layoutShifts(page)).toEqual([]);
  });

  test('a ticket whose messages do not come can be closed all the same', async ({ page, world }) => {
    const { ticketID } = world.agent.file(mel.accountID, { title: 'Slow to read', body: '<p>Line</p>', contact });
    await signIn(page, mel);
    await page.route('**/messages', () => undefined);
    await page.goto(`${list}/${ticketID}`);
    await expect(page.getByText('Loading the conversation…')).toBeAttached();
    await expect(control(page, 'Copy address')).toBeVisible({ timeout: 10_000 });
    await control(page, 'Close ticket').click();
    await control(page.getByRole('dialog'), 'Close ticket').click();
    await expect(control(page, 'File a follow-up')).toBeVisible();
  });
});

test('the status filter and the search are kept in the address, over reload and Back', async ({ page, world }) => {
  const held = world.agent.file(mel.accountID, {
    title: 'Card reader on hold',
    body: '<p>x</p>',
    contact,
    foreignID: 'reader-55',
  });
  world.agent.setStatus('Card reader on hold', 'on-hold');
  world.agent.file(mel.accountID, { title: 'Brand new question', body: '<p>x</p>', contact });
  await signIn(page, mel, list);
  const named = (title: string) => page.getByRole('main').getByRole('link', { name: title, exact: true });
  await expect(named('Brand new question')).toBeVisible();
  await page.getByRole('navigation', { name: 'Status' }).getByRole('link', { name: 'On hold' }).click();
  await expect(page).toHaveURL(/status=on-hold/);
  await expect(named('Card reader on hold')).toBeVisible();
  await expect(named('Brand new question')).toHaveCount(0);
  await page.reload();
  await expect(named('Card reader on hold')).toBeVisible();
  await page.goBack();
  await expect(named('Brand new question')).toBeVisible();

  const search = page.getByRole('searchbox', { name: 'Search tickets' });
  for (const words of [String(held.number), 'reader-55', 'reader card']) {
    await search.fill(words);
    await expect(page).toHaveURL(/q=/);
    await expect(named('Card reader on hold')).toBeVisible();
    await expect(named('Brand new question')).toHaveCount(0);
  }
  await expect(page.getByRole('status').filter({ hasText: /Searched/ })).toBeVisible();
  await search.fill('no such words anywhere');
  await expect(page.getByRole('main')).toContainText('Nothing found');
  await expectNoAxeViolations(page);

  await search.fill('brand new');
  await expect(named('Brand new question')).toBeVisible();
  await page.getByRole('link', { name: 'On hold', exact: true }).click();
  await expect(page.getByText('Nothing found for “brand new” with the status “On hold”')).toBeVisible();
  await page.getByRole('link', { name: 'Search in every status' }).click();
  await expect(named('Brand new question')).toBeVisible();
});

test('a search for any signs finds what holds them, and they stay in the box', async ({ page, world }) => {
  world.agent.file(mel.accountID, { title: 'Charged 2.9%fee & 30%20off+', body: '<p>x</p>', contact });
  await signIn(page, mel, list);
  const search = page.getByRole('searchbox', { name: 'Search tickets' });
  await search.fill('2.9%fee & 30%20off+');
  await expect(page).toHaveURL(/q=/);
  await expect(page.getByRole('heading', { name: 'Search results' })).toBeVisible();
  await expect(search).toHaveValue('2.9%fee & 30%20off+');
  await expect(page.getByRole('link', { name: 'Charged 2.9%fee & 30%20off+' })).toBeVisible();
});

test('tickets behind an empty page of the list are there all the same', async ({ page, world }) => {
  world.agent.file(mel.accountID, { title: 'On the second page', body: '<p>x</p>', contact });
  await page.route(
    (url) => url.pathname.endsWith('/tickets') && url.searchParams.has('count') && !url.searchParams.has('cursor'),
    (route) => route.fulfill({ json: { items: [], nextPage: { cursor: 'second' } } }),
  );
  await page.route(
    (url) => url.searchParams.get('cursor') === 'second',
    async (route) => {
      const url = new URL(route.request().url());
      url.searchParams.delete('cursor');
      await route.fulfill({ response: await route.fetch({ url: String(url) }) });
    },
  );
  await signIn(page, mel, list);
  await expect(page.getByRole('link', { name: 'On the second page' })).toBeVisible();
  await expect(page.getByRole('main')).not.toContainText('No tickets yet');
});

test('an account without tickets helps to file the first one', async ({ page, world }) => {
  await page.route(`**/api/accounts/${mel.accountID}/tickets*`, (route) => route.fulfill({ json: { items: [] } }));
  await signIn(page, mel, list);
  await expect(page.getByRole('main')).toContainText('No tickets yet');
  await expectNoAxeViolations(page);
  await control(page, 'New ticket').click();
  await expect(field.title(page)).toBeVisible();
  expect(new URL(page.url()).origin).toBe(world.origin);
});

test('a ticket shows number, status with its meaning, contact, reference, dates, and where to answer', async ({
  page,
  world,
}) => {
  const ticket = world.agent.file(mel.accountID, {
    title: 'Everything about a ticket',
    body: '<p>The <strong>whole</strong> story</p>',
    contact,
    author: 'Mel Roberts',
    foreignID: 'my-own-77',
  });
  world.agent.setStatus('Everything about a ticket', 'in-progress');
  await signIn(page, mel, `${list}/${ticket.ticketID}`);
  await expect(heading(page)).toContainText('Everything about a ticket');
  const main = page.getByRole('main');
  for (const words of [
    `#${ticket.number}`,
    'In progress',
    'Support is working on it.',
    'my-own-77',
    contact.email,
    'Mel Roberts',
  ])
    await expect(main.getByText(words).first()).toBeVisible();
  await expect(main.locator('strong', { hasText: 'whole' })).toBeVisible();
  await expect(main.getByRole('heading', { name: 'How to reply' })).toBeVisible();
  await expectNoAxeViolations(page);
});

test('what stands below the messages is shown with them, and not pushed away by them', async ({ page, world }) => {
  const { ticketID } = world.agent.file(mel.accountID, { title: 'Comes in two parts', body: '<p>x</p>', contact });
  const held = Promise.withResolvers<void>();
  await page.route('**/messages', async (route) => {
    await held.promise;
    await route.continue();
  });
  await signIn(page, mel, `${list}/${ticketID}`);
  const main = page.getByRole('main');
  const below = main.getByText('How to reply');
  await expect(main.getByText('Loading the conversation…')).toBeAttached();
  await expect(below).toBeHidden();
  await expect(control(page, 'Close ticket')).toBeVisible();
  held.resolve();
  await expect(below).toBeVisible();
});

test('the last change of a ticket is told where it is another moment than its latest message', async ({
  page,
  world,
}) => {
  const ticket = world.agent.file(mel.accountID, { title: 'Changed since', body: '<p>x</p>', contact });
  const at = `${list}/${ticket.ticketID}`;
  await signIn(page, mel, at);
  await expect(page.getByText('Latest message')).toBeVisible();
  await expect(page.getByText('Last change')).toHaveCount(0);
  await page.route(`**/api${at}`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({
      response,
      json: { ...(await response.json()), latestMessageOn: '2026-01-02T03:04:05Z', createdOn: '2026-01-02T03:04:05Z' },
    });
  });
  await page.reload();
  await expect(page.getByText('Last change')).toBeVisible();
  await expect(page.getByText('Latest message')).toBeVisible();
});

test('the portal’s own reference is never shown as the person’s', async ({ page, world }) => {
  const ticket = world.agent.file(mel.accountID, {
    title: 'Without a reference of its own',
    body: '<p>x</p>',
    contact,
    foreignID: 'portal-3f0c54c6-7d0e-4b3a-9f3e-0a3f1c1d2e4b',
  });
  await signIn(page, mel, `${list}/${ticket.ticketID}`);
  await expect(heading(page)).toContainText('Without a reference of its own');
  await expect(page.getByText(/portal-3f0c54c6/)).toHaveCount(0);
});

test('a ticket without a title can be seen, opened and followed up', async ({ page, world }) => {
  const ticket = world.agent.file(mel.accountID, { title: ' ', body: '<p>x</p>', contact });
  world.agent.setStatus(' ', 'closed');
  await signIn(page, mel, list);
  await page.getByRole('link', { name: 'Ticket without a title', exact: true }).click();
  await expect(page).toHaveURL(new RegExp(`${ticket.ticketID}$`));
  await expect(heading(page)).toHaveText('Ticket without a title');
  await expect(page).toHaveTitle(new RegExp(`#${ticket.number} Ticket without a title`));
  await control(page, 'File a follow-up').click();
  await expect(field.title(page)).toHaveValue('Follow-up: Ticket without a title');
});

test('what is written from right to left stands at the right, beside what is not, in the form and in the ticket', async ({
  page,
}) => {
  /** How far the text of an element is from both of its sides, inside its padding. */
  const aside = (element: Locator) =>
    element.evaluate((node) => {
      const range = document.createRange();
      range.selectNodeContents(node);
      const [text, box, { paddingLeft, paddingRight }] = [
        range.getBoundingClientRect(),
        node.getBoundingClientRect(),
        getComputedStyle(node),
      ];
      return {
        left: Math.round(text.left - box.left - Number.parseFloat(paddingLeft)),
        right: Math.round(box.right - text.right - Number.parseFloat(paddingRight)),
      };
    });
  const title = 'تأخر الدفعة 12!';
  await signIn(page, mel, `${list}/new`);
  await editorIsReady(page);
  await fillIn(page, { title, email: contact.email });
  await expect(field.title(page)).toHaveCSS('unicode-bidi', 'plaintext');
  await field.message(page).click();
  await page.keyboard.type(title);
  await page.keyboard.press('Enter');
  await page.keyboard.type('The same in English!');
  await page.keyboard.press('Enter');
  await page.keyboard.type('- one point');
  const [first, second] = [field.message(page).locator('p').first(), field.message(page).locator('p').nth(1)];
  await expect.poll(() => aside(first).then(({ right }) => right)).toBe(0);
  await expect.poll(() => aside(second).then(({ left }) => left)).toBe(0);
  await submitButton(page).click();
  await expect(heading(page)).toContainText(title);
  const main = page.getByRole('main');
  expect((await aside(heading(page))).right).toBe(0);
  expect((await aside(main.locator('p', { hasText: title }))).right).toBe(0);
  expect((await aside(main.locator('p', { hasText: 'The same in English!' }))).left).toBe(0);
  expect((await aside(main.locator('p', { hasText: 'one point' }))).right, 'beside its mark').toBe(0);
});

test('whoever has filed a ticket comes to the form for the next one with one press', async ({ page }) => {
  await signIn(page, mel, list);
  await submitNew(page, mel.accountID, { title: 'The first of two', message: 'x', email: 'mel@wholebody.example' });
  await expectFiled(page, 'The first of two');
  await control(page, 'File another ticket').click();
  await editorIsReady(page);
  await expect(field.title(page)).toHaveValue('');
});

test('a ticket without a contact address says where its answers go all the same', async ({ page, world }) => {
  const nobody = { email: '' };
  const ticket = world.agent.file(mel.accountID, { title: 'From nobody', body: '<p>x</p>', contact: nobody });
  await signIn(page, mel, `${list}/${ticket.ticketID}`);
  await expect(page.getByText('at the address that the ticket was filed with. To reply')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Copy address' })).toHaveCount(0);
});

test('a contact and authors without a name leave nothing blank', async ({ page, world }) => {
  const blank = { email: 'nameless@wholebody.example', name: '' };
  const ticket = world.agent.file(mel.accountID, { title: 'Nameless', body: '<p>x</p>', author: ' ', contact: blank });
  await page.route(`**/tickets/${ticket.ticketID}/messages`, (route) =>
    route.fulfill({ json: [{ author: '', body: '<p>x</p>', sentOn: ticket.createdOn }] }),
  );
  await signIn(page, mel, list);
  await expect(page.getByRole('listitem').filter({ hasText: 'Nameless' })).toContainText(blank.email);
  await page.getByRole('link', { name: 'Nameless' }).click();
  await expect(page.getByRole('listitem')).toContainText('Your side');
  await expect(page.getByRole('term').filter({ hasText: 'Contact' })).toBeVisible();
  await expect(page.getByRole('term').filter({ hasText: 'Filed by' })).toHaveCount(0);
});

test('code reads from left to right in a message that does not', async ({ page, world }) => {
  const body = '<p>مرحبا <code>pay(1);</code></p><pre><code>refund(2);</code></pre>';
  const ticket = world.agent.file(mel.accountID, { title: 'Right to left', body, contact });
  await signIn(page, mel, `${list}/${ticket.ticketID}`);
  await expect(page.getByText('مرحبا')).toHaveCSS('direction', 'rtl');
  await expect(page.getByText('pay(1);')).toHaveCSS('direction', 'ltr');
  await expect(page.getByText('refund(2);')).toHaveCSS('direction', 'ltr');
});

test('on a narrow screen marks stand clear of the date and break in no word, but for a long status of Moov’s own', async ({
  page,
  world,
}) => {
  const title = 'Has news on a telephone';
  world.agent.file(mel.accountID, { title, body: '<p>x</p>', contact });
  world.agent.setStatus(title, 'in-progress');
  const odd = world.agent.file(mel.accountID, { title: 'Of a long status', body: '<p>x</p>', contact });
  const old = world.agent.file(mel.accountID, { title: 'Of a long date', body: '<p>x</p>', contact });
  world.agent.setStatus('Of a long date', 'in-progress');
  await page.route(`**/api/accounts/${mel.accountID}/tickets?*`, async (route) => {
    const answer = await (await route.fetch()).json();
    for (const each of answer.items) {
      if (each.ticketID === odd.ticketID) each.status = 'waiting-for-somebody-else-again';
      if (each.ticketID === old.ticketID) each.updatedOn = new Date(Date.now() - 22 * 60_000).toISOString();
      if (each.ticketID === old.ticketID) each.latestMessageOn = each.updatedOn;
    }
    await route.fulfill({ json: answer });
  });
  await page.setViewportSize({ width: 320, height: 700 });
  await signIn(page, mel, list);
  const row = (name: string) =>
    page.getByRole('listitem').filter({ has: page.getByRole('link', { name, exact: true }) });
  await expect(row(title)).toBeVisible();
  world.agent.answer(title, 'Jordan', '<p>News</p>');
  await expect(row(title).getByText('Unread')).toBeVisible({ timeout: 20_000 });
  for (const [name, marks] of [
    [title, ['Unread', 'In progress']],
    ['Of a long status', ['waiting-for-somebody-else-again']],
    ['Of a long date', ['In progress']],
  ] as const) {
    const date = await row(name)
      .getByText(/^Updated/)
      .boundingBox();
    for (const mark of marks) {
      const box = await row(name).getByText(mark).boundingBox();
      if (box === null || date === null) throw new Error(`${name} lacks ${mark} or its date`);
      expect(box.x + box.width <= date.x || box.y + box.height <= date.y, mark).toBe(true);
      expect(box.x + box.width, mark).toBeLessThanOrEqual(320);
      expect(box.height, mark).toBeLessThan(mark.length > 20 ? 50 : 30);
    }
  }
});

test('on a narrow screen a title is read in the list, and not cut after its first words', async ({ page, world }) => {
  const title = 'The payout of 12 November has not arrived, and support of the bank knows nothing of it';
  world.agent.file(mel.accountID, { title, body: '<p>x</p>', contact });
  await page.setViewportSize({ width: 390, height: 700 });
  await signIn(page, mel, list);
  const cut = (link: Element) => link.scrollWidth > link.clientWidth || link.scrollHeight > link.clientHeight;
  expect(await page.getByRole('link', { name: title, exact: true }).evaluate(cut)).toBe(false);
});

test('on paper a ticket is dark on light, without what can be pressed, and with the moment of each message', async ({
  page,
  world,
}) => {
  const title = 'Goes into the files';
  const { ticketID, createdOn } = world.agent.file(mel.accountID, { title, body: '<p>For the files</p>', contact });
  await page.emulateMedia({ colorScheme: 'dark' });
  await signIn(page, mel, `${list}/${ticketID}`);
  const main = page.getByRole('main');
  await expect(main.getByText('For the files')).toBeVisible();
  await expect(control(page, 'Close ticket')).toBeVisible();
  await page.emulateMedia({ colorScheme: 'dark', media: 'print' });
  await expect(main.getByText('For the files')).toBeVisible();
  await expect(main.getByRole('button')).toHaveCount(0);
  await expect(main.getByRole('link')).toHaveCount(0);
  await expect(control(page, 'Sign out')).toBeHidden();
  await expect(page.locator('html')).toHaveCSS('color-scheme', 'light');
  const beside = await main
    .getByRole('listitem')
    .locator('time')
    .evaluate((time) => getComputedStyle(time, '::after').content);
  expect(beside).toContain(String(new Date(createdOn).getFullYear()));
});

test('hostile markup in an answer shows as text and runs nothing; remote images wait for a click', async ({
  page,
  world,
}) => {
  const ticket = world.agent.file(mel.accountID, { title: 'Hostile answer', body: '<p>question</p>', contact });
  world.agent.answer(
    'Hostile answer',
    'Agent Smith',
    `<p onclick="document.title='pwned'">Dear <b>Mel</b></p><script>document.title='pwned'</script>
     <img src="https://tracker.example/pixel.gif" alt="Logo" onerror="document.title='pwned'">
     <a href="javascript:document.title='pwned'">bad link</a> <a href="https://good.example/">good link</a>
     <style>body{display:none}</style><iframe src="https://evil.example"></iframe><form action="/auth/logout"><button>Sign out</button></form>
     <table><tr><td>cell one</td><td>cell two</td></tr></table><svg onload="document.title='pwned'"></svg>`,
  );
  const outside: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(world.origin) && /tracker|evil/.test(request.url())) outside.push(request.url());
  });
  await signIn(page, mel, `${list}/${ticket.ticketID}`);
  const main = page.getByRole('main');
  await expect(main.getByText('Agent Smith').first()).toBeVisible();
  await expect(main.getByText('cell one')).toBeVisible();
  await expect(main.getByRole('link', { name: /good link/ })).toHaveAttribute('rel', /noopener/);
  await expect(main.getByRole('link', { name: 'bad link' })).toHaveCount(0);
  await expect(main.locator('iframe, script, style, form, [onclick], [onerror], img[src^="http"]')).toHaveCount(0);
  expect(outside, 'nothing was fetched from outside').toEqual([]);
  expect(await page.title()).not.toContain('pwned');
  await expectNoAxeViolations(page);
});

test('a web address in an answer of plain text leads there, in a new tab that knows nothing of this page', async ({
  page,
  world,
}) => {
  const ticket = world.agent.file(mel.accountID, { title: 'Where is it told?', body: '<p>question</p>', contact });
  world.agent.answer('Where is it told?', 'Agent Lee', 'Hello Mel,\nsee https://docs.example/guides (or call).');
  await signIn(page, mel, `${list}/${ticket.ticketID}`);
  const link = page.getByRole('main').getByRole('link', { name: 'https://docs.example/guides' });
  await expect(link).toHaveAttribute('href', 'https://docs.example/guides');
  await expect(link).toHaveAttribute('target', '_blank');
  await expect(link).toHaveAttribute('rel', 'noopener noreferrer nofollow');
  await expectNoAxeViolations(page);
});

test('an answer that comes while the ticket is open appears by itself and is announced politely', async ({
  page,
  world,
}) => {
  const ticket = world.agent.file(mel.accountID, { title: 'Waiting for an answer', body: '<p>question</p>', contact });
  await signIn(page, mel, `${list}/${ticket.ticketID}`);
  await expect(page.getByRole('main').getByText('question')).toBeVisible();
  world.agent.answer('Waiting for an answer', 'Agent Lee', '<p>Here is the answer.</p>');
  await expect(page.getByRole('main').getByText('Here is the answer.')).toBeVisible({ timeout: 20_000 });
  await expect(page.getByRole('status').filter({ hasText: 'New message by Agent Lee' })).toBeAttached();
  world.agent.setStatus('Waiting for an answer', 'on-hold');
  await expect(page.getByRole('main').getByText('On hold').first()).toBeVisible({ timeout: 20_000 });
});

test('a list that cannot be loaded says so, and Try again loads it', async ({ page, world }) => {
  await signIn(page, mel, '/');
  world.line.everything({ status: 500 });
  await page.goto(list);
  const again = control(page, 'Try again');
  await expect(again).toBeVisible({ timeout: 20_000 });
  await expectNoAxeViolations(page);
  world.line.mend();
  await expect(async () => {
    if (await again.isVisible()) await again.click();
    await expect(page.getByRole('main').getByRole('listitem').first()).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 30_000 });
  await expect(heading(page)).toBeFocused();
  await page.getByRole('main').getByRole('listitem').getByRole('link').first().click();
  await expect(page).toHaveURL(ticketAddress);
});

test('a list that is to be read again and cannot be says so, and stays', async ({ page, world }) => {
  const ticket = world.agent.file(mel.accountID, { title: 'Read some time ago', body: '<p>x</p>', contact });
  await page.clock.install();
  await signIn(page, mel, list);
  const link = page.getByRole('link', { name: 'Read some time ago', exact: true });
  await link.click();
  await expect(heading(page)).toHaveText(ticket.title);
  await page.clock.fastForward('06:00');
  await page.route(`**/api/accounts/${mel.accountID}/tickets?*`, (route) => route.fulfill({ status: 403, json: {} }));
  await control(page, 'All tickets').click();
  await expect(link).toBeVisible();
  await expect(page.getByRole('alert')).toContainText('The list is shown as it was read on');
  await page.unrouteAll();
  await control(page, 'Try again').click();
  await expect(page.getByRole('alert')).toHaveCount(0);
  await expect(link).toBeVisible();
});

test('a ticket that was kept and delivered while one waited is in the list that one had left, and is found there', async ({
  page,
  world,
}) => {
  await signIn(page, mel, list);
  await expect(page.getByRole('main').getByRole('listitem').first()).toBeVisible();
  await control(page, 'New ticket').click();
  await editorIsReady(page);
  world.line.creating({ status: 429, headers: { 'retry-after': '2' } });
  await fillIn(page, { title: 'Delivered while waiting', message: 'x', email: contact.email });
  await submitButton(page).click();
  await expectKeptForLater(page, 'Delivered while waiting');
  world.line.mend();
  await expect(page).toHaveURL(ticketAddress, { timeout: 30_000 });
  await control(page, 'All tickets').click();
  await expect(page.getByRole('link', { name: 'Delivered while waiting' })).toBeVisible();
  await page.getByRole('searchbox').fill('delivered while');
  await expect(page.getByRole('link', { name: 'Delivered while waiting' })).toBeVisible();
});

test('a ticket that others file while one reads another is in the list when one goes back', async ({ page, world }) => {
  world.agent.file(mel.accountID, { title: 'Read for a while', body: '<p>q</p>', contact });
  // The page asks for them a second after it stands, which may be before it is seen that it does.
  const news = page.waitForResponse(/\/api\/events/);
  await signIn(page, mel, list);
  await page.getByRole('link', { name: 'Read for a while' }).click();
  await expect(heading(page)).toContainText('Read for a while');
  await news;
  world.agent.file(mel.accountID, { title: 'Came meanwhile', body: '<p>q</p>', contact });
  // Told after it, so that what is told of the other has come too.
  world.agent.answer('Read for a while', 'Agent Lee', '<p>Told last.</p>');
  await expect(page.getByText('Told last.')).toBeVisible();
  await control(page, 'All tickets').click();
  await expect(page.getByRole('link', { name: 'Came meanwhile' })).toBeVisible();
});

test('a list under a status gains and loses older tickets as theirs changes, by others and by oneself', async ({
  page,
  world,
}) => {
  const { createdOn } = world.agent.file(mel.accountID, { title: 'Older one', body: '<p>q</p>', contact });
  // Of two that are filed at one moment neither is the newer one.
  await expect.poll(() => Date.now()).toBeGreaterThan(Date.parse(createdOn));
  world.agent.file(mel.accountID, { title: 'Newer one', body: '<p>q</p>', contact });
  world.agent.setStatus('Newer one', 'on-hold');
  await signIn(page, mel, `${list}?status=closed`);
  const status = page.getByRole('navigation', { name: 'Status' });
  const named = (title: string) => page.getByRole('main').getByRole('link', { name: title, exact: true });
  await expect(page.getByRole('main').getByRole('listitem').first()).toBeVisible();
  await status.getByRole('link', { name: 'On hold' }).click();
  await expect(named('Newer one')).toBeVisible();
  world.agent.setStatus('Older one', 'on-hold');
  await expect(named('Older one')).toBeVisible();
  const titles = await page.getByRole('main').getByRole('listitem').getByRole('link').allTextContents();
  expect(titles.indexOf('Newer one')).toBeLessThan(titles.indexOf('Older one'));
  world.agent.setStatus('Newer one', 'closed');
  await expect(named('Newer one')).toHaveCount(0);
  await named('Older one').click();
  await control(page, 'Close ticket').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Close ticket' }).click();
  await expect(control(page, 'File a follow-up')).toBeVisible();
  await control(page, 'All tickets').click();
  await status.getByRole('link', { name: 'Closed' }).click();
  await expect(named('Newer one')).toBeVisible();
  await expect(named('Older one')).toBeVisible();
});
