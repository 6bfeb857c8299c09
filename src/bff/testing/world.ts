import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { Writable } from 'node:stream';
import { type SQL, sql } from 'drizzle-orm';
import pino from 'pino';
import { expect } from 'vitest';
import * as z from 'zod/mini';
import { problemSchema } from '../../contract/problem.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../sandbox/start.ts';
import { readSettings, type Settings } from '../settings.ts';
import { startPortal } from '../start.ts';
import { rowsOf } from '../store/query.ts';
import { leaksIn, textsOf } from './canaries.ts';
import { freshDatabase } from './database.ts';

export const origin = 'http://localhost:3000';
export const accounts = {
  own: '4af4784a-c777-48f6-8211-063d5341f84b',
  other: 'b1f0c8de-3a45-4e7b-9c1d-5f2e6a7b8c90',
  connected: '1c0f4d5a-92b3-4b0e-8a57-6e1d2c3b4a51',
  partner: '7d2c4a90-5b1e-4c63-9f2a-0c6d8e1b3a57',
  neverConnected: 'e3a1b2c4-d5e6-4f70-8a91-b2c3d4e5f607',
  unknown: '00000000-0000-4000-8000-000000000000',
} as const;

export type Caller = { role: 'merchant' | 'partner' | null; accountID?: string; name?: string };
export const merchant: Caller = { role: 'merchant', accountID: accounts.own, name: 'Mel Roberts' };
export const otherMerchant: Caller = { role: 'merchant', accountID: accounts.other, name: 'Ines Okafor' };
export const staff: Caller = { role: 'partner', name: 'Pat Nguyen' };
export const nobody: Caller = { role: null, name: 'Robin Vale' };

/**
 * Starts a portal in this process (without a port), on a database of its own, and a sandbox on free ports behind it.
 * @param settings in addition to, or instead of, those set here
 * @param options of the sandbox
 * @param streams as for `startPortal`
 */
export async function openWorld(
  settings: Record<string, string> = {},
  options: SandboxOptions = {},
  streams: Parameters<typeof startPortal>[3] = {},
) {
  const database = await freshDatabase();
  const sandbox: Sandbox = await startSandbox({ portalOrigin: origin, ...options });
  const logged: string[] = [];
  const sessionIDs: string[] = [];
  const log = pino(
    { level: 'info' },
    new Writable({
      write(chunk, _, done) {
        logged.push(String(chunk));
        done();
      },
    }),
  );
  const complete: Settings = readSettings({
    ...sandbox.settings,
    PUBLIC_ORIGIN: origin,
    UPSTREAM_TIMEOUT_MS: '2000',
    ANSWER_WITHIN_MS: '4000',
    // Longer than the stand-in's latest arrival after the deadline: 500 ms (`fault:slow 2500`), and room for a busy machine.
    SETTLE_MS: '1000',
    CREATE_LIMIT_PER_MINUTE: '10000',
    DATA_DIR: database.where.dataDir,
    ...(database.where.databaseURL !== undefined && { DATABASE_URL: database.where.databaseURL }),
    ...settings,
  });
  let portal = await startPortal(complete, log, undefined, streams);

  return {
    sandbox,
    settings: complete,
    log,
    get portal() {
      return portal;
    },
    /** Stops the portal as a deployment does, and starts it again on the same database. */
    async restart() {
      await portal.stop();
      portal = await startPortal(complete, log, undefined, streams);
    },
    /** Runs a statement on the portal's database. @returns its rows */
    async rows(statement: SQL): Promise<Record<string, unknown>[]> {
      return rowsOf(z.record(z.string(), z.unknown()), await portal.store.db.execute(statement));
    },
    /** lines of the log so far */
    logged,
    /** Signs somebody in, by making the session that a sign-in makes. @returns the `Cookie` header */
    async session(caller: Caller, subject: string = randomUUID()): Promise<string> {
      const id = randomBytes(32).toString('base64url');
      sessionIDs.push(id);
      await portal.sessions.begin({
        idHash: createHash('sha256').update(id).digest('base64url'),
        person: {
          personID: subject.slice(0, 22),
          issuer: 'test',
          subject,
          name: caller.name ?? 'Somebody',
          email: 'somebody@example.com',
        },
        role: caller.role,
        accountID: caller.accountID,
        idleMinutes: 60,
        maxHours: 12,
      });
      return `__Host-Http-session=${id}`;
    },
    /** A call as the portal's own pages make it. */
    call(
      method: string,
      path: string,
      cookie?: string,
      body?: unknown,
      headers: Record<string, string> = {},
    ): Promise<Response> {
      return Promise.resolve(
        portal.app.request(origin + path, {
          method,
          headers: {
            ...(cookie !== undefined && { cookie }),
            ...(method !== 'GET' && { origin }),
            ...(body !== undefined && { 'content-type': 'application/json' }),
            ...headers,
          },
          ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        }),
      );
    },
    /** Files a ticket. */
    file(
      cookie: string,
      accountID: string,
      ticket: Record<string, unknown>,
      key: string = randomUUID(),
    ): Promise<Response> {
      return this.call(
        'POST',
        `/api/accounts/${accountID}/tickets`,
        cookie,
        { body: '<p>Hello</p>', contact: { email: 'a@example.com' }, ...ticket },
        { 'idempotency-key': key },
      );
    },
    /** The requests to create a ticket that reached the sandbox. */
    creations: () => sandbox.moov.received.filter((call) => call.method === 'POST' && call.path.endsWith('/tickets')),
    /** Stops everything. Fails if a secret, an email address or the text of a ticket is in the log, in live news or in the audit trail. */
    async close() {
      const kept = await this.rows(sql`select data from events union all select to_jsonb(audit) from audit`);
      await portal.stop();
      await sandbox.stop();
      await database.drop();
      const { MOOV_SECRET_KEY, MOOV_WEBHOOK_SECRET, OIDC_CLIENT_SECRET } = sandbox.settings;
      const sent = sandbox.moov.received.flatMap(({ headers, body }) => [
        ...(headers.authorization?.split(' ').slice(1) ?? []),
        ...textsOf(body),
      ]);
      const canaries = [MOOV_SECRET_KEY, MOOV_WEBHOOK_SECRET, OIDC_CLIENT_SECRET, ...sessionIDs, ...sent];
      expect(leaksIn(logged.join('') + JSON.stringify(kept), canaries), 'nothing secret or personal').toEqual([]);
    },
  };
}
export type World = Awaited<ReturnType<typeof openWorld>>;

/** The problem in an answer. Fails if it is not a complete problem document with the request id, or holds something secret or personal. */
export async function problemOf(answer: Response) {
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  const problem = problemSchema.parse(await answer.json());
  expect(problem.status).toBe(answer.status);
  expect(problem.requestID).toBe(answer.headers.get('x-request-id'));
  const told = JSON.stringify(problem).replaceAll('name@example.com', '[the example beside the input]');
  expect(leaksIn(told, []), 'nothing secret or personal is in a problem').toEqual([]);
  return problem;
}

/** Calls `look` again and again until its result satisfies `holds`. @throws after `withinMs`, with the last result */
export async function until<T>(look: () => Promise<T>, holds: (value: T) => boolean, withinMs = 30_000): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const value = await look();
    if (holds(value)) return value;
    if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(value)} after ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
