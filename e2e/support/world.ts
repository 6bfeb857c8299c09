import { test as base, type ConsoleMessage, expect } from '@playwright/test';
import { leaksIn, textsOf } from '../../src/bff/testing/canaries.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/start.ts';
import { ownDatabase } from './database.ts';
import { type Line, startLine } from './line.ts';
import { type Access, ticketsOf } from './moov.ts';
import { type Portal, startPortal } from './portal.ts';
import { freePort } from './postgres.ts';

export { expect };

/** The portal, the sandbox behind it, and the line between them. Each worker of Playwright has one, which its tests share. */
export type World = {
  origin: string;
  sandbox: Sandbox;
  agent: Agent;
  /** the line to the API: what the portal has sent, and failures on demand */
  line: Line;
  portal(): Portal;
  /** the body of every problem that a page got as an answer */
  told: string[];
  /** how to reach the sandbox's API directly, without the line */
  access: Access;
  /** the newest tickets of an account, read from the API itself */
  tickets(accountID: string): ReturnType<typeof ticketsOf>;
  ticketsTitled(accountID: string, title: string): ReturnType<typeof ticketsOf>;
  /** Kills the portal's process, runs `meanwhile`, and starts the portal again on the same database. */
  crash(meanwhile?: () => Promise<void>): Promise<void>;
  /** how often `crash` was called */
  crashes(): number;
};

/** The other side: what support's agents do, and tickets that reach the API without the portal (`file`). */
type Agent = {
  file: Sandbox['moov']['store']['create'];
  /** adds a message to the ticket with this title */
  answer(title: string, author: string, html: string): void;
  setStatus(title: string, status: 'new' | 'in-progress' | 'on-hold' | 'closed'): void;
};

function agentOf({ moov: { store } }: Sandbox): Agent {
  const titled = (title: string) => {
    const found = store.tickets().find(({ ticket }) => ticket.title === title);
    if (found === undefined) throw new Error(`the API has no ticket “${title}”`);
    return found;
  };
  return {
    file: store.create,
    answer: (title, author, html) => store.addMessage(titled(title), author, html),
    setStatus: (title, status) => void store.setStatus(titled(title), status),
  };
}

/** Times that are short enough for a test, in the same order as the real ones: answer < deadline < settle. */
const quick = {
  HOST: '127.0.0.1',
  UPSTREAM_TIMEOUT_MS: '2500',
  ANSWER_WITHIN_MS: '2000',
  SETTLE_MS: '3000',
  CREATE_LIMIT_PER_MINUTE: '1000',
};

async function startWorld(settings: Record<string, string>): Promise<World & { stop(): Promise<void> }> {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const database = await ownDatabase();
  const sandbox = await startSandbox({ portalOrigin: origin, extraTickets: 40, extraAccounts: 60 });
  const access: Access = {
    url: sandbox.moovURL,
    publicKey: sandbox.settings.MOOV_PUBLIC_KEY,
    secretKey: sandbox.settings.MOOV_SECRET_KEY,
    origin: sandbox.settings.MOOV_ORIGIN,
    partnerAccountID: sandbox.settings.MOOV_PARTNER_ACCOUNT_ID,
  };
  const line = await startLine(sandbox.moovURL);
  const all = {
    ...quick,
    ...sandbox.settings,
    ...database.settings,
    PORT: String(port),
    ADMIN_PORT: String(await freePort()),
    PUBLIC_ORIGIN: origin,
    MOOV_API_URL: line.origin,
    ...settings,
  };
  let portal = await startPortal(all);
  let printed = '';
  let crashes = 0;
  const told: string[] = [];
  return {
    told,
    crashes: () => crashes,
    origin,
    sandbox,
    agent: agentOf(sandbox),
    line,
    portal: () => portal,
    access,
    tickets: (accountID) => ticketsOf(access, accountID),
    async ticketsTitled(accountID, title) {
      return (await ticketsOf(access, accountID)).filter((ticket) => ticket.title === title);
    },
    async crash(meanwhile = () => Promise.resolve()) {
      crashes += 1;
      await portal.stop('SIGKILL');
      printed += portal.output();
      await meanwhile();
      portal = await startPortal(all);
    },
    async stop() {
      line.mend();
      const metrics = await fetch(`http://localhost:${all.ADMIN_PORT}/metrics`, { signal: AbortSignal.timeout(5_000) });
      printed += await metrics.text();
      await portal.stop();
      printed += portal.output();
      await line.stop();
      await sandbox.stop();
      await database.remove();
      const { MOOV_SECRET_KEY, MOOV_WEBHOOK_SECRET, OIDC_CLIENT_SECRET } = sandbox.settings;
      const passed = line.received.flatMap(({ headers, body }) => [
        ...(headers.authorization?.split(' ').slice(1) ?? []),
        ...(body.startsWith('{') ? textsOf(JSON.parse(body)) : []),
      ]);
      const secrets = [MOOV_SECRET_KEY, MOOV_WEBHOOK_SECRET, OIDC_CLIENT_SECRET];
      expect(leaksIn(printed, [...secrets, ...passed]), 'nothing secret or personal is logged or measured').toEqual([]);
      expect(leaksIn(told.join('\n'), secrets), 'nothing secret or personal is in a problem').toEqual([]);
    },
  };
}

