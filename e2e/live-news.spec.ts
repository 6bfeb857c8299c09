import { expect, test } from '@playwright/test';
import { streamTrial } from '../bench/streams.ts';
import { startPostgres } from './support/postgres.ts';

/** The bounded form of the trial that `npm run bench` runs whole; two instances need a PostgreSQL. */
test('every open page hears all news of its accounts, once and in order, though one of two portals dies', async () => {
  test.setTimeout(120_000);
  const own = process.env.TEST_DATABASE_URL === undefined ? await startPostgres() : undefined;
  try {
    const report = await streamTrial({ streams: 60, events: 60, accounts: 6, server: own?.url });
    expect(report).toMatchObject({ streams: 60, events: 60, missing: 0, twice: 0, outOfOrder: 0, wrongAccount: 0 });
    expect(report.deliveries).toBe(600);
    expect(report.reconnects).toBeGreaterThan(0);
  } finally {
    own?.stop();
  }
});
