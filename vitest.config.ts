import { defineConfig } from 'vitest/config';

/** Generous: these end what hangs, and a machine may be busy. */
const timeouts = { testTimeout: 60_000, hookTimeout: 120_000 };

export default defineConfig({
  test: {
    globalSetup: 'src/bff/testing/prepare.ts',
    // More than there are cores: much of what is tested is a wait.
    maxWorkers: 4,
    projects: [
      {
        test: {
          name: 'server',
          include: ['src/**/*.spec.ts'],
          exclude: ['src/web/**'],
          // The files of a worker share what they import, which takes longer to load than most of them to run.
          isolate: false,
          ...timeouts,
        },
      },
      { test: { name: 'web', include: ['src/web/**/*.spec.{ts,tsx}'], ...timeouts } },
    ],
  },
});
