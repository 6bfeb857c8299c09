import { expect, test } from '@playwright/test';
import { startSandbox } from '../src/sandbox/start.ts';
import { ownDatabase } from './support/database.ts';
import { people, signInByClicking } from './support/pages.ts';
import { startPortal } from './support/portal.ts';
import { freePort } from './support/postgres.ts';

const { mel } = people;

test('where Moov tells the portal nothing, an open list shows a new ticket within half a minute', async ({ page }) => {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const sandbox = await startSandbox({ portalOrigin: origin });
  const database = await ownDatabase();
  const settings = { ...sandbox.settings, ...database.settings, MOOV_WEBHOOK_SECRET: '' };
  const portal = await startPortal({ ...settings, HOST: '127.0.0.1', PORT: String(port), PUBLIC_ORIGIN: origin });
  try {
    await page.clock.install();
    const streaming = page.waitForRequest(/\/api\/events/);
    await signInByClicking(page, mel, origin);
    await page.clock.runFor(2_000);
    await streaming;
    sandbox.moov.store.create(mel.accountID, {
      title: 'Filed by another program',
      body: '<p>Hello</p>',
      contact: { email: 'a@example.com' },
    });
    await page.clock.runFor(31_000);
    await expect(page.getByRole('link', { name: /Filed by another program/ })).toBeVisible();
  } finally {
    await portal.stop();
    await sandbox.stop();
    await database.remove();
  }
});
