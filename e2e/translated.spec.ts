import type { Page } from '@playwright/test';
import { field, people, signIn, ticketAddress } from './support/pages.ts';
import { expect, test } from './support/world.ts';

test.use({ permissions: ['clipboard-read', 'clipboard-write'] });

/** Does what the translators of browsers do: they put an element of their own in the place of each text. */
const translate = (page: Page) =>
  page.evaluate(() => {
    const put = () => {
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      const texts: Text[] = [];
      while (walker.nextNode()) if (walker.currentNode instanceof Text) texts.push(walker.currentNode);
      for (const text of texts) {
        if (text.data.trim() === '' || text.parentElement?.closest('font, script, style, [contenteditable]')) continue;
        const font = document.createElement('font');
        font.textContent = text.data.toUpperCase();
        text.replaceWith(font);
      }
    };
    new MutationObserver(put).observe(document.body, { subtree: true, childList: true, characterData: true });
    put();
  });

test('on a page that the browser translates, a ticket is written, previewed, filed, copied from and closed', async ({
  page,
}) => {
  await signIn(page, people.mel, `/accounts/${people.mel.accountID}/tickets/new?title=fault:422 title`);
  await expect(field.message(page)).toHaveClass(/ProseMirror/);
  await translate(page);
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  await expect(button('SUBMIT TICKET')).toBeVisible();

  await page.locator('[name=title]').fill('fault:422 title changed');
  await page.locator('[contenteditable]').fill('Que pasa con mi dinero');
  await button('PREVIEW').click();
  await button('CLOSE PREVIEW').click();
  await button('SUBMIT TICKET').click();
  await expect(page.getByRole('alert')).toContainText('1 FIELD NEEDS ATTENTION');
  await button('SUBMIT TICKET').click();

  await expect(page).toHaveURL(ticketAddress);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('FAULT:422 TITLE CHANGED');
  await button('COPY ADDRESS').click();
  await expect(button('COPIED')).toBeVisible();
  await button('CLOSE TICKET').click();
  await page.getByRole('dialog').getByRole('button', { name: 'CLOSE TICKET' }).click();
  await expect(page.getByRole('main')).toContainText('CLOSED');
  await button('SIGN OUT').click();
  await expect(page).toHaveURL(/\/signed-out$/);
});
