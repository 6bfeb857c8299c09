import type { Locator, Page } from '@playwright/test';
import {
  editorIsReady,
  expectFiled,
  expectNoAxeViolations,
  field,
  fillIn,
  heading,
  people,
  signIn,
  submitButton,
  summary,
  tabTo,
} from './support/pages.ts';
import { expect, test } from './support/world.ts';

const { mel } = people;
const address = `/accounts/${mel.accountID}/tickets/new`;
const toolbar = (page: Page) => page.getByRole('toolbar');

/** Files what the editor holds and gives the HTML that reached the API. */
async function sentHTML(page: Page, sent: () => { body: string }[], title: string): Promise<string> {
  await fillIn(page, { title, email: 'mel@wholebody.example' });
  await submitButton(page).click();
  await expectFiled(page, title);
  const body: { title: string; body: string } = JSON.parse(sent().at(-1)?.body ?? '{}');
  expect(body.title).toBe(title);
  return body.body;
}

test('every kind of formatting that may be sent can be typed, and arrives as it was made', async ({ page, world }) => {
  await signIn(page, mel, address);
  await editorIsReady(page);
  await field.message(page).click();
  const { keyboard } = page;
  await keyboard.type('## Heading');
  await keyboard.press('Enter');
  await keyboard.type('### Smaller');
  await keyboard.press('Enter');
  for (const [key, word] of [
    ['b', 'bold'],
    ['i', 'italic'],
    ['u', 'underlined'],
    ['e', 'code'],
  ]) {
    await keyboard.press(`Control+${key}`);
    await keyboard.type(`${word}`);
    await keyboard.press(`Control+${key}`);
    await keyboard.type(' ');
  }
  await keyboard.press('Control+Shift+s');
  await keyboard.type('struck');
  await keyboard.press('Control+Shift+s');
  await keyboard.press('Enter');
  await keyboard.type('- one');
  await keyboard.press('Enter');
  await keyboard.type('two');
  await keyboard.press('Enter');
  await keyboard.press('Enter');
  await keyboard.type('1. first');
  await keyboard.press('Enter');
  await keyboard.press('Enter');
  await keyboard.type('> quoted');
  await keyboard.press('Enter');
  await keyboard.press('Enter');
  await keyboard.type('``` ');
  await keyboard.type('const a = 1 < 2;');
  await keyboard.press('Enter');
  await keyboard.press('Enter');
  await keyboard.press('Enter');
  await keyboard.type('---');
  await keyboard.type('end');
  const html = await sentHTML(page, world.line.creations, 'All formatting');
  for (const part of [
    '<h2>Heading</h2>',
    '<h3>Smaller</h3>',
    '<strong>bold</strong>',
    '<em>italic</em>',
    '<u>underlined</u>',
    '<code>code</code>',
    '<s>struck</s>',
    '<ul><li><p>one</p></li><li><p>two</p></li></ul>',
    '<ol><li><p>first</p></li></ol>',
    '<blockquote><p>quoted</p></blockquote>',
    '<pre><code>const a = 1 &lt; 2;</code></pre>',
    '<hr>',
    '<p>end</p>',
  ])
    expect(html.replaceAll('&#x3C;', '&lt;')).toContain(part);
});

test('a link is added by the toolbar and leaves with the rel that every link gets', async ({ page, world }) => {
  await signIn(page, mel, address);
  await editorIsReady(page);
  await field.message(page).click();
  await page.keyboard.type('See the page');
  await page.keyboard.press('Control+a');
  await toolbar(page).getByRole('button', { name: /^Link/ }).click();
  const input = page.getByRole('textbox', { name: /address|link|url/i });
  await input.fill('https://status.example/a?b=c&d=e');
  await page.keyboard.press('Enter');
  const html = await sentHTML(page, world.line.creations, 'With a link');
  expect(html).toMatch(
    /<a href="https:\/\/status\.example\/a\?b=c&(amp;|#x26;)d=e" rel="noopener noreferrer nofollow">/,
  );
});

