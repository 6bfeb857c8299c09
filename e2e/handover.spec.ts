import type { Page } from '@playwright/test';
import {
  editorIsReady,
  expectFiled,
  expectNoSidewaysScroll,
  expectSaved,
  field,
  fillIn,
  heading,
  people,
  signIn,
  storedOnDevice,
  submitButton,
  summary,
} from './support/pages.ts';
import { expect, test } from './support/world.ts';

const { mel } = people;
const address = `/accounts/${mel.accountID}/tickets/new`;
const words = 'the quick brown fox jumps over the lazy dog and runs away from it';
const quarter = Math.ceil(words.length / 4);
const parts = [0, 1, 2, 3].map((part) => words.slice(part * quarter, (part + 1) * quarter));

/** Opens the form with its code held back: React until the first gate opens, what the form does, then the editor. */
async function openHeldBack(page: Page) {
  const react = Promise.withResolvers<void>();
  const program = Promise.withResolvers<void>();
  const editor = Promise.withResolvers<void>();
  await page.route(/\/assets\/(?!early)[^?]*\.js/, async (route) => {
    const url = route.request().url();
    await (/\/tools-/.test(url) ? editor : /\/form-/.test(url) ? program : react).promise;
    await route.continue();
  });
  await page.goto(address, { waitUntil: 'commit' });
  return { react: react.resolve, program: program.resolve, editor: editor.resolve };
}

/** Types without a pause from before React is there until the editor is, with all three coming in the middle of it. */
async function typeThrough(page: Page, gates: Awaited<ReturnType<typeof openHeldBack>>) {
  const keys = { delay: 8 };
  await page.keyboard.type(parts[0] ?? '', keys);
  gates.react();
  await page.keyboard.type(parts[1] ?? '', keys);
  gates.program();
  await page.keyboard.type(parts[2] ?? '', keys);
  gates.editor();
  await page.keyboard.type(parts[3] ?? '', keys);
}

for (const { where, keys, result } of [
  { where: 'at the end', keys: [], result: `First. Last.${words}` },
  { where: 'in the middle', keys: Array<string>(5).fill('ArrowLeft'), result: `First. ${words}Last.` },
  { where: 'at the start', keys: ['Home'], result: `${words}First. Last.` },
])
  test(`not one key typed ${where} of the message is lost or moved, from before React until the editor is there`, async ({
    page,
  }) => {
    await signIn(page, mel);
    const gates = await openHeldBack(page);
    await field.message(page).click();
    await page.keyboard.type('First. Last.');
    for (const key of keys) await page.keyboard.press(key);
    await typeThrough(page, gates);
    await editorIsReady(page);
    await expect(field.message(page)).toHaveText(result);
    await expect(field.message(page)).toBeFocused();
    await page.keyboard.type('!');
    await expect(field.message(page), 'the caret stays where it was').toHaveText(result.replace(words, `${words}!`));
  });

test('not one key typed into the title is lost or moved while the page becomes alive', async ({ page }) => {
  await signIn(page, mel);
  const gates = await openHeldBack(page);
  await field.title(page).click();
  await page.keyboard.type('First. Last.');
  for (let presses = 0; presses < 5; presses += 1) await page.keyboard.press('ArrowLeft');
  await typeThrough(page, gates);
  await editorIsReady(page);
  await expect(field.title(page)).toHaveValue(`First. ${words}Last.`);
  await expect(field.title(page)).toBeFocused();
  await page.keyboard.type('!');
  await expect(field.title(page)).toHaveValue(`First. ${words}!Last.`);
});

test('a message typed while the page becomes alive neither loses a key nor writes over an earlier draft', async ({
  page,
}) => {
  await signIn(page, mel, address);
  await editorIsReady(page);
  await fillIn(page, { title: 'Of yesterday', message: 'Written yesterday.' });
  await expectSaved(page, 'Written yesterday.');
  const gates = await openHeldBack(page);
  await field.message(page).click();
  await typeThrough(page, gates);
  await editorIsReady(page);
  await expect(field.message(page)).toHaveText(words);
  await expectSaved(page, words);
  expect(await storedOnDevice(page)).toContain('Written yesterday.');
});

