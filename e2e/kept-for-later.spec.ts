import {
  everyInput,
  expectKeptForLater,
  expectNoAxeViolations,
  expectRequestID,
  people,
  signIn,
  submitNew,
  ticketAddress,
} from './support/pages.ts';
import { expect, test } from './support/world.ts';

// A circuit that opened in one test must not decide the next: these have a portal to themselves.
test.use({ settings: { LOG_LEVEL: 'debug' }, permissions: ['clipboard-read', 'clipboard-write'] });

const { mel } = people;
test.beforeEach(({ page }) => signIn(page, mel));

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
    const given = everyInput(`Kept: ${what}`);
    world.line.creating(trouble);
    await submitNew(page, mel.accountID, given);
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
  const given = everyInput('Kept: a connection that breaks after the work');
  world.line.creating('cut-after');
  await submitNew(page, mel.accountID, given);
  // The waiting page is there for a moment only: the ticket has arrived, and the first look finds it.
  await expect(page).toHaveURL(ticketAddress, { timeout: 60_000 });
  await expect(page.getByRole('heading', { level: 1 })).toContainText(given.title);
  expect(await world.ticketsTitled(mel.accountID, given.title)).toHaveLength(1);
  expect(world.line.creations().filter(({ body }) => body.includes(given.title))).toHaveLength(1);
});

test('a ticket that is kept has a reference to quote, and a click copies it', async ({ page, world }) => {
  world.line.creating({ status: 429, headers: { 'retry-after': '1' } });
  await submitNew(page, mel.accountID, everyInput('Kept, with a reference'));
  await expectKeptForLater(page, 'Kept, with a reference');
  await expectRequestID(page);
});
