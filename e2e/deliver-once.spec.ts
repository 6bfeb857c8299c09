import { expect, test } from '@playwright/test';
import { faultTrial } from '../bench/faults.ts';

const trials = [{ on: 'the embedded database', tickets: 40, instances: 1 }];
if (process.env.TEST_DATABASE_URL !== undefined)
  trials.push({ on: 'PostgreSQL, by two instances', tickets: 120, instances: 2 });

/** The bounded form of the trial that `npm run bench` runs whole. */
for (const { on, tickets, instances } of trials)
  test(`tickets filed through a failing line and a portal that is killed are all there, each once, on ${on}`, async () => {
    test.setTimeout(240_000);
    const report = await faultTrial({ tickets, kills: 2, instances, clients: 8 });
    expect(report.kills).toBe(2);
    expect(Object.keys(report.faults).length).toBeGreaterThan(0);
    expect(report).toMatchObject({ accepted: tickets, lost: 0, twice: 0, contradicted: 0 });
  });
