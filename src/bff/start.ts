import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { createApp } from './app.ts';
import { createHub } from './events/hub.ts';
import { createLimits } from './guard/limits.ts';
import { createMetrics } from './guard/metrics.ts';
import type { createStatic } from './guard/static.ts';
import { within } from './guard/within.ts';
import { createAccounts } from './identity/accounts.ts';
import { createProvider } from './identity/provider.ts';
import { createMoov } from './moov/moov.ts';
import { createReadings } from './moov/readings.ts';
import type { StreamCaps } from './routes/events.ts';
import type { Settings } from './settings.ts';
import { auditIn } from './store/audit.ts';
import { connectedAccountsIn } from './store/connected-accounts.ts';
import { eventsIn } from './store/events.ts';
import { rememberSessions } from './store/session-memory.ts';
import { sessionsIn } from './store/sessions.ts';
import { openStore } from './store/store.ts';
import { submissionsIn } from './store/submissions.ts';
import { tallyIn } from './store/tally.ts';
import { createDelivery } from './submissions/delivery.ts';
import { createFiling } from './submissions/filing.ts';
import { startHousekeeping } from './submissions/housekeeping.ts';
import { tellSettled } from './submissions/settled.ts';
import { startWorker } from './submissions/worker.ts';

/** How long attempts may take to note that their call was broken off. */
const breakOffMs = 500;

/**
 * Puts the parts together: opens the database, brings it up to date, starts the delivery worker and the live events.
 * @param streams how often the live events' streams are kept alive and their sessions checked again, and how many there may be
 * @returns the app; `retire`, which makes /readyz say no and begins nothing new by itself, while requests are answered as
 *   before; and `stop`, which ends the live events, waits for what is under way and lets go of everything
 * @throws {StoreError} when the database cannot be had
 */
export async function startPortal(
  settings: Settings,
  log: Logger,
  pages?: Awaited<ReturnType<typeof createStatic>>,
  streams: { heartbeatMs?: number; mostStreams?: StreamCaps } = {},
) {
  const store = await openStore({ databaseURL: settings.DATABASE_URL, dataDir: settings.DATA_DIR }, log);
  const owner = randomUUID();
  const sessions = await rememberSessions(sessionsIn(store.db), store);
  const audit = auditIn(store.db);
  const events = eventsIn(store.db);
  const metrics = createMetrics(log);
  const submissions = tellSettled(submissionsIn(store.db), metrics.settled);
  const tally = tallyIn(store.db);
  const limits = createLimits(
    {
      // One process alone has the embedded database: there is nobody to share with.
      tally: store.engine === 'postgres' ? tally : undefined,
      createPerMinute: settings.CREATE_LIMIT_PER_MINUTE,
    },
    log,
  );
  const moov = createMoov(settings, log, metrics.upstream);
  const readings = createReadings(moov);
  const delivery = createDelivery({ settings, moov, submissions, log, owner });
  const filing = createFiling({ settings, moov, submissions, delivery, log });
  const kept = connectedAccountsIn(store.db, settings.MOOV_PARTNER_ACCOUNT_ID);
  const accounts = createAccounts({ moov, settings, kept, log });
  // One process alone has this database: whatever was being sent when it opened has lost its sender.
  if (store.engine === 'embedded') await submissions.orphanAll();
  const hub = await createHub({ store, events, log, heard: ({ accountID }) => readings.changed(accountID) });
  const worker = startWorker({ moov, submissions, delivery, owner, log });
  const housekeeping = startHousekeeping({ sessions, submissions, events, audit, tally, moov, log });
  let retired = false;
  const app = createApp({
    settings,
    log,
    store,
    sessions,
    submissions,
    audit,
    events,
    hub,
    moov,
    readings,
    provider: createProvider(settings),
    accounts,
    filing,
    limits,
    metrics,
    pages,
    ...streams,
    isRetired: () => retired,
  });

  metrics.watch({
    upstream: () => moov.circuit.status().upstream,
    database: () => store.ping(),
    submissions: async () => ({
      waiting: await submissions.countWaiting(),
      oldestWaitingSeconds: await submissions.oldestWaitingSeconds(),
    }),
    streams: () => hub.size(),
    sessions: () => sessions.count(),
  });

  const retire = () => {
    retired = true;
    housekeeping.stop();
    void worker.stop();
  };
  return {
    app,
    metrics,
    sessions,
    store,
    retire,
    /**
     * @param open the requests that are still being answered, and how long they and the deliveries under way may take to
     *   finish (ms); what has not finished then is broken off and left to another instance
     */
    async stop(
      open: { requests: Promise<unknown>; withinMs: number } = { requests: Promise.resolve(), withinMs: 8_000 },
    ) {
      retire();
      await hub.stop();
      const deliveries = () => Promise.all([worker.stop(), filing.settle()]);
      await within(open.withinMs, open.requests.then(deliveries));
      // Attempts whose call breaks here put themselves back to the queue as unclear: looked for, then sent again.
      await moov.close();
      await within(breakOffMs, deliveries());
      await submissions.handBack(owner);
      await limits.close();
      await sessions.stopRemembering();
      await store.close();
    },
  };
}
