import { pino } from 'pino';
import { Gauge } from 'prom-client';
import { expect, it } from 'vitest';
import { createMetrics, serveMetrics } from './metrics.ts';

const quiet = pino({ level: 'silent' });

it('an operator reads on a port of its own how the portal does', async () => {
  const metrics = createMetrics(quiet);
  metrics.watch({
    upstream: () => 'degraded',
    database: async () => undefined,
    submissions: async () => ({ waiting: { sending: 0, queued: 2 }, oldestWaitingSeconds: 75 }),
    streams: () => 6,
    sessions: async () => 9,
  });
  metrics.request({ method: 'GET', route: '/api/accounts/:accountID', status: 200, seconds: 0.02 });
  metrics.request({ method: 'GET', route: '/api/accounts/:accountID', status: 200, seconds: 0.3 });
  metrics.upstream({ call: 'createTicket', outcome: 'timeout', seconds: 15 });
  metrics.limited('create');
  metrics.settled('created');
  metrics.settled('created');
  metrics.signIn('ok');
  metrics.cspReport();
  const server = await serveMetrics(metrics, { port: 0, host: '127.0.0.1' }, quiet);
  const address = `http://127.0.0.1:${server.port}`;
  const response = await fetch(`${address}/metrics`);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(response.headers.get('cache-control')).toBe('no-store');
  const lines = (await response.text()).split('\n');
  for (const line of [
    'portal_http_requests_total{method="GET",route="/api/accounts/:accountID",status="200"} 2',
    'portal_http_request_seconds_count{method="GET",route="/api/accounts/:accountID"} 2',
    'portal_http_request_seconds_bucket{le="0.025",method="GET",route="/api/accounts/:accountID"} 1',
    'portal_upstream_calls_total{call="createTicket",outcome="timeout"} 1',
    'portal_upstream_call_seconds_count{call="createTicket"} 1',
    'portal_upstream_state{state="up"} 0',
    'portal_upstream_state{state="degraded"} 1',
    'portal_database_up 1',
    'portal_submissions{state="queued"} 2',
    'portal_submissions{state="sending"} 0',
    'portal_submissions_settled_total{state="created"} 2',
    'portal_submissions_settled_total{state="rejected"} 0',
    'portal_submission_oldest_waiting_seconds 75',
    'portal_event_streams 6',
    'portal_sessions 9',
    'portal_sign_ins_total{outcome="ok"} 1',
    'portal_sign_ins_total{outcome="refused"} 0',
    'portal_limited_total{limit="create"} 1',
    // Not absent: else Prometheus would miss the first increase, which may be all there is of a flood.
    'portal_limited_total{limit="signIn"} 0',
    'portal_upstream_calls_total{call="listTickets",outcome="unauthorized"} 0',
    'portal_csp_reports_total 1',
  ])
    expect(lines).toContain(line);
  expect(lines.some((line) => line.startsWith('nodejs_eventloop_lag_p99_seconds '))).toBe(true);
  expect((await fetch(`${address}/metrics?by=prometheus`)).status).toBe(200);
  expect((await fetch(`${address}/`)).status).toBe(404);
  expect((await fetch(`${address}/metrics`, { method: 'POST' })).status).toBe(404);
  await server.close();
});

it('a source that fails is left out and logged, and the rest can still be read', async () => {
  const lines: string[] = [];
  const metrics = createMetrics(pino({ level: 'warn' }, { write: (line) => lines.push(line) }));
  metrics.watch({
    upstream: () => 'up',
    database: () => Promise.reject(new Error('no database')),
    submissions: () => Promise.reject(new Error('no database')),
    streams: () => 1,
    sessions: () => Promise.reject(new Error('no database')),
  });
  const text = await metrics.registry.metrics();
  expect(text).toContain('portal_event_streams 1');
  expect(text).not.toMatch(/^portal_(sessions|submissions|submission_oldest_waiting_seconds)(\{.*)? \d/m);
  expect(text).toContain('\nportal_database_up 0\n');
  expect(lines).toHaveLength(4);
});

it('a database that keeps silent keeps nobody from reading the rest, and is told', async () => {
  const metrics = createMetrics(quiet, 20);
  const never = new Promise<never>(() => undefined);
  metrics.watch({
    upstream: () => 'up',
    database: () => never,
    submissions: () => never,
    streams: () => 1,
    sessions: () => never,
  });
  const text = await metrics.registry.metrics();
  expect(text).toContain('\nportal_database_up 0\n');
  expect(text).toContain('\nportal_event_streams 1\n');
  expect(text).not.toMatch(/^portal_(sessions|submissions|submission_oldest_waiting_seconds)(\{.*)? \d/m);
});

it('each reading counts anew, what waits only once', async () => {
  const metrics = createMetrics(quiet);
  const asked = { sessions: 0, submissions: 0 };
  metrics.watch({
    upstream: () => 'up',
    database: async () => undefined,
    submissions: async () => {
      asked.submissions += 1;
      const waiting = { queued: asked.submissions, ...(asked.submissions === 1 && { sending: 1 }) };
      return { waiting, oldestWaitingSeconds: 0 };
    },
    streams: () => 0,
    sessions: async () => ++asked.sessions,
  });
  for (let reading = 1; reading <= 3; reading += 1) {
    const text = await metrics.registry.metrics();
    expect(text).toContain(`\nportal_sessions ${reading}\n`);
    expect(text).toContain(`\nportal_submissions{state="queued"} ${reading}\n`);
    // A state in which nothing waits any more must not keep its last number.
    expect(text.includes('portal_submissions{state="sending"}')).toBe(reading === 1);
  }
});

it('a count that failed is asked for again at the next reading', async () => {
  const metrics = createMetrics(quiet);
  let asked = 0;
  metrics.watch({
    upstream: () => 'up',
    database: async () => undefined,
    submissions: async () => ({ waiting: {}, oldestWaitingSeconds: 0 }),
    streams: () => 0,
    sessions: () => (++asked === 1 ? Promise.reject(new Error('no database')) : Promise.resolve(7)),
  });
  expect(await metrics.registry.metrics()).not.toMatch(/^portal_sessions /m);
  expect(await metrics.registry.metrics()).toContain('\nportal_sessions 7\n');
});

it('a reading that fails as a whole is answered and logged, and the next one is served', async () => {
  const lines: string[] = [];
  const log = pino({ level: 'error' }, { write: (line) => lines.push(line) });
  const metrics = createMetrics(quiet);
  let broken = true;
  new Gauge({
    name: 'broken',
    help: 'fails once',
    registers: [metrics.registry],
    collect() {
      if (broken) throw new Error('no reading');
    },
  });
  const server = await serveMetrics(metrics, { port: 0, host: '127.0.0.1' }, log);
  const read = async () => (await fetch(`http://127.0.0.1:${server.port}/metrics`)).status;
  expect(await read()).toBe(500);
  expect(lines).toHaveLength(1);
  broken = false;
  expect(await read()).toBe(200);
  await server.close();
});

it('a port that is taken is said at once', async () => {
  const metrics = createMetrics(quiet);
  const first = await serveMetrics(metrics, { port: 0, host: '127.0.0.1' }, quiet);
  await expect(serveMetrics(metrics, { port: first.port, host: '127.0.0.1' }, quiet)).rejects.toThrow('EADDRINUSE');
  await first.close();
});
