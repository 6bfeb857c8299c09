import { defineConfig } from 'vitest/config';

/** Generous: these end what hangs, and a machine may be busy. */
const timeouts = { testTimeout: 60_000, hookTimeout: 120_000 };

/** What depends on the database most. */
const ofTheDatabase = [
  'src/bff/store/**/*.spec.ts',
  'src/bff/events/**/*.spec.ts',
  'src/bff/submissions/{fairness,submissions,worker}.spec.ts',
  'src/bff/routes/{auth,events,tickets,webhooks}.spec.ts',
];
/** Otherwise everything runs on the embedded database. */
const onPostgres = process.env.TEST_DATABASE_URL !== undefined;

export default defineConfig({
  test: {
    globalSetup: 'src/bff/testing/prepare.ts',
    expect: { poll: { timeout: 20_000 } },
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
      ...(onPostgres
        ? [
            {
              test: {
                name: 'embedded',
                include: ofTheDatabase,
                // Its plans are the same there, and its many rows take the embedded one long.
                exclude: ['src/bff/store/growth.spec.ts'],
                setupFiles: 'src/bff/testing/embedded.ts',
                isolate: false,
                ...timeouts,
              },
            },
          ]
        : []),
      { test: { name: 'web', include: ['src/web/**/*.spec.{ts,tsx}'], ...timeouts } },
    ],
  },
});
