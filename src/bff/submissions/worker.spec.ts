import { randomUUID } from 'node:crypto';
import pino from 'pino';
import { expect, test } from 'vitest';
import { startSandbox } from '../../sandbox/start.ts';
import { createMoov } from '../moov/moov.ts';
import { readSettings } from '../settings.ts';
import { submissionsIn } from '../store/submissions.ts';
import { freshStore } from '../testing/database.ts';
import { accounts } from '../testing/world.ts';
import { createDelivery } from './delivery.ts';
import { startWorker } from './worker.ts';

const log = pino({ level: 'silent' });
const fresh = freshStore();

test('a worker that is told to stop while it takes work finishes that work first', async () => {
  const sandbox = await startSandbox();
  const settings = readSettings({ ...sandbox.settings, PUBLIC_ORIGIN: 'http://localhost:3000' });
  const moov = createMoov(settings, log, () => undefined);
  const submissions = submissionsIn(fresh.store.db);
  const owner = randomUUID();
  const submissionID = randomUUID();
  await submissions.accept(
    {
      submissionID,
      accountID: accounts.own,
      personID: 'p',
      personName: 'Mel',
      idempotencyKey: randomUUID(),
      fingerprint: 'f',
      payload: { title: 'At the last moment', body: '<p>x</p>', contact: { email: 'a@example.com' } },
      asItself: true,
      foreignID: `portal-${submissionID}`,
      requestID: 'r-1',
    },
    undefined,
  );
  let stopping: Promise<void> | undefined;
  const worker = startWorker({
    moov,
    // Told to stop between leasing and sending.
    submissions: {
      ...submissions,
      async claimDue(...given) {
        const leased = await submissions.claimDue(...given);
        stopping = worker.stop();
        return leased;
      },
    },
    delivery: createDelivery({ settings, moov, submissions, log, owner }),
    owner,
    log,
  });
  const stopped = async () => {
    while (stopping === undefined) await new Promise((resolve) => setImmediate(resolve));
    await stopping;
  };
  await stopped();
  expect(await submissions.find(accounts.own, submissionID)).toMatchObject({ state: 'created', attempts: 1 });
  await moov.close();
  await sandbox.stop();
});
