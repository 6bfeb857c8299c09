import {
  everyInput,
  expectFiled,
  expectKept,
  expectNoAxeViolations,
  expectRequestID,
  field,
  people,
  signIn,
  submitButton,
  submitNew,
  ticketAddress,
} from './support/pages.ts';
import { expect, test } from './support/world.ts';

// A circuit that opened in one test must not decide the next: these have a portal to themselves.
test.use({ settings: { LOG_LEVEL: 'debug' }, permissions: ['clipboard-read', 'clipboard-write'] });

const { mel } = people;
test.beforeEach(({ page }) => signIn(page, mel));

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
    const given = everyInput(`Refused ${trouble.status}`);
    world.line.creating(trouble);
    await submitNew(page, mel.accountID, given);
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
  const given = everyInput('Already there');
  world.line.creating({
    afterwards: () => ({ status: 409, body: '{"error":"A ticket with this reference exists."}' }),
  });
  await submitNew(page, mel.accountID, given);
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
    const given = everyInput(`Odd answer: ${what}`);
    world.line.creating({ afterwards: (body) => ({ status: 200, body: drift(body) }) });
    await submitNew(page, mel.accountID, given);
    await expectFiled(page, given.title);
    await expect(page).toHaveURL(ticketAddress, { timeout: 20_000 });
    expect(await world.ticketsTitled(mel.accountID, given.title)).toHaveLength(1);
  });

test('401 once: a new token is minted and nobody notices', async ({ page, world }) => {
  const given = everyInput('Token of yesterday');
  await submitNew(page, mel.accountID, everyInput('Warms the token'));
  await expectFiled(page, 'Warms the token');
  const before = world.line.creations().length;
  world.line.creating({ status: 401 }, 1);
  await submitNew(page, mel.accountID, given);
  await expectFiled(page, given.title);
  await expect(page).toHaveURL(ticketAddress);
  expect(world.line.creations().slice(before), 'refused, then taken with a new token').toHaveLength(2);
});
