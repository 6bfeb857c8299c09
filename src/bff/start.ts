import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { createApp } from './app.ts';
import { createHub } from './events/hub.ts';
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
 * @returns the app, and `stop`, which takes nothing new, waits for what is under way and lets go of everything
 * @throws {StoreError} when the database cannot be had
 */
export async function startPortal(settings: Settings, log: Logger) {
  const store = await openStore({ databaseURL: settings.DATABASE_URL, dataDir: settings.DATA_DIR }, log);
  const owner = randomUUID();
  const sessions = sessionsIn(store.db);
  const submissions = submissionsIn(store.db);
  const audit = auditIn(store.db);
  const events = eventsIn(store.db);
  const moov = createMoov(settings, log);
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
  });

  return {
    app,
    async stop() {
      housekeeping.stop();
      await hub.stop();
      await worker.stop();
      await filing.settle();
      await moov.close();
      await store.close();
    },
  };
}
export type Portal = Awaited<ReturnType<typeof startPortal>>;
