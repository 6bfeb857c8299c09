import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { canInstall, install } from './debian.ts';
import { onPath, runnable } from './programs.ts';

/** Flags for a Chromium that runs as root in a container, without a GPU, and that makes no requests of its own. */
export const browserArgs = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // The suggestions of the address bar would start a renderer process for each page, although there is no window to show them in.
  '--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup',
];

/** Launch options for the whole browser, for tests of what the headless shell does differently from people's browsers. */
export const wholeBrowser = () => ({ executablePath: findBrowser(), args: browserArgs });

/** Launches the whole browser with the back/forward cache, which people's browsers have and Playwright switches off. */
export const launchKeepingPages = () =>
  chromium.launch({ ...wholeBrowser(), ignoreDefaultArgs: ['--disable-back-forward-cache'] });

function installed(): string | undefined {
  return [
    '/usr/bin/chromium',
    onPath('chromium'),
    onPath('chromium-browser'),
    onPath('google-chrome'),
    onPath('google-chrome-stable'),
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    chromium.executablePath(),
  ].find(runnable);
}

/** The ways to install a browser, tried in turn until one succeeds. */
const ways: { applies: () => boolean; install: () => void }[] = [
  { applies: canInstall, install: () => install('chromium') },
  {
    applies: () => true,
    install: () =>
      execFileSync(process.execPath, [join('node_modules', '@playwright', 'test', 'cli.js'), 'install', 'chromium'], {
        stdio: ['ignore', 2, 2],
      }),
  },
];

/**
 * The path of a Chromium: `CHROMIUM_PATH`, else one that is installed, else one that this function installs (Debian's package if it runs
 * as root on Debian, otherwise Playwright's download).
 * @throws when there is none and none can be installed; the message says what to do
 */
export function findBrowser(): string {
  const chosen = process.env.CHROMIUM_PATH;
  if (chosen !== undefined && chosen !== '') {
    if (runnable(chosen)) return chosen;
    throw new Error(`CHROMIUM_PATH is ${chosen}, which is not a program that can be run.`);
  }
  const found = installed();
  if (found !== undefined) return found;
  const failures: string[] = [];
  for (const way of ways.filter(({ applies }) => applies())) {
    try {
      way.install();
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
    const now = installed();
    if (now !== undefined) return now;
  }
  throw new Error(
    `The browser tests need a Chromium and none could be installed. Install the package “chromium” ` +
      `(Debian, Ubuntu: apt-get install chromium) or Google Chrome, or set CHROMIUM_PATH.\n${failures.join('\n')}`,
  );
}

const installedShell = () => ['/usr/bin/chromium-headless-shell', onPath('chromium-headless-shell')].find(runnable);

/**
 * The path of Chromium's headless shell, which Playwright itself uses when it shows no window: it renders pages in the same way, but
 * without the rest of the browser, and the tests take a fifth less time. If there is none, the whole browser (`findBrowser`).
 * @throws as `findBrowser`
 */
export function findHeadlessShell(): string {
  const { CHROMIUM_PATH: chosen = '' } = process.env;
  if (chosen !== '') return findBrowser();
  if (installedShell() === undefined && canInstall())
    try {
      install('chromium-headless-shell');
    } catch (error) {
      process.stderr.write(`The tests run in the whole browser, which takes longer: ${String(error)}\n`);
    }
  return installedShell() ?? findBrowser();
}

if (import.meta.main) process.stdout.write(`${findBrowser()}\n`);