test('a link that would run something is refused, and never sent', async ({ page, world }) => {
  await signIn(page, mel, address);
  await editorIsReady(page);
  await field.message(page).click();
  await page.keyboard.type('Click me');
  await page.keyboard.press('Control+a');
  await toolbar(page).getByRole('button', { name: /^Link/ }).click();
  await page.getByRole('textbox', { name: /address|link|url/i }).fill('javascript:alert(1)');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  const html = await sentHTML(page, world.line.creations, 'Without a link');
  expect(html).toBe('<p>Click me</p>');
});

test('the toolbar is one stop for Tab; arrow keys move in it, names and pressed states are told', async ({ page }) => {
  await signIn(page, mel, address);
  await editorIsReady(page);
  const buttons = toolbar(page).getByRole('button');
  await expect(buttons).toHaveCount(17);
  for (const button of await buttons.all()) await expect(button).toHaveAccessibleName(/\w{2,}/);
  await field.message(page).click();
  await page.keyboard.type('word');
  await page.keyboard.press('Control+a');
  await field.title(page).focus();
  await tabTo(page, toolbar(page).getByRole('button', { name: /^Bold/ }));
  await page.keyboard.press('ArrowRight');
  await expect(toolbar(page).getByRole('button', { name: /^Italic/ })).toBeFocused();
  await page.keyboard.press('Home');
  await expect(buttons.first()).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(field.message(page), 'one Tab leaves the toolbar for the message').toBeFocused();
  await page.keyboard.press('Control+a');
  const bold = toolbar(page).getByRole('button', { name: /^Bold/ });
  await expect(bold).toHaveAttribute('aria-pressed', 'false');
  await page.keyboard.press('Control+b');
  await expect(bold).toHaveAttribute('aria-pressed', 'true');
});

test('Tab leaves the message, forwards and backwards, and types nothing', async ({ page }) => {
  await signIn(page, mel, address);
  await editorIsReady(page);
  await field.message(page).click();
  await page.keyboard.type('text');
  await page.keyboard.press('Tab');
  await expect(field.message(page)).not.toBeFocused();
  await page.keyboard.press('Shift+Tab');
  await expect(field.message(page)).toBeFocused();
  await page.keyboard.press('Shift+Tab');
  await expect(field.message(page)).not.toBeFocused();
  await expect(field.message(page)).toHaveText('text');
});

test('undo and redo work by key and by button', async ({ page }) => {
  await signIn(page, mel, address);
  await editorIsReady(page);
  await field.message(page).click();
  await page.keyboard.type('once');
  await page.keyboard.press('Control+z');
  await expect(field.message(page)).toHaveText('');
  await page.keyboard.press('Control+Shift+z');
  await expect(field.message(page)).toHaveText('once');
  await toolbar(page).getByRole('button', { name: /^Undo/ }).click();
  await expect(field.message(page)).toHaveText('');
  await toolbar(page).getByRole('button', { name: /^Redo/ }).click();
  await expect(field.message(page)).toHaveText('once');
});

test('blanks and empty lists count as no message', async ({ page }) => {
  await signIn(page, mel, address);
  await editorIsReady(page);
  await fillIn(page, { title: 'Empty', email: 'mel@wholebody.example' });
  await field.message(page).click();
  await page.keyboard.press('Space');
  await page.keyboard.press('Enter');
  await page.keyboard.type('- ');
  await submitButton(page).click();
  await expect(summary(page)).toBeFocused();
  await expect(field.message(page)).toHaveAttribute('aria-invalid', 'true');
});

test('what is typed before the editor has loaded, and while it takes over, is kept to the last key', async ({
  page,
  world,
}) => {
  await signIn(page, mel);
  const text = 'The quick brown fox jumps over the lazy dog. '.repeat(4).trim();
  // The editor's own files are held back until half of the text is there.
  const gate = Promise.withResolvers<void>();
  let held = 0;
  await page.route(/\/assets\/[^?]*\.js/, async (route) => {
    if (/\/tools-/.test(route.request().url())) {
      held += 1;
      await gate.promise;
    }
    await route.continue();
  });
  await page.goto(address);
  await field.message(page).click();
  await page.keyboard.type(text.slice(0, 90));
  await expect(field.message(page)).not.toHaveClass(/ProseMirror/);
  gate.resolve();
  await page.keyboard.type(text.slice(90), { delay: 5 });
  await editorIsReady(page);
  await page.keyboard.type(' End.');
  await expect(field.message(page)).toHaveText(`${text} End.`);
  expect(held, 'the editor loads behind the form, in a file of its own').toBeGreaterThan(0);
  const html = await sentHTML(page, world.line.creations, 'Typed early');
  expect(html).toBe(`<p>${text} End.</p>`);
});

