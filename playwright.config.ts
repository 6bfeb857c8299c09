import { defineConfig } from '@playwright/test';
import { browserArgs, findBrowser, findHeadlessShell } from './e2e/support/browser.ts';

// Each worker reads this file again. They inherit these variables, so that a browser is looked for (or installed) only once.
process.env.HEADLESS_SHELL_PATH ??= findHeadlessShell();
process.env.CHROMIUM_PATH = findBrowser();

/**
 * The browser tests. They run against what `npm run build` has built. Each worker has a portal, a database and a sandbox of its own
 * (`e2e/support/world.ts`).
 */
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
    // Measures milliseconds, so it needs a quiet machine with nothing else running: `npm run test:load`.
    { name: 'alone', testMatch: 'flood.spec.ts' },
  ],
  reporter: 'line',
  use: {
    locale: 'en-GB',
    timezoneId: 'UTC',
    viewport: { width: 1280, height: 800 },
    actionTimeout: 15_000,
    navigationTimeout: 20_000,
    // Tracing every test takes a quarter of the running time. When you need traces: `npx playwright test --trace retain-on-failure`.
    trace: 'off',
    screenshot: 'only-on-failure',
    launchOptions: { executablePath: process.env.HEADLESS_SHELL_PATH, args: browserArgs },
  },
});
