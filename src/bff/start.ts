import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { createApp } from './app.ts';
import { createHub } from './events/hub.ts';
import { createLimits } from './guard/limits.ts';
import { createMetrics } from './guard/metrics.ts';
import type { createStatic } from './guard/static.ts';
import { createAccounts } from './identity/accounts.ts';
import { createProvider } from './identity/provider.ts';
import { createMoov } from './moov/moov.ts';
import type { Settings } from './settings.ts';
import { auditIn } from './store/audit.ts';
import { eventsIn } from './store/events.ts';
import { sessionsIn } from './store/sessions.ts';
import { openStore } from './store/store.ts';
import { submissionsIn } from './store/submissions.ts';
import { createDelivery } from './submissions/delivery.ts';
import { createFiling } from './submissions/filing.ts';
import { startHousekeeping } from './submissions/housekeeping.ts';
import { startWorker } from './submissions/worker.ts';

/**
 * Puts the parts together: opens the database, brings it up to date, starts the delivery worker and the live events.
 * @param paces how often the live events' streams are kept alive and their sessions checked again
 * @returns the app, and `stop`, which takes nothing new, waits for what is under way and lets go of everything
 * @throws {StoreError} when the database cannot be had
 */
export async function startPortal(
  settings: Settings,
  log: Logger,
  pages?: Awaited<ReturnType<typeof createStatic>>,
  paces: { heartbeatMs?: number } = {},
) {
  const store = await openStore({ databaseURL: settings.DATABASE_URL, dataDir: settings.DATA_DIR }, log);
  const owner = randomUUID();
  const sessions = sessionsIn(store.db);
  const submissions = submissionsIn(store.db);
  const audit = auditIn(store.db);
  const events = eventsIn(store.db);
  const metrics = createMetrics(log);
  const limits = await createLimits(
    { databaseURL: settings.DATABASE_URL, createPerMinute: settings.CREATE_LIMIT_PER_MINUTE },
    log,
  );
  const moov = createMoov(settings, log, metrics.upstream);
  const delivery = createDelivery({ settings, moov, submissions, log, owner });
  const filing = createFiling({ settings, moov, submissions, delivery, log });
  const accounts = createAccounts(moov, settings);
  // One process alone has this database: whatever was being sent when it opened has lost its sender.
  if (store.engine === 'embedded') await submissions.orphanAll();
  const hub = await createHub({ store, events, log });
  const worker = startWorker({ moov, submissions, delivery, owner, log });
  const housekeeping = startHousekeeping({ sessions, submissions, events, audit, moov, log });
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
    provider: createProvider(settings),
    accounts,
    filing,
    limits,
    metrics,
    pages,
    heartbeatMs: paces.heartbeatMs,
  });

  metrics.watch({
    upstream: () => moov.circuit.status().upstream,
    submissions: async () => ({
      states: await submissions.countByState(),
      oldestWaitingSeconds: await submissions.oldestWaitingSeconds(),
    }),
    streams: () => hub.size(),
    sessions: () => sessions.count(),
  });

  return {
    app,
    metrics,
    sessions,
    store,
    async stop() {
      housekeeping.stop();
      await hub.stop();
      await worker.stop();
      await filing.settle();
      await limits.close();
      await moov.close();
      await store.close();
    },
  };
}
