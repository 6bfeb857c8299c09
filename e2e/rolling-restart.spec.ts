import { connect } from 'node:tls';
import { expect, type Page, test } from '@playwright/test';
import { page as address, call } from '../src/contract/paths.ts';
import { problemSchema, problemType } from '../src/contract/problem.ts';
import { type Client, createClient } from './support/client.ts';
import { startNginx } from './support/nginx.ts';
import {
  control,
  editorIsReady,
  expectFiled,
  expectSignedOut,
  field,
  fillIn,
  signInName,
  submitButton,
  ticketAddress,
} from './support/pages.ts';
import { type Portal, startPortal } from './support/portal.ts';
import { freePort, startPostgres } from './support/postgres.ts';
import { startOutside, wholeBodyFitness } from './support/without-pages.ts';

const workers = 4;
/** Few enough to connect again after each of many restarts below the limit of one person. */
const followers = 4;
const toUndo: (() => unknown)[] = [];
test.use({ ignoreHTTPSErrors: true });
test.afterEach(async () => {
  for (const undo of toUndo.splice(0).reverse()) await undo();
});

/** PostgreSQL, two portals, and nginx with the configuration of `deploy/` in front of them. */
async function startDeployment() {
  const [http, https, first, second] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const origin = `https://localhost:${https}`;
  const outside = await startOutside(origin);
  toUndo.push(() => outside.stop());
  const postgres = await startPostgres();
  toUndo.push(() => postgres.stop());
  const portals = await Promise.all(
    [first, second].map(async (port) => {
      const start = () =>
        startPortal(
          {
            ...outside.settings,
            DATABASE_URL: postgres.url,
            PORT: String(port),
            CREATE_LIMIT_PER_MINUTE: '10000',
            TRUSTED_PROXIES: '127.0.0.1',
          },
          `http://localhost:${port}`,
        );
      return { start, portal: await start() };
    }),
  );
  for (const one of portals) toUndo.push(() => one.portal.stop('SIGKILL'));
  const nginx = await startNginx({ http, https, portals: [first, second] });
  toUndo.push(() => nginx.stop());
  return { origin, http, outside, portals, nginx };
}

/** What people do in a browser, from signing in to signing out. */
async function journey(page: Page, origin: string, title: string) {
  await page.goto(origin);
  await control(page, signInName).click();
  await page.getByRole('link', { name: 'Continue as Mel Roberts' }).click();
  await control(page, 'New ticket').click();
  await editorIsReady(page);
  await fillIn(page, { title, email: 'mel@wholebody.example', reference: title });
  await field.message(page).click();
  await page.keyboard.type('It must not matter.');
  await submitButton(page).click();
  await expectFiled(page, title);
  await expect(page).toHaveURL(ticketAddress, { timeout: 30_000 });
  await page.goto(origin + address.tickets(wholeBodyFitness));
  await page.getByRole('searchbox', { name: 'Search tickets' }).fill(title);
  await page.getByRole('main').getByRole('link', { name: title, exact: true }).click();
  await control(page, 'Close ticket').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Close ticket' }).click();
  await expect(page.getByText('Closed', { exact: true }).first()).toBeVisible();
  await expect(control(page, 'Close ticket')).toHaveCount(0);
  await control(page, 'Sign out').click();
  await expectSignedOut(page);
}

/** Stops each portal as a deployment does and starts it again, one after the other. */
async function restartEach(portals: { start(): Promise<Portal>; portal: Portal }[]) {
  for (const one of portals) {
    await one.portal.stop('SIGTERM');
    expect(await one.portal.ended).toBe(0);
    one.portal = await one.start();
  }
}

/** Files, lists and reads until told to stop; every answer that is not as it should be is a fault. */
function work(client: Client, name: string) {
  const filed: string[] = [];
  const faults: string[] = [];
  let over = false;
  const done = (async () => {
    for (let count = 1; !over; count += 1) {
      const title = `${name} ${count}`;
      const created = await client.file(wholeBodyFitness, title);
      filed.push(title);
      if (created.status !== 201) faults.push(`filing ${title}: ${created.status} ${created.text}`);
      // Below the limit of readings of one person, who is in a browser meanwhile.
      const reads = [call.tickets(wholeBodyFitness, { count: 5 }), String(created.headers.location ?? call.session())];
      for (const path of [...(count % 20 === 1 ? reads : []), call.session(), '/']) {
        const { status } = await client.get(path);
        if (status !== 200) faults.push(`GET ${path}: ${status}`);
      }
    }
  })().catch((error: unknown) => {
    faults.push(String(error));
  });
  return {
    filed,
    faults,
    async stop() {
      over = true;
      await done;
    },
  };
}

