import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import pg from 'pg';
import pino from 'pino';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { submissionSchema } from '../contract/submission.ts';
import { startSandbox } from '../sandbox/start.ts';
import { readSettings } from './settings.ts';
import { startPortal } from './start.ts';
import { submissionsIn } from './store/submissions.ts';
import { freshDatabase } from './testing/database.ts';
import { openLine } from './testing/line.ts';
import { newSubmission } from './testing/submission.ts';
import { accounts, merchant, openWorld, origin, problemOf, until } from './testing/world.ts';

test('who balances the load is told when the database is away, and when the process has begun to stop; people are answered until it has', async () => {
  const world = await openWorld();
  onTestFinished(() => world.close());
  const readiness = async () => (await world.call('GET', '/readyz')).status;
  const ping = vi.spyOn(world.portal.store, 'ping').mockRejectedValueOnce(new Error('the database is away'));
  expect(await readiness()).toBe(503);
  expect(world.logged.join('')).toContain('the database is away');
  expect(world.logged, 'what fails is a warning').toContainEqual(
    expect.stringMatching(/"level":40.*"status":503.*"answered"/),
  );
  expect(await readiness()).toBe(200);
  ping.mockRejectedValueOnce(new Error('the database is away again'));
  await until(readiness, (status) => status === 503, 10_000);
  expect(await readiness()).toBe(200);
  const cookie = await world.session(merchant);
  world.portal.retire();
  expect(await readiness()).toBe(503);
  expect((await world.call('GET', '/healthz')).status).toBe(200);
  expect((await world.call('GET', '/api/session', cookie)).status).toBe(200);
});

test('an instance that stops waits for the answer to a ticket that is on its way, after the person was told that it is kept', async () => {
  const world = await openWorld({ UPSTREAM_TIMEOUT_MS: '20000', ANSWER_WITHIN_MS: '1000' });
  onTestFinished(() => world.close());
  const cookie = await world.session(merchant);
  const answer = await world.file(cookie, accounts.own, { title: 'fault:slow 2000 on its way' });
  expect(answer.status).toBe(202);
  const { submissionID } = submissionSchema.parse(await answer.json());
  await until(
    async () => world.creations(),
    ({ length }) => length > 0,
  );
  await world.restart();
  expect(
    await world.rows(sql`select action from audit where submission_id = ${submissionID} order by audit_id`),
  ).toEqual([{ action: 'submission-sending' }, { action: 'submission-created' }]);
  expect(world.creations()).toHaveLength(1);
});

test('an instance that starts leaves to another one what that is sending; alone with its database, it takes it over', async () => {
  const world = await openWorld();
  onTestFinished(() => world.close());
  const submissionID = randomUUID();
  await submissionsIn(world.portal.store.db).accept(newSubmission('Sent by another', submissionID), {
    owner: 'another instance',
    leaseMs: 3_600_000,
    settlesInMs: 3_600_000,
  });
  await world.restart();
  expect(
    await world.rows(sql`
      select lease_owner is not distinct from 'another instance' and lease_ends_at > now() as held from submissions where submission_id = ${submissionID}`),
  ).toEqual([{ held: world.portal.store.engine === 'postgres' }]);
});

test('an operator reads in the metrics what became of requests, calls and tickets, what waits, and who is there', async () => {
  const begun = performance.now();
  const world = await openWorld();
  onTestFinished(() => world.close());
  const cookie = await world.session(merchant);
  expect((await world.file(cookie, accounts.own, { title: 'Counted' })).status).toBe(201);
  const submissionID = randomUUID();
  await submissionsIn(world.portal.store.db).accept(newSubmission('Held by another', submissionID), {
    owner: 'another instance',
    leaseMs: 3_600_000,
    settlesInMs: 3_600_000,
  });
  await world.rows(
    sql`update submissions set created_at = now() - interval '1 hour' where submission_id = ${submissionID} returning 1`,
  );
  const news = await world.call('GET', '/api/events', cookie);
  const read = () => world.portal.metrics.registry.metrics();
  const text = await until(read, (metrics) => metrics.includes('portal_submissions_settled_total{state="created"} 1'));
  const elapsed = (performance.now() - begun) / 1_000;
  await news.body?.cancel();
  const lines = text.split('\n');
  const route = 'method="POST",route="/api/accounts/:accountID/tickets"';
  expect(lines).toEqual(
    expect.arrayContaining([
      `portal_http_requests_total{${route},status="201"} 1`,
      'portal_upstream_calls_total{call="createTicket",outcome="ok"} 1',
      'portal_upstream_state{state="up"} 1',
      'portal_database_up 1',
      'portal_submissions{state="sending"} 1',
      'portal_event_streams 1',
      'portal_sessions 1',
    ]),
  );
  const numberOf = (name: string) => Number(lines.find((line) => line.startsWith(name))?.slice(name.length));
  expect(numberOf('portal_submission_oldest_waiting_seconds ')).toBeGreaterThanOrEqual(3_600);
  expect(numberOf(`portal_http_request_seconds_sum{${route}} `)).toBeLessThan(elapsed);

  const missing = await problemOf(
    await world.call('GET', `/api/accounts/${accounts.own}/tickets/${randomUUID()}`, cookie),
  );
  const [line] = world.logged.filter((one) => one.includes('"answered"') && one.includes(missing.requestID));
  expect(line, 'what stood in the way, and the call of Moov').toContain('"problem":"not-found-upstream"');
  expect(line).toContain(`"upstreamRequestID":"${missing.upstreamRequestID}"`);
});

const server = process.env.TEST_DATABASE_URL;
describe.skipIf(server === undefined)('an instance on PostgreSQL', () => {
  test('that has stopped holds no connection any more', async () => {
    const database = await freshDatabase();
    const sandbox = await startSandbox({ portalOrigin: origin });
    const watching = new pg.Client({ connectionString: server });
    await watching.connect();
    onTestFinished(async () => {
      await watching.end();
      await sandbox.stop();
      await database.drop();
    });
    const settings = readSettings({
      ...sandbox.settings,
      PUBLIC_ORIGIN: origin,
      DATABASE_URL: database.where.databaseURL,
    });
    const name = new URL(database.where.databaseURL ?? '').pathname.slice(1);
    const held = async () =>
      (await watching.query('select query from pg_stat_activity where datname = $1', [name])).rows;
    const portal = await startPortal(settings, pino({ level: 'silent' }));
    expect((await portal.app.request(`${origin}/readyz`)).status).toBe(200);
    expect((await held()).length).toBeGreaterThan(2);
    await portal.stop();
    await expect(portal.store.ping()).rejects.toThrow();
    await until(held, ({ length }) => length === 0, 10_000);
  });

  test('told to stop while PostgreSQL cannot be reached, it stops in order, and its log says what it leaves', async () => {
    const database = await freshDatabase();
    const sandbox = await startSandbox();
    onTestFinished(async () => {
      await sandbox.stop();
      await database.drop();
    });
    const line = await openLine(database.where.databaseURL ?? '');
    const settings = readSettings({ ...sandbox.settings, PUBLIC_ORIGIN: origin, DATABASE_URL: line.databaseURL });
    const logged: string[] = [];
    const portal = await startPortal(settings, pino({}, { write: (text) => logged.push(text) }));
    line.cut();
    await expect(portal.stop()).resolves.toBeUndefined();
    expect(logged.join('')).toMatch(/"code":"[^"]+","msg":"deliveries could not be handed back/);
  });
});
