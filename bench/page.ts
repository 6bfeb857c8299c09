import { setTimeout as pause } from 'node:timers/promises';
import { chromium, type Page } from '@playwright/test';
import * as z from 'zod/mini';
import { wholeBrowser } from '../e2e/support/browser.ts';
import { ownDatabase } from '../e2e/support/database.ts';
import { field, people, signInByClicking } from '../e2e/support/pages.ts';
import { startPortal } from '../e2e/support/portal.ts';
import { freePort } from '../e2e/support/postgres.ts';
import { startSandbox } from '../src/sandbox/start.ts';

/** A bad phone: 1.6 Mbit/s, 150 ms a request, a processor four times slower. */
const line = { offline: false, latency: 150, downloadThroughput: 1_600_000 / 8, uploadThroughput: 750_000 / 8 };
const slower = 4;
const visits = 5;
const ticketsOfAccount = 10_000;
const messageLength = 20_000;
const keys = 60;
/** For how long keys are sent to a page that has just been opened, and how long after each other: faster than anybody types. */
const keysForMs = 1_500;
const keyEveryMs = 25;

const visitSchema = z.object({
  firstPaint: z.number(),
  title: z.number(),
  message: z.number(),
  takenOver: z.number(),
  editor: z.number(),
  blocking: z.number(),
  cls: z.number(),
});
/**
 * Times in ms since the visit began; `title` and `message`: the first key there, which was kept; `takenOver`: the form is
 * React's. Bytes are those on the line, headers included, of all that the page loads by itself.
 */
export type Visit = z.infer<typeof visitSchema> & {
  bytes: number;
  bytesBeforeTakeOver: number;
  requests: number;
  kept: boolean;
};
export type Typing = { p50Ms: number; p95Ms: number };
export type PageReport = {
  visit: Visit;
  typing: { editor: Typing; bare: Typing };
  list: { firstRowMs: number; nodes: number };
  browser: string;
};

/** Runs in the page before anything of it: notes when what happened. */
function watch() {
  const seen = { firstPaint: 0, title: 0, message: 0, takenOver: 0, editor: 0, blocking: 0, cls: 0 };
  Object.assign(window, { seen });
  const observe = (type: string, note: (entry: PerformanceEntry) => void) =>
    new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true });
  observe('paint', (entry) => {
    if (entry.name === 'first-contentful-paint') seen.firstPaint = entry.startTime;
  });
  observe('longtask', (entry) => {
    seen.blocking += Math.max(entry.duration - 50, 0);
  });
  observe('layout-shift', (entry) => {
    if ('value' in entry && typeof entry.value === 'number' && !('hadRecentInput' in entry && entry.hadRecentInput))
      seen.cls += entry.value;
  });
  addEventListener(
    'input',
    ({ target }) => {
      const where = target instanceof HTMLInputElement ? 'title' : 'message';
      seen[where] ||= performance.now();
      // From its first key on the title has enough, and the message is next.
      if (where === 'title') document.querySelector<HTMLElement>('[role="textbox"]')?.focus();
      else if (target instanceof HTMLElement) target.blur();
    },
    true,
  );
  const look = () => {
    const input = document.querySelector('input');
    if (seen.title === 0 && document.querySelector('[role="textbox"]') !== null) input?.focus();
    // React ties what it has taken over to itself by properties of its own.
    if (input !== null && Object.keys(input).some((key) => key.startsWith('__react')))
      seen.takenOver ||= performance.now();
    if (document.querySelector('.ProseMirror') === null) requestAnimationFrame(look);
    else seen.editor = performance.now();
  };
  requestAnimationFrame(look);
}

/** Runs in the page: notes the time from each key to the frame that shows it. */
function timeKeys() {
  const delays: number[] = [];
  Object.assign(window, { delays });
  addEventListener(
    'keydown',
    ({ timeStamp }) =>
      requestAnimationFrame(() => {
        // A message comes after the frame is painted.
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => delays.push(performance.now() - timeStamp);
        port2.postMessage(0);
      }),
    true,
  );
}

/** The page as a person on a bad phone meets it, typing in a long message, and the list of 10,000 tickets. */
export async function measurePage(): Promise<PageReport> {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const database = await ownDatabase();
  const sandbox = await startSandbox({ portalOrigin: origin, extraTickets: ticketsOfAccount });
  const portal = await startPortal({
    ...sandbox.settings,
    ...database.settings,
    HOST: '127.0.0.1',
    PORT: String(port),
    PUBLIC_ORIGIN: origin,
    LOG_LEVEL: 'warn',
  });
  const browser = await chromium.launch(wholeBrowser());
  try {
    const signingIn = await browser.newContext({ baseURL: origin });
    await signInByClicking(await signingIn.newPage(), people.mel);
    const cookies = await signingIn.cookies();
    await signingIn.close();
    const account = `/accounts/${people.mel.accountID}/tickets`;

    /** A page of a browser that has never been here, but is signed in. */
    async function fresh<T>(use: (page: Page) => Promise<T>): Promise<T> {
      const context = await browser.newContext({ baseURL: origin });
      await context.addCookies(cookies);
      try {
        return await use(await context.newPage());
      } finally {
        await context.close();
      }
    }

    const all: Visit[] = [];
    for (let visit = 0; visit < visits; visit += 1) all.push(await fresh((page) => firstVisit(page, `${account}/new`)));
    const writing = await fresh((page) => writeThrough(page, `${account}/new`));
    const middle = (of: (visit: Visit) => number) => percentile(all.map(of), 0.5);
    const visit: Visit = {
      firstPaint: middle((one) => one.firstPaint),
      title: middle((one) => one.title),
      message: middle((one) => one.message),
      takenOver: middle((one) => one.takenOver),
      editor: middle((one) => one.editor),
      blocking: middle((one) => one.blocking),
      cls: middle((one) => one.cls),
      bytes: middle((one) => one.bytes),
      bytesBeforeTakeOver: middle((one) => one.bytesBeforeTakeOver),
      requests: middle((one) => one.requests),
      kept: writing && all.every(({ kept }) => kept),
    };
    const typing = {
      bare: await fresh(async (page) => {
        await page.goto('/robots.txt');
        await page.evaluate(() => {
          const area = document.createElement('div');
          area.contentEditable = 'true';
          area.setAttribute('role', 'textbox');
          area.setAttribute('aria-label', 'Message');
          document.body.replaceChildren(area);
        });
        return typeIn(page);
      }),
      editor: await fresh(async (page) => {
        await page.goto(`${account}/new`);
        await page.locator('.ProseMirror').waitFor();
        return typeIn(page);
      }),
    };
    const list = await fresh(async (page) => {
      await slowDown(page);
      await page.goto(account);
      await page.locator(`a[href^="${account}/"]:not([href*="/new"])`).first().waitFor();
      return page.evaluate(() => ({
        firstRowMs: performance.now(),
        nodes: document.querySelectorAll('*').length,
      }));
    });
    return { visit, typing, list, browser: browser.version() };
  } finally {
    await browser.close();
    await portal.stop();
    await sandbox.stop();
    await database.remove();
  }
}

