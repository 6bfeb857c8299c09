import type { Page } from '@playwright/test';
import {
  editorIsReady,
  expectFiled,
  expectKept,
  expectKeptForLater,
  expectNoAxeViolations,
  field,
  fillIn,
  people,
  signIn,
  submitButton,
  ticketAddress,
} from './support/pages.ts';
import { expect, test } from './support/world.ts';

// A circuit that opened in one test must not decide the next: these have a portal to themselves.
test.use({ settings: { LOG_LEVEL: 'debug' }, permissions: ['clipboard-read', 'clipboard-write'] });

const { mel } = people;
const filled = (title: string) => ({
  title,
  message: 'Every word of this must stay.',
  email: 'mel@wholebody.example',
  name: 'Mel',
  author: 'M. Roberts',
  reference: `ref-${title}`,
});

const address = `/accounts/${mel.accountID}/tickets/new`;

async function submit(page: Page, given: ReturnType<typeof filled>) {
  await page.goto(address);
  await editorIsReady(page);
  await fillIn(page, given);
  await submitButton(page).click();
}

test.beforeEach(({ page }) => signIn(page, mel));

/** The request id stands on the page and a click copies it: the one that the API gave, where it was asked. */
async function expectRequestID(page: Page) {
  const copy = page.getByRole('button', { name: /copy/i }).first();
  await copy.click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toMatch(/\S{8,}/);
  return copied;
}

const refusals = [
  {
    what: '400: the API’s own words',
    trouble: { status: 400, body: '{"error":"This account takes no tickets on Sundays."}' },
    reads: /This account takes no tickets on Sundays\./,
  },
  {
    what: '409: the API’s own words',
    trouble: { status: 409, body: '{"error":"Another change to this account is under way."}' },
    reads: /Another change to this account is under way\./,
  },
  { what: '403: what that means and whom to ask', trouble: { status: 403 }, reads: /account/i },
  { what: '404: what that means and whom to ask', trouble: { status: 404 }, reads: /account/i },
];

for (const { what, trouble, reads } of refusals)
  test(`${what}, above the form; every input is kept and the request id can be copied`, async ({ page, world }) => {
    const given = filled(`Refused ${trouble.status}`);
    world.line.creating(trouble);
    await submit(page, given);
    const notice = page.getByRole('alert').filter({ hasText: reads });
    await expect(notice).toBeVisible();
    await expect(notice).toBeFocused();
    const [above, below] = [await notice.boundingBox(), await field.title(page).boundingBox()];
    expect(above?.y).toBeLessThan(below?.y ?? 0);
    await expectKept(page, given);
    await expectNoAxeViolations(page);
    await expectRequestID(page);
    world.line.mend();
    await submitButton(page).click();
    await expectFiled(page, given.title);
  });

test('409 when the ticket is there already: the ticket, not an error', async ({ page, world }) => {
  const given = filled('Already there');
  world.line.creating({
    afterwards: () => ({ status: 409, body: '{"error":"A ticket with this reference exists."}' }),
  });
  await submit(page, given);
  await expectFiled(page, given.title);
  await expect(page).toHaveURL(ticketAddress);
  expect(await world.ticketsTitled(mel.accountID, given.title)).toHaveLength(1);
});

for (const { what, drift } of [
  {
    what: 'holds an id and little else',
    drift: (body: string) => JSON.stringify({ ticketID: JSON.parse(body).ticketID }),
  },
  { what: 'cannot be read at all', drift: () => '<html>gateway</html>' },
])
  test(`a 200 that ${what} still becomes one ticket, never sent twice`, async ({ page, world }) => {
    const given = filled(`Odd answer: ${what}`);
    world.line.creating({ afterwards: (body) => ({ status: 200, body: drift(body) }) });
    await submit(page, given);
    await expectFiled(page, given.title);
    await expect(page).toHaveURL(ticketAddress, { timeout: 20_000 });
    expect(await world.ticketsTitled(mel.accountID, given.title)).toHaveLength(1);
  });

for (const { what, trouble } of [
  { what: '401 that persists', trouble: { status: 401 } as const },
  { what: '429', trouble: { status: 429, headers: { 'retry-after': '1' } } },
  { what: '500', trouble: { status: 500 } },
  { what: '504', trouble: { status: 504 } },
  { what: 'an API that never answers', trouble: 'hang' as const },
  { what: 'a connection that breaks before the work', trouble: 'cut-before' as const },
])
  test(`${what}: kept and said to be not delivered yet; becomes the ticket by itself, once`, async ({
    page,
    world,
  }) => {
    test.setTimeout(120_000);
    const given = filled(`Kept: ${what}`);
    world.line.creating(trouble);
    await submit(page, given);
    await expectKeptForLater(page, given.title);
    await expect(page.getByText(/not (been )?delivered/i).first()).toBeVisible();
    await expectNoAxeViolations(page);
    world.line.mend();
    await expect(page).toHaveURL(ticketAddress, { timeout: 60_000 });
    await expect(page.getByRole('heading', { level: 1 })).toContainText(given.title);
    expect(await world.ticketsTitled(mel.accountID, given.title)).toHaveLength(1);
  });

test('a connection that breaks after the work: the ticket is found again by itself, and filed once', async ({
  page,
  world,
}) => {
  const given = filled('Kept: a connection that breaks after the work');
  world.line.creating('cut-after');
  await submit(page, given);
  // The waiting page is there for a moment only: the ticket has arrived, and the first look finds it.
  await expect(page).toHaveURL(ticketAddress, { timeout: 60_000 });
  await expect(page.getByRole('heading', { level: 1 })).toContainText(given.title);
  expect(await world.ticketsTitled(mel.accountID, given.title)).toHaveLength(1);
  expect(world.line.creations().filter(({ body }) => body.includes(given.title))).toHaveLength(1);
});

test('a ticket that is kept has a reference to quote, and a click copies it', async ({ page, world }) => {
  world.line.creating({ status: 429, headers: { 'retry-after': '1' } });
  await submit(page, filled('Kept, with a reference'));
  await expectKeptForLater(page, 'Kept, with a reference');
  await expectRequestID(page);
});

test('401 once: a new token is minted and nobody notices', async ({ page, world }) => {
  const given = filled('Token of yesterday');
  await submit(page, filled('Warms the token'));
  await expectFiled(page, 'Warms the token');
  const before = world.line.creations().length;
  world.line.creating({ status: 401 }, 1);
  await submit(page, given);
  await expectFiled(page, given.title);
  await expect(page).toHaveURL(ticketAddress);
  expect(world.line.creations().slice(before), 'refused, then taken with a new token').toHaveLength(2);
});
