import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { connect } from 'node:net';
import { expect, test } from '@playwright/test';
import { leaksIn, textsOf } from '../src/bff/testing/canaries.ts';
import { type Client, createClient } from './support/client.ts';
import { ownDatabase } from './support/database.ts';
import { type Portal, startPortal } from './support/portal.ts';
import { freePort, startPostgres } from './support/postgres.ts';
import { type Outside, startOutside, wholeBodyFitness } from './support/without-pages.ts';

/** A signal that a program of the test's own hears inside the portal's process, to break something there. */
const breakSignal = 'SIGUSR2';
const canary = 'mel@wholebody.example Bearer canary-9f3c0d';
/** A module that Node loads beside the portal: when the signal comes, `code` runs where nobody handles its error. */
const faultOnSignal = (code: string) => ({
  CANARY: canary,
  NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(`process.on('${breakSignal}', () => { ${code} })`)}`,
});

let outside: Outside;
let portal: Portal;
let client: Client;
const toUndo: (() => unknown)[] = [];
test.afterEach(async () => {
  for (const undo of toUndo.splice(0).reverse()) await undo();
});

/** Starts a portal and signs in. */
async function open(settings: Record<string, string> = {}, by: 'npm' | 'node' = 'node', log: 'pipe' | number = 'pipe') {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  outside = await startOutside(origin);
  toUndo.push(() => outside.stop());
  const database = await ownDatabase();
  toUndo.push(() => database.remove());
  const all = { ...outside.settings, ...database.settings, PORT: String(port), ...settings };
  portal = await startPortal(all, all.PUBLIC_ORIGIN, by, log);
  toUndo.push(() => portal.stop('SIGKILL'));
  client = createClient(origin);
  toUndo.push(() => client.close());
  await client.signIn();
  return all;
}

/** Asks for a ticket whose answer the API holds back, and waits until the API has it. */
async function fileSlowly(title: string) {
  const reply = client.file(wholeBodyFitness, title);
  await expect.poll(() => outside.creations().length).toBe(1);
  return reply;
}

/** What /readyz says, one time after the other, from now until it says this: statuses, and `refused` where nobody listens. */
async function readiness(until: string) {
  const said: string[] = [];
  while (said.at(-1) !== until)
    said.push(
      await fetch(`${portal.origin}/readyz`, { headers: { connection: 'close' } }).then(
        ({ status }) => String(status),
        () => 'refused',
      ),
    );
  return said;
}

test('npm start that is told to stop takes the portal with it, and leaves nobody at its port', async () => {
  await open({}, 'npm');
  portal.signal('SIGTERM');
  expect(await readiness('refused')).toContain('refused');
  await portal.ended;
  expect(portal.output()).toContain('stopped');
});

test('told to stop, the portal says at once that it is not ready, answers what it was asked, sends open pages elsewhere, and ends well', async () => {
  await open({ UPSTREAM_TIMEOUT_MS: '9000', ANSWER_WITHIN_MS: '8000' });
  const following = client.follow();
  await following.connected();
  const slow = fileSlowly('fault:slow 2000');
  await expect.poll(() => outside.creations().length).toBe(1);
  const askedAt = Date.now();
  const said = readiness('refused');
  portal.signal('SIGTERM');
  const notReady = (await said).filter((status) => status === '503');
  expect(notReady.length, 'not ready comes before not there, for long enough that a balancer asks').toBeGreaterThan(1);
  expect((await slow).status, 'the request that was open').toBe(201);
  expect(await portal.ended).toBe(0);
  expect(Date.now() - askedAt).toBeLessThan(10_000);
  await following.stop();
  expect(following.retries.at(-1), 'soon, and not all pages at the same moment').toBeLessThanOrEqual(1_000);
  expect(following.retries).toHaveLength(2);
  expect(portal.output()).toContain('"stopped"');
});

test('Ctrl+C, which a terminal and npm pass on twice, still lets the portal finish', async () => {
  await open({ UPSTREAM_TIMEOUT_MS: '9000', ANSWER_WITHIN_MS: '8000' });
  const slow = fileSlowly('fault:slow 1000');
  await expect.poll(() => outside.creations().length).toBe(1);
  portal.signal('SIGINT');
  portal.signal('SIGINT');
  expect((await slow).status).toBe(201);
  expect(await portal.ended).toBe(0);
});

// Where no file is always full, as on macOS, there is nothing to try it with.
if (existsSync('/dev/full'))
  test('a portal whose log has no room on its disk serves, and ends when it is told to', async () => {
    const full = openSync('/dev/full', 'w');
    toUndo.push(() => closeSync(full));
    await open({}, 'node', full);
    expect((await client.file(wholeBodyFitness, 'Filed without a log')).status).toBe(201);
    const askedAt = Date.now();
    portal.signal('SIGTERM');
    expect(await portal.ended).toBe(0);
    expect(Date.now() - askedAt).toBeLessThan(10_000);
  });

test('told a second time, the portal ends at once', async () => {
  await open({ UPSTREAM_TIMEOUT_MS: '60000', ANSWER_WITHIN_MS: '50000' });
  const hanging = fileSlowly('fault:hang').catch(() => 'broken off');
  await expect.poll(() => outside.creations().length).toBe(1);
  portal.signal('SIGTERM');
  await readiness('refused');
  // Told once it would wait for eight seconds.
  const again = Date.now();
  portal.signal('SIGTERM');
  expect(await portal.ended).toBe(1);
  expect(Date.now() - again).toBeLessThan(3_000);
  expect(await hanging).toBe('broken off');
});

test('a request that does not come to its end holds the end up for ten seconds at most, and the log tells it', async () => {
  await open();
  const socket = connect(Number(new URL(portal.origin).port), 'localhost');
  toUndo.push(() => socket.destroy());
  socket.on('error', () => undefined);
  const gone = once(socket, 'close');
  socket.write('POST /api/csp-reports HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{');
  // The portal has that request once it has answered one that came after it.
  expect((await fetch(`${portal.origin}/healthz`)).status).toBe(200);
  portal.signal('SIGTERM');
  // A server that is closing waits for as long as the client of an open request likes.
  expect(await portal.ended).toBe(0);
  await gone;
  expect(portal.output()).toContain('requests were still open when the time to finish ran out');
});

test('a delivery that hangs keeps nobody waiting: the portal ends within 10 seconds and another instance files the ticket, once', async () => {
  const postgres = await startPostgres();
  toUndo.push(() => postgres.stop());
  const settings = await open({
    DATABASE_URL: postgres.url,
    UPSTREAM_TIMEOUT_MS: '60000',
    ANSWER_WITHIN_MS: '50000',
    SETTLE_MS: '1000',
  });
  const hanging = fileSlowly('fault:hang');
  await expect.poll(() => outside.creations().length).toBe(1);
  const port = String(await freePort());
  const other = await startPortal({ ...settings, PORT: port }, `http://localhost:${port}`);
  toUndo.push(() => other.stop());
  const askedAt = Date.now();
  portal.signal('SIGTERM');
  expect((await hanging).status, 'kept, which the page can show').toBe(202);
  expect(await portal.ended).toBe(0);
  expect(Date.now() - askedAt).toBeLessThan(10_000);
  // Its lease would have held for four minutes.
  await expect.poll(() => outside.titles().filter((title) => title === 'fault:hang').length).toBe(1);
});