test('keys that belong to an input method neither file the ticket nor put in a link', async ({ page, world }) => {
  await signIn(page, mel, address);
  await editorIsReady(page);
  await fillIn(page, { title: 'Composed', message: 'Before', email: 'mel@wholebody.example' });
  const devTools = await page.context().newCDPSession(page);
  const compose = (text: string) =>
    devTools.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length });
  // As an input method gets them: its keys have the code 229.
  const press = (key: 'Enter' | 'Escape', modifiers = 0) =>
    devTools.send('Input.dispatchKeyEvent', {
      type: 'rawKeyDown',
      key,
      code: key,
      windowsVirtualKeyCode: 229,
      modifiers,
    });
  const control = 2;

  for (const input of [field.title(page), field.message(page)]) {
    await input.click();
    await compose('にほ');
    await press('Enter', control);
    await devTools.send('Input.insertText', { text: '日本' });
  }
  await field.message(page).press('Control+k');
  const link = page.getByRole('textbox', { name: 'Link address' });
  await expect(link).toBeFocused();
  await compose('れい');
  await press('Enter');
  await press('Escape');
  await devTools.send('Input.insertText', { text: '例' });
  await expect(link).toHaveValue('例');
  await link.press('Escape');

  await expect(field.message(page)).toContainText('日本');
  await expect(page.getByRole('alert')).toHaveCount(0);
  expect(world.line.creations().filter(({ body }) => body.includes('Composed'))).toEqual([]);
});

test('a sheet lists every shortcut, which the tools really have, and gives the focus back', async ({ page, world }) => {
  await signIn(page, mel, address);
  await editorIsReady(page);
  await fillIn(page, { title: 'Not sent from the sheet', message: 'x', email: 'mel@wholebody.example' });
  const button = page.getByRole('button', { name: 'Keyboard shortcuts' });
  await button.press('Enter');
  const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(sheet).toBeVisible();
  const told = await sheet
    .locator('dl > div')
    .evaluateAll((rows) => rows.map((row) => [row.firstChild?.textContent, row.lastChild?.textContent]));
  const titles = await toolbar(page)
    .getByRole('button', { includeHidden: true })
    .evaluateAll((tools) => tools.map((tool) => tool.getAttribute('title')).filter((title) => title?.endsWith(')')));
  expect(titles.length).toBeGreaterThan(10);
  expect(told.map(([name, keys]) => `${name} (${keys})`)).toEqual(expect.arrayContaining(titles));
  expect(told).toContainEqual(['Submit ticket', 'Ctrl+Enter']);
  await expectNoAxeViolations(page);
  await page.keyboard.press('Control+Enter');
  await page.keyboard.press('Escape');
  await expect(sheet).toBeHidden();
  await expect(button).toBeFocused();
  await expect(submitButton(page)).not.toHaveAttribute('aria-busy', 'true');
  expect(world.line.creations().filter(({ body }) => body.includes('Not sent from the sheet'))).toEqual([]);
});

test('a sheet of shortcuts that comes late does not open over what is being written', async ({ page, context }) => {
  await signIn(page, mel, address);
  await editorIsReady(page);
  const button = page.getByRole('button', { name: 'Keyboard shortcuts' });
  const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  const missing = page.getByText('The list of shortcuts could not be loaded.');
  await context.setOffline(true);
  await button.click();
  await expect(missing).toBeVisible({ timeout: 30_000 });
  await field.title(page).click();
  await context.setOffline(false);
  await expect(missing).toHaveCount(0);
  await page.keyboard.type('Written on');
  await expect(field.title(page)).toHaveValue('Written on');
  await expect(sheet).toBeHidden();
  await button.click();
  await expect(sheet).toBeVisible();
});

