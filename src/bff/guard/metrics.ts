import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Status } from '../../contract/status.ts';
import type { SubmissionState } from '../../contract/submission.ts';
import { type CallName, callNames } from '../moov/call-names.ts';
import { type SettledState, settledStates } from '../submissions/settled.ts';
import { type LimitName, limitNames } from './limits.ts';
import { within } from './within.ts';

/** How long one source may take. Prometheus gives up after ten seconds by default, and would then report the instance as down. */
const sourcesAnswerWithinMs = 4_000;

/** The sources of the gauges, asked each time somebody reads the metrics. */
type MetricSources = {
  upstream(): Status['upstream'];
  /** resolves when the database answers and takes writes */
  database(): Promise<void>;
  /** how many submissions wait in each state (at most 10,000 are counted), and the age of the oldest in seconds (0 if none waits) */
  submissions(): Promise<{ waiting: Partial<Record<SubmissionState, number>>; oldestWaitingSeconds: number }>;
  /** open event streams of this instance */
  streams(): number;
  /** sessions that have not ended, at most 10,000 */
  sessions(): Promise<number>;
};

/** How a sign-in ends. `refused`: the identity provider did not confirm it, or the person cancelled. */
const signInOutcomes = ['ok', 'outdated', 'refused', 'unavailable'] as const;
type SignInOutcome = (typeof signInOutcomes)[number];

const upstreamStates: readonly Status['upstream'][] = ['up', 'degraded', 'down'];
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15];

/**
 * The portal's metrics for Prometheus, in a registry of their own. Labels never hold an id or an address.
 * @param patienceMs how long each source may take at a reading
 */
export function createMetrics(log: Logger, patienceMs = sourcesAnswerWithinMs) {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 20 });

  const requests = new Counter({
    name: 'portal_http_requests_total',
    help: 'Requests answered',
    labelNames: ['method', 'route', 'status'],
    registers,
  });
  const requestSeconds = new Histogram({
    name: 'portal_http_request_seconds',
    help: 'Time to answer a request',
    labelNames: ['method', 'route'],
    buckets,
    registers,
  });
  const calls = new Counter({
    name: 'portal_upstream_calls_total',
    help: 'Calls to the Moov API by how they ended',
    labelNames: ['call', 'outcome'],
    registers,
  });
  const callSeconds = new Histogram({
    name: 'portal_upstream_call_seconds',
    help: 'Time of a call to the Moov API',
    labelNames: ['call'],
    buckets,
    registers,
  });
  const limited = new Counter({
    name: 'portal_limited_total',
    help: 'Requests refused by a limit',
    labelNames: ['limit'],
    registers,
  });
  // Counters start at 0 instead of being absent, so that Prometheus sees the first event as an increase.
  for (const limit of limitNames) limited.inc({ limit }, 0);
  // Where few people are about, the first call refused for the keys may be the only one for long: its alert must see it.
  for (const call of callNames) calls.inc({ call, outcome: 'unauthorized' }, 0);
  const settled = new Counter({
    name: 'portal_submissions_settled_total',
    help: 'Submissions that this instance has settled, by how they ended',
    labelNames: ['state'],
    registers,
  });
  for (const state of settledStates) settled.inc({ state }, 0);
  const signIns = new Counter({
    name: 'portal_sign_ins_total',
    help: 'Sign-ins by how they ended',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of signInOutcomes) signIns.inc({ outcome }, 0);
  const reports = new Counter({ name: 'portal_csp_reports_total', help: 'Reports of a stopped violation', registers });

  return {
    registry,
    /** A request was answered; `route` is the pattern, not the address. */
    request(done: { method: string; route: string; status: number; seconds: number }) {
      requests.inc({ method: done.method, route: done.route, status: String(done.status) });
      requestSeconds.observe({ method: done.method, route: done.route }, done.seconds);
    },
    /** A call to the Moov API ended; `call` is its name (`createTicket`), `outcome` its kind or reason. */
    upstream(done: { call: CallName; outcome: string; seconds: number }) {
      calls.inc({ call: done.call, outcome: done.outcome });
      callSeconds.observe({ call: done.call }, done.seconds);
    },
    /** A limit refused a request. */
    limited(limit: LimitName) {
      limited.inc({ limit });
    },
    /** A submission got its last state. */
    settled(state: SettledState) {
      settled.inc({ state });
    },
    /** A sign-in ended. */
    signIn(outcome: SignInOutcome) {
      signIns.inc({ outcome });
    },
    /** A browser reported a violation of the content security policy. */
    cspReport() {
      reports.inc();
    },
    /** Adds the gauges, which ask these sources at each reading. */
    watch: (sources: MetricSources) => addGauges(registry, sources, patienceMs, log),
  };
}
export type Metrics = ReturnType<typeof createMetrics>;