for (const [what, code] of [
  ['an error that nobody handles', 'throw new Error(process.env.CANARY)'],
  ['a rejection that nobody handles', 'Promise.reject(new Error(process.env.CANARY))'],
  ['a rejection with something that is no error', 'Promise.reject({ body: process.env.CANARY })'],
] as const)
  test(`after ${what}, the portal logs it without secrets, finishes what is open and ends with 1`, async () => {
    await open({ ...faultOnSignal(code), UPSTREAM_TIMEOUT_MS: '9000', ANSWER_WITHIN_MS: '8000' });
    const slow = fileSlowly('fault:slow 1000');
    await expect.poll(() => outside.creations().length).toBe(1);
    const said = readiness('refused');
    portal.signal(breakSignal);
    expect(await said).toContain('503');
    expect((await slow).status, 'the request that was open').toBe(201);
    expect(await portal.ended).toBe(1);
    const fatal = portal
      .output()
      .split('\n')
      .filter((line) => line.includes('"level":"fatal"'));
    expect(fatal, 'one line of the log, and nothing from Node itself').toHaveLength(1);
    expect(fatal[0]).toContain('an error that nobody handled');
    expect(portal.output()).not.toMatch(/mel@wholebody|canary/);
    const { MOOV_SECRET_KEY, MOOV_WEBHOOK_SECRET, OIDC_CLIENT_SECRET } = outside.settings;
    const inFlight = outside.sandbox.moov.received.flatMap(({ headers, body }) => [
      ...(headers.authorization?.split(' ').slice(1) ?? []),
      ...textsOf(body),
    ]);
    expect(inFlight.length).toBeGreaterThan(2);
    expect(
      leaksIn(portal.output(), [
        MOOV_SECRET_KEY,
        MOOV_WEBHOOK_SECRET,
        OIDC_CLIENT_SECRET,
        ...client.secrets(),
        ...inFlight,
      ]),
      'nothing secret or personal of the request that was open',
    ).toEqual([]);
  });
