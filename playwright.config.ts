import { defineConfig } from '@playwright/test';
import { browserArgs, findBrowser, findHeadlessShell } from './e2e/support/browser.ts';

// The configuration is read again in each worker; they inherit what was found (or installed) first.
process.env.HEADLESS_SHELL_PATH ??= findHeadlessShell();
process.env.CHROMIUM_PATH = findBrowser();

/** The browser tests. They run what `npm run build` built; each worker has a world of its own (`e2e/support/world.ts`). */
export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  globalSetup: './e2e/support/prepare.ts',
  fullyParallel: false,
  workers: 2,
  retries: 0,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  projects: [
    { name: 'journeys', testMatch: '*.spec.ts', testIgnore: 'flood.spec.ts' },
    // What is measured in milliseconds needs a calm machine for itself: `npm run test:load`.
    { name: 'alone', testMatch: 'flood.spec.ts' },
  ],
  reporter: 'line',
  use: {
    locale: 'en-GB',
    timezoneId: 'UTC',
    viewport: { width: 1280, height: 800 },
    actionTimeout: 15_000,
    navigationTimeout: 20_000,
    // A trace of every test would take a quarter of the run: `npx playwright test --trace retain-on-failure` when wanted.
    trace: 'off',
    screenshot: 'only-on-failure',
    launchOptions: { executablePath: process.env.HEADLESS_SHELL_PATH, args: browserArgs },
  },
});