test('a title typed while the page becomes alive goes to the draft that this tab has begun', async ({ page }) => {
  await signIn(page, mel, address);
  await editorIsReady(page);
  await fillIn(page, { message: 'Written a moment ago.' });
  await expectSaved(page, 'Written a moment ago.');
  const gates = await openHeldBack(page);
  await field.title(page).click();
  await typeThrough(page, gates);
  await editorIsReady(page);
  await expect(field.title(page)).toHaveValue(words);
  await expect(field.message(page)).toHaveText('Written a moment ago.');
  await expectSaved(page, words);
  await expect(page.getByText('other draft')).toHaveCount(0);
});

test('a draft comes back with its message though the editor is late, and stays whole when it comes', async ({
  page,
}) => {
  await signIn(page, mel, address);
  await editorIsReady(page);
  const message = 'All that happened, in some words.';
  await fillIn(page, { title: 'On a bad line', message });
  await expectSaved(page, message);
  const gates = await openHeldBack(page);
  gates.react();
  gates.program();
  await expect(field.title(page)).toHaveValue('On a bad line');
  await expect(field.message(page)).toHaveText(message);
  await expect(field.message(page)).not.toHaveClass(/ProseMirror/);
  gates.editor();
  await editorIsReady(page);
  await expect(field.message(page)).toHaveText(message);
  expect(await storedOnDevice(page)).toContain(message);
});

test('a ticket that is submitted before it is known who writes is filed as soon as that is known', async ({
  page,
  world,
}) => {
  await signIn(page, mel);
  const known = Promise.withResolvers<void>();
  await page.route('**/api/session', async (route) => {
    await known.promise;
    await route.continue();
  });
  await page.goto(address);
  await editorIsReady(page);
  const title = 'In a hurry';
  await fillIn(page, { title, message: 'Submitted at once.' });
  await submitButton(page).click();
  await expect(submitButton(page)).toHaveAttribute('aria-busy', 'true');
  await expect(summary(page), 'nothing is said to be missing that comes by itself').toHaveCount(0);
  known.resolve();
  await expectFiled(page, title);
  expect(await world.ticketsTitled(mel.accountID, title)).toHaveLength(1);
});

test('a ticket that is submitted before React is there is filed when it can be', async ({ page, world }) => {
  await signIn(page, mel);
  const gates = await openHeldBack(page);
  const title = 'In a great hurry';
  await field.title(page).click();
  await page.keyboard.type(title);
  await field.message(page).click();
  await page.keyboard.type('Submitted before anything.');
  await expect(page.getByText('kept on this device'), 'nothing is promised yet').toHaveCount(0);
  // What notes it comes by itself, and may have come after the page.
  await expect(async () => {
    await submitButton(page).click();
    await expect(page.getByText('Submitted when this page is ready.')).toBeVisible({ timeout: 500 });
  }).toPass();
  gates.react();
  gates.program();
  gates.editor();
  await expectFiled(page, title);
  expect(await world.ticketsTitled(mel.accountID, title)).toHaveLength(1);
});

test('where not one program could be fetched the form says by itself that it keeps nothing', async ({
  page,
  context,
}) => {
  await signIn(page, mel);
  await page.route(/\/assets\/[^?]*\.js/, (route) => route.abort('connectionrefused'));
  await page.goto(address, { waitUntil: 'commit' });
  const said = page.getByText('It keeps nothing');
  await expect(said).toBeHidden();
  const browser = await context.newCDPSession(page);
  await browser.send('Animation.enable');
  await browser.send('Animation.setPlaybackRate', { playbackRate: 100 });
  await expect(said).toBeVisible();
  await expectNoSidewaysScroll(page);
  await page.unroute(/\/assets\/[^?]*\.js/);
  await page.reload();
  await editorIsReady(page);
  await expect(said).toHaveCount(0);
});