test('a sheet of shortcuts that could not be loaded is loaded when it is asked for again', async ({ page }) => {
  await signIn(page, mel, address);
  await editorIsReady(page);
  const button = page.getByRole('button', { name: 'Keyboard shortcuts' });
  const missing = page.getByText('The list of shortcuts could not be loaded.');
  await page.route(/\/shortcut-sheet-/, (route) => route.abort('connectionrefused'));
  await button.click();
  await expect(missing).toBeVisible({ timeout: 30_000 });
  await page.unrouteAll();
  await button.click();
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
});

test('the shortcut of links asks for no address within a code block, which holds no links', async ({ page }) => {
  await signIn(page, mel, address);
  await editorIsReady(page);
  await field.message(page).fill('curl');
  await field.message(page).press('Control+Alt+c');
  await expect(toolbar(page).getByRole('button', { name: 'Code block' })).toHaveAttribute('aria-pressed', 'true');
  await field.message(page).press('Control+k');
  await expect(field.message(page)).toBeFocused();
  await field.message(page).press('Control+Alt+c');
  await field.message(page).press('Control+k');
  await expect(page.getByRole('textbox', { name: 'Link address' })).toBeFocused();
});

test('a file that is dragged over the page beside the editor is refused: the browser would open it there', async ({
  page,
}) => {
  await signIn(page, mel, address);
  await editorIsReady(page);
  // Playwright cannot drop a file as a person does, so this asks what the page makes of one that is dragged over it.
  const isRefused = (over: Locator, what: 'file' | 'text') =>
    over.evaluate((element, kind) => {
      const dataTransfer = new DataTransfer();
      if (kind === 'file') dataTransfer.items.add(new File(['x'], 'statement.pdf'));
      else dataTransfer.setData('text/plain', 'x');
      return !element.dispatchEvent(
        new DragEvent('dragover', { bubbles: true, cancelable: true, composed: true, dataTransfer }),
      );
    }, what);
  expect(await isRefused(heading(page), 'file')).toBe(true);
  expect(await isRefused(field.title(page), 'file')).toBe(true);
  expect(await isRefused(field.title(page), 'text')).toBe(false);
});

test('a paste from a word processor keeps its structure and drops its styling', async ({ page, world }) => {
  await signIn(page, mel, address);
  await editorIsReady(page);
  await field.message(page).click();
  await field.message(page).evaluate((element) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData(
      'text/html',
      `<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>p{color:red}</style></head><body><!--StartFragment-->
       <p class=MsoNormal style='mso-margin-top-alt:auto'><b style="color:#f00">Due</b> on <i>Monday</i><o:p></o:p></p>
       <p onclick="alert(1)"><a href="javascript:alert(1)">bad</a> <a href="https://good.example/">good</a><img src="https://x.example/t.gif"></p>
       <script>alert(1)</script><!--EndFragment--></body></html>`,
    );
    clipboardData.setData('text/plain', 'Due on Monday');
    element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  });
  await expect(field.message(page)).toContainText('Due on Monday');
  const html = await sentHTML(page, world.line.creations, 'Pasted');
  expect(html).toContain('<strong>Due</strong> on <em>Monday</em>');
  expect(html).toContain('href="https://good.example/"');
  expect(html).not.toMatch(/javascript|onclick|style|class|<img|<script|Mso/i);
});

test('columns and indents are seen by support as they are by whoever wrote or pasted them', async ({ page, world }) => {
  await signIn(page, mel, address);
  await editorIsReady(page);
  await field.message(page).click();
  await page.keyboard.type('id    amount');
  await page.keyboard.press('Enter');
  await field.message(page).evaluate((element) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', 'PO-1  12.50');
    clipboardData.setData('text/html', '<div style="white-space: pre"><div>PO-1  12.50</div><div>  late</div></div>');
    element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  });
  const html = await sentHTML(page, world.line.creations, 'In columns');
  expect(html.replaceAll('&nbsp;', '_')).toBe('<p>id___ amount</p><p>PO-1_ 12.50</p><p>_ late</p>');
});
