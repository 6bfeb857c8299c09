import { once } from 'node:events';
import { expect, test } from '@playwright/test';
import { ownDatabase } from './support/database.ts';
import { baker, bakery, elsewhere, secrets } from './support/elsewhere.ts';
import { control, signInName } from './support/pages.ts';
import { launch, startPortal } from './support/portal.ts';

/** Runs a portal that must refuse to start; gives its exit status and what it printed. */
async function refusal(settings: Record<string, string>) {
  const { child, output } = launch(settings);
  await once(child, 'close', { signal: AbortSignal.timeout(30_000) });
  return { status: child.exitCode, output: output() };
}

test('an operator who sets nothing is told every required setting at once', async () => {
  const { status, output } = await refusal({});
  expect(status).toBe(1);
  for (const name of [
    'PUBLIC_ORIGIN',
    'MOOV_PUBLIC_KEY',
    'MOOV_SECRET_KEY',
    'MOOV_PARTNER_ACCOUNT_ID',
    'OIDC_ISSUER',
    'OIDC_CLIENT_ID',
    'OIDC_CLIENT_SECRET',
  ])
    expect(output).toContain(name);
  expect(output, 'a list for people, not a stack trace').not.toMatch(/^\s+at /m);
});

test('an operator is told every bad and every missing setting together, and no value of any', async () => {
  const { status, output } = await refusal({
    PORT: 'canary-port',
    PUBLIC_ORIGIN: 'http://canary-portal.example',
    MOOV_API_URL: 'canary-api',
    MOOV_PUBLIC_KEY: 'canary-public',
    MOOV_SECRET_KEY: 'canary-secret',
    MOOV_PARTNER_ACCOUNT_ID: 'canary-account',
    OIDC_ISSUER: 'http://canary-issuer.example',
    OIDC_CLIENT_SECRET: 'canary-oidc',
    DATABASE_URL: 'mysql://canary:canary@canary.example/canary',
    SETTLE_MS: 'canary-settle',
  });
  expect(status).toBe(1);
  for (const name of [
    'PORT',
    'PUBLIC_ORIGIN',
    'MOOV_API_URL',
    'MOOV_PARTNER_ACCOUNT_ID',
    'OIDC_ISSUER',
    'OIDC_CLIENT_ID',
    'DATABASE_URL',
    'SETTLE_MS',
  ])
    expect(output).toContain(name);
  expect(output).not.toContain('canary');
});

test('with another provider and another API in its settings, a merchant signs in, files a ticket and closes it', async ({
  page,
}) => {
  const database = await ownDatabase();
  const other = await elsewhere(database.settings);
  const portal = await startPortal(other.settings);
  const seen: string[] = [];
  page.on('response', (response) => {
    seen.push(JSON.stringify([response.url(), response.headers()]));
  });
  try {
    await page.goto(portal.origin);
    await control(page, signInName).click();
    await page.getByRole('link', { name: `Continue as ${baker.name}` }).click();

    await control(page, 'New ticket').click();
    await expect(page).toHaveURL(`${portal.origin}/accounts/${bakery.accountID}/tickets/new`);
    await page.getByRole('textbox', { name: 'Title', exact: true }).fill('The oven is not connected');
    await page.getByRole('textbox', { name: 'Message', exact: true }).fill('It was, until Monday.');
    await page.getByRole('textbox', { name: 'Contact email', exact: true }).fill('oven@bakery.example');
    await page.getByRole('button', { name: 'Submit ticket' }).click();

    const heading = page.getByRole('heading', { level: 1 });
    await expect(heading).toContainText('The oven is not connected');
    await expect(page.getByText('70001').first(), 'the number that the API gave').toBeVisible();
    await expect(
      page.getByText(/waiting.for.parts/i).first(),
      'a status of which the portal has never heard',
    ).toBeVisible();

    await page.getByRole('button', { name: 'Close ticket' }).click();
    const confirm = page.getByRole('dialog').getByRole('button', { name: 'Close ticket' });
    await confirm.click();
    await expect(page.getByRole('button', { name: 'Close ticket' })).toHaveCount(0);

    expect(other.moov.taken).toHaveLength(1);
    expect(other.moov.taken[0]).toMatchObject({
      accountID: bakery.accountID,
      scopes: [`/accounts/${bakery.accountID}/tickets.write`],
      body: { title: 'The oven is not connected', contact: { email: 'oven@bakery.example' }, author: baker.name },
    });

    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(control(page, signInName), 'signed out, though this provider has no page for it').toBeVisible();

    expect(other.issuer.complaints, 'rules of the provider that were broken').toEqual([]);
    expect(other.moov.complaints, 'rules of the API that were broken').toEqual([]);
    for (const secret of Object.values(secrets)) {
      expect(portal.output(), 'secrets in the log').not.toContain(secret);
      expect(seen.join('\n'), 'secrets in the browser').not.toContain(secret);
    }
  } finally {
    await portal.stop();
    await other.stop();
    await database.remove();
  }
});