test('where its program could not be fetched the page says so, asks again and goes on with all that was typed', async ({
  page,
}) => {
  await signIn(page, mel);
  let isBroken = true;
  // What the program needs before all else.
  await page.route(/\/assets\/(again-\d+\/)?react-[^?]*\.js/, async (route) => {
    if (isBroken) await route.abort('connectionrefused');
    else await route.continue();
  });
  await page.goto(address);
  await field.title(page).click();
  await page.keyboard.type('On a broken line');
  await field.message(page).click();
  await page.keyboard.type('Typed while nothing worked.');
  await expect(page.getByText('It is asked for again')).toBeVisible();
  isBroken = false;
  await editorIsReady(page);
  await expect(page.getByText('It is asked for again')).toHaveCount(0);
  await expect(field.title(page)).toHaveValue('On a broken line');
  await expect(field.message(page)).toHaveText('Typed while nothing worked.');
  await expectSaved(page, 'Typed while nothing worked.');
  // A page that has nothing to show yet says it too, and comes; with its styles, if those were lost.
  isBroken = true;
  let undressed = true;
  await page.route(/\/assets\/index-[^?]*\.css/, async (route) => {
    if (undressed) await route.abort('connectionrefused');
    else await route.continue();
    undressed = false;
  });
  await page.goto(`/accounts/${mel.accountID}/tickets`);
  await expect(page.getByText('It is asked for again')).toBeVisible();
  isBroken = false;
  await expect(heading(page)).toHaveText('Tickets');
  await expect(page.getByText('It is asked for again')).toHaveCount(0);
  await expect(heading(page)).toHaveCSS('margin-top', '0px');
});

// As Firefox does: an address that failed gives nothing for as long as the page is open.
for (const [what, lost] of [
  ['the program as a whole', /\/assets\/(?!early-)[^/]*\.js$/],
  ['a part of the form, and the editor', /\/assets\/(form|tools)-[^?]*\.js$/],
] as const)
  test(`${what} comes from another address where a browser never asks again for one that failed`, async ({
    page,
    world,
  }) => {
    await signIn(page, mel);
    await page.route(lost, (route) => route.abort('connectionrefused'));
    await page.goto(address);
    const title = `In spite of it: ${what}`;
    await field.title(page).click();
    await page.keyboard.type(title);
    await field.message(page).click();
    await page.keyboard.type('Typed while nothing worked.');
    await editorIsReady(page);
    await expectSaved(page, 'Typed while nothing worked.');
    await submitButton(page).click();
    await expectFiled(page, title);
    expect(await world.ticketsTitled(mel.accountID, title)).toHaveLength(1);
  });

for (const { name, viewport, hasTouch } of [
  { name: 'a desktop', viewport: { width: 1280, height: 900 }, hasTouch: false },
  { name: 'a phone', viewport: { width: 390, height: 844 }, hasTouch: true },
])
  test.describe(`on ${name}`, () => {
    test.use({ viewport, hasTouch, isMobile: hasTouch });
    test('every input stands from the beginning where it stands in the end', async ({ page }) => {
      await signIn(page, mel);
      const gates = await openHeldBack(page);
      const places = () =>
        Promise.all(
          [field.title(page), field.message(page), field.email(page), submitButton(page)].map((each) =>
            each.boundingBox(),
          ),
        );
      const atFirst = await places();
      gates.react();
      gates.program();
      gates.editor();
      await editorIsReady(page);
      await expect(page.getByRole('banner').getByText('Whole Body Fitness')).toBeVisible();
      await expect(field.email(page)).not.toHaveValue('');
      expect(await places()).toEqual(atFirst);
    });
  });
