import { expect, test } from '@playwright/test';
import { faultTrial } from '../bench/faults.ts';

const tickets = process.env.TEST_DATABASE_URL === undefined ? 40 : 120;
const shared = process.env.TEST_DATABASE_URL !== undefined;

/** The bounded form of the trial that `npm run bench` runs whole. */
test('tickets filed through a failing line and a portal that is killed are all there, each once', async () => {
  test.setTimeout(240_000);
  const report = await faultTrial({ tickets, kills: 2, instances: shared ? 2 : 1, clients: 8 });
  expect(report.kills).toBe(2);
  expect(Object.keys(report.faults).length).toBeGreaterThan(0);
  expect(report).toMatchObject({ accepted: tickets, lost: 0, twice: 0, contradicted: 0 });
});
