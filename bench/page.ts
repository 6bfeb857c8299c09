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
/** How long keys are sent to a page that has just been opened, and the pause between two keys (shorter than anybody's). */
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
 * What a first visit to the new-ticket page measured. All times are in ms since the visit began: `firstPaint`; `title` and
 * `message`, when the first key arrived in that field; `takenOver`, when React had the form; `editor`, when TipTap was there.
 * `blocking` is the total blocking time in ms, `cls` the cumulative layout shift. Bytes are counted on the network, with headers, for
 * everything that the page loads by itself. `kept`: whether no key was lost.
 */
type Visit = z.infer<typeof visitSchema> & {
  bytes: number;
  bytesBeforeTakeOver: number;
  requests: number;
  kept: boolean;
};
type Typing = { p50Ms: number; p95Ms: number };
type PageReport = {
  visit: Visit;
  typing: { editor: Typing; bare: Typing };
  list: { firstRowMs: number; nodes: number };
  browser: string;
};

/** Runs in the browser before the page's own programs, and notes in `window.seen` when each thing happened. */
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
      // The first key in the title is enough: go on in the message. After the first key there, stop.
      if (where === 'title') document.querySelector<HTMLElement>('[role="textbox"]')?.focus();
      else if (target instanceof HTMLElement) target.blur();
    },
    true,
  );
  const look = () => {
    const input = document.querySelector('input');
    if (seen.title === 0 && document.querySelector('[role="textbox"]') !== null) input?.focus();
    // React has hydrated an element when the element has React's own properties.
    if (input !== null && Object.keys(input).some((key) => key.startsWith('__react')))
      seen.takenOver ||= performance.now();
    if (document.querySelector('.ProseMirror') === null) requestAnimationFrame(look);
    else seen.editor = performance.now();
  };
  requestAnimationFrame(look);
}

/** Runs in the browser: collects in `window.delays` the time in ms from each key to the frame that shows it. */
function timeKeys() {
  const delays: number[] = [];
  Object.assign(window, { delays });
  addEventListener(
    'keydown',
    ({ timeStamp }) =>
      requestAnimationFrame(() => {
        // A message of a MessageChannel is delivered after the browser has painted the frame.
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => delays.push(performance.now() - timeStamp);
        port2.postMessage(0);
      }),
    true,
  );
}

/**
 * Measures the pages in a real browser: the first visit to the new-ticket page on a bad phone, typing in a long message, and the list
 * of an account with 10,000 tickets. Needs what `npm run build` builds.
 */
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

    /** Runs `use` on a page of a new browser context: signed in, with an empty cache. */
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

/**
 * Opens a page over the bad line, and returns as soon as its first bytes are there.
 * @returns the DevTools session, the bytes received up to a moment (in ms since 1970), and how many requests there were
 */
async function visit(page: Page, path: string) {
  const session = await slowDown(page);
  /** the size of each response, and when it was complete, in ms since 1970 */
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
  // Sent by the DevTools protocol and not by Playwright's locators: these inject a large script, which the slowed-down processor
  // would have to parse first.
  const over = Date.now() + keysForMs;
  while (Date.now() < over) {
    await session.send('Input.dispatchKeyEvent', { type: 'char', text: 'x' });
    await pause(keyEveryMs);
  }
  const isThere = { expression: 'window.seen.editor > 0' };
  while ((await session.send('Runtime.evaluate', isThere)).result.value !== true) await pause(50);
  // When there was no new request for two seconds, everything has been loaded. No event says this: the stream of live news stays
  // open, so the network is never idle.
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

/** Types without a pause while React and the editor are being loaded. @returns whether every key is in the message, in order */
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
  // Paragraphs of a hundred words.
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