/**
 * Whether a test has caused an error in the console on purpose. Chromium reports every failed request as an error. Expected are failed
 * calls, and all requests while the test has taken away the network or (`wasKilled`) the portal. What React says of a chunk that it
 * could not have says no more: the chunk's request is reported as well.
 */
const isProvoked = (message: ConsoleMessage, wasKilled: boolean) =>
  message.text().startsWith('TypeError: Failed to fetch dynamically imported module:') ||
  (message.text().startsWith('Failed to load resource:') &&
    (/ERR_(INTERNET_DISCONNECTED|CONNECTION_REFUSED)/.test(message.text()) ||
      (wasKilled && /ERR_(CONNECTION_RESET|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING)/.test(message.text())) ||
      /\/(api|auth)\//.test(message.location().url)));

type OfEachTest = { quietConsole: undefined; mended: undefined };
type OfEachWorker = { settings: Record<string, string>; world: World };

/** Playwright's `test` with a `world`. With `test.use({ settings })` a spec file gets a world whose portal has other settings. */
export const test = base.extend<OfEachTest, OfEachWorker>({
  settings: [{}, { option: true, scope: 'worker' }],
  world: [
    async ({ settings }, use) => {
      const world = await startWorld(settings);
      await use(world);
      await world.stop();
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  baseURL: async ({ world }, use) => use(world.origin),

  /** Fails a test when the console shows an error, an uncaught exception or a violation of the content security policy. */
  quietConsole: [
    async ({ context, world }, use) => {
      const faults: string[] = [];
      const crashesBefore = world.crashes();
      context.on('response', (response) => {
        if (response.headers()['content-type'] !== 'application/problem+json') return;
        response.text().then(
          (problem) => world.told.push(problem),
          // The page was left before it had read the answer.
          () => undefined,
        );
      });
      context.on('console', (message) => {
        if (message.type() === 'error' && !isProvoked(message, world.crashes() > crashesBefore))
          faults.push(`${message.text()} (${message.location().url})`);
      });
      context.on('weberror', (error) => {
        faults.push(String(error.error().stack ?? error.error()));
      });
      await use(undefined);
      expect(faults, 'the console must stay quiet').toEqual([]);
    },
    { auto: true },
  ],

  /** After each test: mends the line for the next one, and attaches what the portal has printed if the test has failed. */
  mended: [
    async ({ world }, use, info) => {
      const before = world.portal().output().length;
      await use(undefined);
      world.line.mend();
      if (info.status !== info.expectedStatus)
        await info.attach('portal.log', { body: world.portal().output().slice(before), contentType: 'text/plain' });
    },
    { auto: true },
  ],
});