async function slowDown(page: Page) {
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: slower });
  return session;
}

/** Opens the page over the bad line. */
async function visit(page: Page, path: string) {
  const session = await slowDown(page);
  /** what has come, and when, in ms since 1970 */
  const loaded: { at: number; bytes: number }[] = [];
  let requests = 0;
  let clock = 0;
  session.on('Network.requestWillBeSent', ({ timestamp, wallTime }) => {
    requests += 1;
    clock ||= wallTime - timestamp;
  });
  session.on('Network.loadingFinished', ({ encodedDataLength, timestamp }) => {
    loaded.push({ at: (timestamp + clock) * 1_000, bytes: encodedDataLength });
  });
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', line);
  await page.goto(path, { waitUntil: 'commit' });
  return {
    session,
    bytes: (until = Number.POSITIVE_INFINITY) =>
      loaded.reduce((sum, { at, bytes }) => sum + (at <= until ? bytes : 0), 0),
    requests: () => requests,
  };
}

async function firstVisit(page: Page, path: string): Promise<Visit> {
  await page.addInitScript(watch);
  const { bytes, requests, session } = await visit(page, path);
  // All past Playwright, whose ways of finding an element are a large program that the page's slow processor would have to read
  // first.
  const over = Date.now() + keysForMs;
  while (Date.now() < over) {
    await session.send('Input.dispatchKeyEvent', { type: 'char', text: 'x' });
    await pause(keyEveryMs);
  }
  const isThere = { expression: 'window.seen.editor > 0' };
  while ((await session.send('Runtime.evaluate', isThere)).result.value !== true) await pause(50);
  // Two seconds without a request say that everything has come and nothing blocks any more. There is no event to wait for:
  // the stream of live news stays open, so that the network is never idle.
  await page.waitForLoadState('load');
  for (let before = 0; before < requests(); await page.waitForTimeout(2_000)) before = requests();
  const kept =
    (await field.title(page).inputValue()) === 'x' && (await field.message(page).textContent())?.trim() === 'x';
  const seen = visitSchema.parse(await page.evaluate(() => ('seen' in window ? window.seen : undefined)));
  const begun = await page.evaluate(() => performance.timeOrigin);
  return {
    ...seen,
    bytes: bytes(),
    bytesBeforeTakeOver: bytes(begun + seen.takenOver),
    requests: requests(),
    kept,
  };
}

/** Whether every key stands where it was typed when one writes without a pause while React and the editor come. */
async function writeThrough(page: Page, path: string): Promise<boolean> {
  await visit(page, path);
  await field.message(page).focus();
  const ready = page.locator('.ProseMirror').waitFor();
  let there = false;
  void ready.then(() => {
    there = true;
  });
  let written = '';
  while (!there || written.length % 10 > 0) {
    const key = String.fromCharCode(97 + (written.length % 26));
    await page.keyboard.type(key);
    written += key;
  }
  return (await field.message(page).textContent()) === written;
}

async function typeIn(page: Page): Promise<Typing> {
  await field.message(page).click();
  // Paragraphs of a hundred words, as somebody writes who has much to say.
  const words = 'support '.repeat(Math.ceil(messageLength / 8)).slice(0, messageLength);
  for (let at = 0; at < messageLength; at += 800) {
    await page.keyboard.insertText(words.slice(at, at + 800));
    await page.keyboard.press('Enter');
  }
  await slowDown(page);
  await page.evaluate(timeKeys);
  for (let key = 0; key < keys; key += 1) await page.keyboard.press('x', { delay: 20 });
  const delays = z
    .array(z.number())
    .check(z.minLength(keys / 2))
    .parse(await page.evaluate(() => ('delays' in window ? window.delays : undefined)));
  return { p50Ms: percentile(delays, 0.5), p95Ms: percentile(delays, 0.95) };
}

const percentile = (values: number[], share: number) =>
  values.toSorted((a, b) => a - b)[Math.min(Math.floor(values.length * share), values.length - 1)] ?? Number.NaN;

if (import.meta.main) process.stdout.write(`${JSON.stringify(await measurePage(), null, 1)}\n`);
