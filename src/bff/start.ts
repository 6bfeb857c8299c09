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
import { outageOf } from './store/outage.ts';
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

/** How long deliveries whose call was broken off may take to note that in the ledger. */
const breakOffMs = 500;

/**
 * Puts the parts of the portal together: opens the database, brings its tables up to date, starts the delivery worker, the housekeeping
 * and the live events. It does not listen on a port.
 * @param pages the built web; left out with hot reload
 * @param streams for tests: the interval of the heartbeats of live events, and how many streams there may be (see `Parts`)
 * @returns the app; `retire`, after which /readyz says no and the portal begins nothing by itself, but still answers requests; and
 *   `stop`, which ends the live events, waits for what is under way and closes everything
 * @throws {StoreError} when the database cannot be opened
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
      // With the embedded database there is only this process, so limits need not be shared.
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
  // With the embedded database there is only this process, so whoever was sending something before it opened is gone.
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
     * Stops in order and closes everything.
     * @param open `requests` resolves when no request is being answered any more; `withinMs`: how long these and the deliveries under way
     *   may take. What has not ended by then is broken off and left to another instance
     */
    async stop(
      open: { requests: Promise<unknown>; withinMs: number } = { requests: Promise.resolve(), withinMs: 8_000 },
    ) {
      retire();
      await hub.stop();
      const deliveries = () => Promise.all([worker.stop(), filing.settle()]);
      await within(open.withinMs, open.requests.then(deliveries));
      // This breaks calls that are under way. Their attempts put themselves back into the queue as unclear; later the ticket is looked
      // for, and sent again if it is not found.
      await moov.close();
      await within(breakOffMs, deliveries());
      await submissions.handBack(owner).catch((error: unknown) => {
        const code = outageOf(error);
        if (code === undefined) throw error;
        // Stopping is what an operator does in an outage, and nothing is lost: the leases run out by themselves.
        log.warn({ err: error, code }, 'deliveries could not be handed back: their leases will run out');
      });
      await limits.close();
      await sessions.stopRemembering();
      await store.close();
    },
  };
}
