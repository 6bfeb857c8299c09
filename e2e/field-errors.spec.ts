import type { Locator, Page } from '@playwright/test';
import {
  editorIsReady,
  expectFiled,
  expectKept,
  expectNoAxeViolations,
  field,
  fillIn,
  openMoreDetails,
  people,
  signIn,
  submitButton,
  summary,
} from './support/pages.ts';
import { expect, test } from './support/world.ts';

const { mel } = people;
const given = {
  title: 'Refused by the API',
  message: 'All of this must stay.',
  email: 'mel@wholebody.example',
  name: 'Mel',
  author: 'M. Roberts',
  reference: 'case-1',
};
/** One sentence for each input, in the API's own words and shape. */
const sentences = {
  title: 'The title “Refused by the API” is not one we take.',
  message: 'The body must tell more.',
  author: 'The author is unknown to us.',
  email: 'This address bounces.',
  name: 'The name has too few letters.',
  reference: 'This reference is taken.',
};
const refusal = {
  status: 422,
  body: JSON.stringify({
    title: sentences.title,
    body: sentences.message,
    author: sentences.author,
    contact: { email: sentences.email, name: sentences.name },
    foreignID: sentences.reference,
  }),
};
type Input = keyof typeof sentences;
const inputs: Input[] = ['title', 'message', 'email', 'name', 'author', 'reference'];
const labels: Record<Input, string> = {
  title: 'Title',
  message: 'Message',
  email: 'Contact email',
  name: 'Contact name',
  author: 'Author',
  reference: 'Your reference',
};

/** The input is marked as wrong, its description holds the sentence, and the sentence stands under the label. */
async function expectFault(page: Page, input: Input, sentence: string | RegExp) {
  const box = field[input](page);
  await expect(box).toHaveAttribute('aria-invalid', 'true');
  await expect(box).toHaveAccessibleDescription(
    typeof sentence === 'string' ? new RegExp(escaped(sentence)) : sentence,
  );
  const ids = (await box.getAttribute('aria-describedby'))?.split(' ') ?? [];
  const error = page.locator(ids.map((id) => `[id="${id}"]`).join(', ')).filter({ hasText: sentence });
  await expect(error).toBeVisible();
  const label = page.getByText(labels[input], { exact: true }).filter({ visible: true }).first();
  const [above, below] = [await label.boundingBox(), await error.boundingBox()];
  expect(below?.y, `the sentence of ${labels[input]} stands under its label`).toBeGreaterThanOrEqual(
    (above?.y ?? 0) + (above?.height ?? 0) - 2,
  );
}
const expectNoFault = async (box: Locator) => {
  await expect(box).not.toHaveAttribute('aria-invalid', 'true');
};
const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

test.beforeEach(async ({ page }) => {
  await signIn(page, mel, `/accounts/${mel.accountID}/tickets/new`);
  await editorIsReady(page);
});

test('each sentence of the API stands under the label of its input, and nothing typed is lost', async ({
  page,
  world,
}) => {
  world.line.creating(refusal);
  await fillIn(page, given);
  await submitButton(page).click();
  await expect(summary(page)).toBeFocused();
  for (const input of inputs) await expectFault(page, input, sentences[input]);
  await expectKept(page, given);
  await expectNoAxeViolations(page);
});

test('the summary takes the focus and leads to each input, the editor included', async ({ page, world }) => {
  world.line.creating(refusal);
  await fillIn(page, given);
  await submitButton(page).click();
  await expect(summary(page)).toBeFocused();
  await expect(summary(page).getByRole('link')).toHaveCount(inputs.length);
  for (const input of inputs) {
    await summary(page).getByRole('link', { name: sentences[input] }).click();
    await expect(field[input](page)).toBeFocused();
    await expect(field[input](page)).toBeInViewport();
  }
});

test('a refusal that comes while somebody types on loses no key, and the next one is where the focus goes', async ({
  page,
  world,
}) => {
  await fillIn(page, given);
  const answer = Promise.withResolvers<void>();
  await page.route('**/api/accounts/*/tickets', async (route) => {
    await answer.promise;
    await route.continue();
  });
  world.line.creating(refusal);
  await submitButton(page).click();
  await field.message(page).press('End');
  await page.keyboard.type(' And there is');
  answer.resolve();
  await expectFault(page, 'title', sentences.title);
  await expect(summary(page)).toBeVisible();
  await page.keyboard.type(' more.');
  await expect(field.message(page)).toHaveText(`${given.message} And there is more.`);
  await submitButton(page).click();
  await expect(summary(page)).toBeFocused();
});

test('a fault in a hidden input opens its section', async ({ page, world }) => {
  world.line.creating({ status: 422, body: JSON.stringify({ foreignID: sentences.reference }) });
  await fillIn(page, { title: given.title, message: given.message, email: given.email });
  await expect(field.reference(page)).toBeHidden();
  await submitButton(page).click();
  await expect(summary(page)).toBeFocused();
  await expectFault(page, 'reference', sentences.reference);
});

for (const input of inputs)
  test(`correcting ${labels[input]} takes its error away, and the ticket can be filed`, async ({ page, world }) => {
    world.line.creating(refusal);
    await fillIn(page, given);
    await submitButton(page).click();
    await expectFault(page, input, sentences[input]);
    await field[input](page).click();
    await page.keyboard.press('End');
    await page.keyboard.type('x');
    await expectNoFault(field[input](page));
    await expect(field[input](page)).not.toHaveAccessibleDescription(new RegExp(escaped(sentences[input])));
    for (const other of inputs.filter((name) => name !== input)) await expectFault(page, other, sentences[other]);
    world.line.mend();
    await submitButton(page).click();
    await expectFiled(page, given.title);
  });

test('two inputs side by side stay in line, also when one of them has an error and the other has none', async ({
  page,
}) => {
  const top = async (input: (of: typeof page) => Locator) => (await input(page).boundingBox())?.y;
  await fillIn(page, { ...given, email: 'nobody' });
  await submitButton(page).click();
  await expectFault(page, 'email', /complete email address/);
  expect(await top(field.email)).toBe(await top(field.name));
  await page.setViewportSize({ width: 390, height: 844 });
  expect(await top(field.email), 'one below the other on a telephone').not.toBe(await top(field.name));
});

test('what is missing is told before anything is sent, in the same places', async ({ page, world }) => {
  const before = world.line.creations().length;
  await field.email(page).fill('nobody');
  await submitButton(page).click();
  await expect(summary(page)).toBeFocused();
  await expectFault(page, 'title', /Enter a title/);
  await expectFault(page, 'message', /Enter a message/);
  await expectFault(page, 'email', /complete email address/);
  await expect(summary(page).getByRole('link')).toHaveCount(3);
  await expectNoAxeViolations(page);
  expect(world.line.creations()).toHaveLength(before);
});

test('more than the caps allow is told beside its input, and counted along', async ({ page, world }) => {
  const before = world.line.creations().length;
  await openMoreDetails(page);
  await fillIn(page, { ...given, title: 'x'.repeat(1001), reference: 'y'.repeat(1001) });
  await field.message(page).fill('Lorem ipsum '.repeat(6000));
  await submitButton(page).click();
  await expect(summary(page)).toBeFocused();
  await expectFault(page, 'title', /1,000 characters/);
  await expectFault(page, 'reference', /1,000 characters/);
  await expectFault(page, 'message', /64 KB/);
  expect(world.line.creations()).toHaveLength(before);
});
