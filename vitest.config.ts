import { defineConfig } from 'vitest/config';

/** Long, because they only stop a test that hangs: on a busy machine a good test may need this long. */
const timeouts = { testTimeout: 60_000, hookTimeout: 120_000 };

/** The tests that depend on the database most. With a PostgreSQL at hand they run on both engines. */
const ofTheDatabase = [
  'src/bff/store/**/*.spec.ts',
  'src/bff/events/**/*.spec.ts',
  'src/bff/submissions/{fairness,submissions,worker}.spec.ts',
  'src/bff/routes/{auth,events,tickets,webhooks}.spec.ts',
];
/** Whether there is a PostgreSQL to test with (`e2e/support/postgres.ts` sets this). Without one, all tests use the embedded database. */
const onPostgres = process.env.TEST_DATABASE_URL !== undefined;

export default defineConfig({
  test: {
    globalSetup: 'src/bff/testing/prepare.ts',
    expect: { poll: { timeout: 20_000 } },
    // More workers than the machine may have cores, because many tests spend their time waiting.
    maxWorkers: 4,
    projects: [
      {
        test: {
          name: 'server',
          include: ['src/**/*.spec.ts'],
          exclude: ['src/web/**'],
          // Spec files in one worker share the modules that they import: loading those takes longer than most files take to run.
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
                // It checks query plans, which are the same on both engines, and its many rows take long on the embedded one.
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
