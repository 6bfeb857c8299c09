import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { canInstall, install } from './debian.ts';
import { onPath, runnable } from './programs.ts';

/** Flags for a Chromium that runs as root in a container, without a GPU, and that talks to nobody but the page. */
export const browserArgs = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Without a window to show them in, the suggestions of its address bar would still take a renderer of each page's own.
  '--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup',
];

/** The whole browser, for tests of what its headless shell does not do as people's browsers do. */
export const wholeBrowser = () => ({ executablePath: findBrowser(), args: browserArgs });

/** The whole browser with the memory in which people's browsers keep the pages that one goes back to: Playwright switches it off. */
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

/** Each way to come by a browser, tried in turn until one succeeds. */
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
 * The path of a Chromium: `CHROMIUM_PATH`, else one that is installed, else one that it installs now (Debian's package
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
 * The path of Chromium's headless shell, which is what Playwright itself runs where there is no window: the same pages
 * without the program around them, in a fifth less time. Else the whole browser, as `findBrowser` finds it.
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