test('while the instances are restarted one by one, no request fails, no ticket is filed twice and no stream loses news', async ({
  page,
}) => {
  test.setTimeout(180_000);
  // It is about what fails, not about how fast it is, while two cores start one portal after the other.
  page.setDefaultTimeout(40_000);
  const { origin, http, outside, portals, nginx } = await startDeployment();
  const client = createClient(origin, nginx.ca);
  toUndo.push(() => client.close());
  await client.signIn();
  const streams = Array.from({ length: followers }, () => client.follow());
  for (const stream of streams) await stream.connected();

  const failed: string[] = [];
  page.on('response', (response) => {
    if (response.status() >= 500) failed.push(`${response.status()} ${response.url()}`);
  });
  const busy = Array.from({ length: workers }, (_, index) => work(client, `worker ${index + 1}`));
  // For as long as somebody goes through it all in a browser.
  let over = false;
  const restarted = (async () => {
    do await restartEach(portals);
    while (!over);
  })();
  const titles = ['Filed during a restart', 'Filed during another restart'];
  const journeys = (async () => {
    for (const title of titles) await journey(page, origin, title);
  })().finally(() => {
    over = true;
  });
  await Promise.all([journeys, restarted]);
  for (const one of busy) await one.stop();
  expect(failed, 'what a page asked for').toEqual([]);

  expect(
    busy.flatMap(({ faults }) => faults),
    nginx.log().slice(-4_000),
  ).toEqual([]);
  const filed = [...busy.flatMap((one) => one.filed), ...titles];
  const arrived = outside.titles().filter((title) => filed.includes(title));
  expect(arrived.sort(), 'each ticket once').toEqual(filed.sort());

  // Moov's own webhook is the last news of each ticket: every stream must have heard of all of them.
  const marker = await client.file(wholeBodyFitness, 'the last of all');
  expect(marker.status).toBe(201);
  const { ticketID } = JSON.parse(marker.text);
  for (const stream of streams)
    await expect.poll(() => stream.news.some(({ data }) => data.includes(ticketID))).toBe(true);
  const created = (stream: (typeof streams)[number]) =>
    stream.news.filter(({ event, data }) => event === 'submission' && data.includes('"created"'));
  for (const stream of streams) {
    await stream.stop();
    const ids = stream.news.filter(({ event }) => event !== 'ready').map(({ id }) => id);
    expect(ids, 'in order, nothing twice').toEqual([...new Set(ids)].sort((a, b) => a - b));
    expect(created(stream), 'news of each ticket').toHaveLength(filed.length + 1);
    expect(stream.news.filter(({ event }) => event === 'reset')).toEqual([]);
    expect(stream.refused, 'every stream that ended was replaced at the first try').toEqual([]);
    expect(stream.retries.filter((ms) => ms <= 1_000).length, 'told to connect again soon').toBeGreaterThan(0);
  }
  expect(filed.length, 'the restarts were met by work').toBeGreaterThan(20);

  // What nginx does besides.
  const protocol = await new Promise((resolve, reject) => {
    const socket = connect(
      { host: 'localhost', port: Number(new URL(origin).port), ca: nginx.ca, ALPNProtocols: ['h2', 'http/1.1'] },
      () => {
        resolve(socket.alpnProtocol);
        socket.end();
      },
    );
    socket.once('error', reject);
  });
  expect(protocol).toBe('h2');
  const plain = await fetch(`http://localhost:${http}/accounts?q=1`, { redirect: 'manual' });
  expect(plain.status).toBe(308);
  expect(plain.headers.get('location')).toMatch(/^https:\/\/localhost\/accounts\?q=1$/);
  expect(nginx.log(), 'codes of sign-ins').not.toMatch(/code=/);

  // With no instance left, it says so as the portal would, with a reference that an operator finds in its log.
  for (const one of portals) await one.portal.stop('SIGTERM');
  const away = await client.get(call.session());
  const problem = problemSchema.parse(JSON.parse(away.text));
  expect(problem).toMatchObject({ type: problemType('unavailable'), status: away.status, retryAfter: 5 });
  expect([away.status, away.headers['content-type']]).toEqual([503, 'application/problem+json']);
  expect(problem.requestID).toBe(away.headers['x-request-id']);
  await page.goto(`${origin}/signed-out?for=a&while`);
  await expect(page.getByRole('heading')).toHaveText('The portal does not answer at the moment');
  const [, shown = ''] = /Reference: (\w+)/.exec(await page.getByRole('document').innerHTML()) ?? [];
  await expect
    .poll(() => [problem.requestID, shown].every((reference) => reference !== '' && nginx.log().includes(reference)))
    .toBe(true);
  for (const [reference, asked] of [
    [problem.requestID, call.session()],
    [shown, '/signed-out'],
  ] as const)
    expect(nginx.log(), 'what was asked for').toMatch(new RegExp(`"path":"${asked}",.*"${reference}"`));
});