/** Adds the gauges to a registry. A source that fails or takes too long is logged, and its gauge is left out of that reading. */
function addGauges(registry: Registry, sources: MetricSources, patienceMs: number, log: Logger) {
  // Two gauges need the same query: at one reading they share it.
  let asked: ReturnType<MetricSources['submissions']> | undefined;
  const submissions = () => {
    asked ??= sources.submissions().finally(() => {
      asked = undefined;
    });
    return asked;
  };
  const gauge = (
    name: string,
    help: string,
    read: (set: Gauge) => void | Promise<void>,
    { labelNames = [], otherwise }: { labelNames?: string[]; otherwise?: number } = {},
  ) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      async collect() {
        try {
          this.reset();
          const inTime = await within(
            patienceMs,
            Promise.resolve(read(this)).then(() => true),
          );
          if (inTime === undefined) throw new Error(`no answer within ${patienceMs} ms`);
        } catch (error) {
          this.reset();
          // A gauge without labels would report 0 after a reset, which would be wrong.
          if (otherwise !== undefined) this.set(otherwise);
          else if (labelNames.length === 0) this.remove();
          log.warn({ err: error, metric: name }, 'a metric could not be read');
        }
      },
    });
  gauge(
    'portal_upstream_state',
    'How the Moov API is doing: 1 for the present state',
    (set) => {
      const now = sources.upstream();
      for (const state of upstreamStates) set.set({ state }, state === now ? 1 : 0);
    },
    { labelNames: ['state'] },
  );
  gauge(
    'portal_database_up',
    '1 while the database answers this instance and takes writes, else 0',
    async (set) => {
      await sources.database();
      set.set(1);
    },
    { otherwise: 0 },
  );
  gauge('portal_event_streams', 'Open event streams of this instance', (set) => set.set(sources.streams()));
  gauge('portal_sessions', 'Sessions that have not ended: at most 10000 are counted', async (set) =>
    set.set(await sources.sessions()),
  );
  gauge('portal_submission_oldest_waiting_seconds', 'Age of the oldest submission not delivered yet', async (set) =>
    set.set((await submissions()).oldestWaitingSeconds),
  );
  gauge(
    'portal_submissions',
    'Submissions that wait, by state: at most 10000 of each are counted',
    async (set) => {
      for (const [state, count] of Object.entries((await submissions()).waiting)) set.set({ state }, count);
    },
    { labelNames: ['state'] },
  );
}

/**
 * Serves `GET /metrics` on a port of its own, which only operators should reach.
 * @returns the port it listens on, and `close`
 * @throws when it cannot listen there
 */
export async function serveMetrics(metrics: Metrics, where: { port: number; host: string }, log: Logger) {
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url?.split('?', 1)[0] !== '/metrics') {
      response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('Not found\n');
      return;
    }
    metrics.registry
      .metrics()
      .then((text) => {
        response
          .writeHead(200, { 'content-type': metrics.registry.contentType, 'cache-control': 'no-store' })
          .end(text);
      })
      .catch((error: unknown) => {
        log.error({ err: error }, 'the metrics could not be read');
        response.writeHead(500).end();
      });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(where.port, where.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address: AddressInfo | string | null = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : where.port,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
