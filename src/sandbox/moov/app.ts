import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { getRequestListener } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import { createMiddleware } from 'hono/factory';
import { listen } from '../listen.ts';
import { accountIDs } from '../people.ts';
import { identify, readBasic, readBearer } from './access.ts';
import { accountRoutes } from './accounts.ts';
import { agentRoutes } from './agent.ts';
import { Refusal, refuse, toResponse } from './answers.ts';
import { createFaultDesk } from './faults.ts';
import { helpRoutes } from './help.ts';
import { messageRoutes } from './messages.ts';
import { createOutage } from './outage.ts';
import type { MoovEnv, Parts } from './parts.ts';
import { createRateLimit } from './rate-limit.ts';
import { createRecorder, type Received, readBody } from './received.ts';
import { sandboxRoutes } from './sandbox-routes.ts';
import { seedAccounts } from './seed-accounts.ts';
import { seedTickets } from './seed-tickets.ts';
import { createStore } from './store.ts';
import { ticketRoutes } from './tickets.ts';
import { createTokenDesk, tokenRoutes } from './tokens.ts';
import { requireVersion } from './version.ts';
import { createWebhooks, type WebhookTarget } from './webhooks.ts';

export type MoovOptions = {
  /** the limit of requests a second for each account; 40 by default, as at Moov */
  requestsPerSecond?: number | undefined;
  /** how long access tokens live; 900 by default */
  tokenLifeSeconds?: number | undefined;
  /** what `expires_in` means; `seconds` by default */
  expiresInAs?: 'seconds' | 'timestamp' | undefined;
  /** where events go; none by default */
  webhook?: WebhookTarget | undefined;
  /** how many generated connected accounts there are besides the named ones */
  extraAccounts?: number | undefined;
  /** how many generated closed tickets the first merchant has besides the written ones */
  extraTickets?: number | undefined;
  /** where the portal is, for links on the help page */
  portalOrigin?: string | undefined;
  now?: (() => Date) | undefined;
};

/** The sandbox's own pages, as opposed to the API. */
const isOwnPage = (path: string) => /^\/(_sandbox|agent)(\/|$)/.test(path);
const accountOf = (path: string) => /^\/accounts\/([^/]+)/.exec(path)?.[1] ?? accountIDs.partner;

/**
 * The stand-in for the Moov API. Call it in process through `app.request` and `app.fetch`, or let it `listen`. Its data is in memory
 * only, and starts with the same accounts and tickets each time.
 */
export function createMoov(options: MoovOptions = {}) {
  const now = options.now ?? (() => new Date());
  const webhooks = createWebhooks(options.webhook, now);
  const received = createRecorder();
  const parts: Parts = {
    store: createStore(
      { accounts: seedAccounts(options.extraAccounts), tickets: seedTickets(now(), options.extraTickets) },
      now,
      webhooks.tell,
    ),
    tokens: createTokenDesk(
      { lifeSeconds: options.tokenLifeSeconds ?? 900, expiresInAs: options.expiresInAs ?? 'seconds' },
      now,
    ),
    faults: createFaultDesk(now),
    outage: createOutage(),
    received,
    webhooks,
    rateLimit: createRateLimit(options.requestsPerSecond ?? 40, now),
    portalOrigin: options.portalOrigin,
  };

  /** Every answer carries x-request-id (reference page, "Response headers"). */
  const nameRequest = createMiddleware<MoovEnv>(async (c, next) => {
    c.set('requestID', randomUUID());
    await next();
    if (c.res !== RESPONSE_ALREADY_SENT) c.res.headers.set('x-request-id', c.get('requestID'));
  });

  const record = createMiddleware<MoovEnv>(async (c, next) => {
    const authorization = c.req.header('authorization');
    const bearer = readBearer(authorization);
    const call: Received = {
      at: now().toISOString(),
      method: c.req.method,
      path: c.req.path,
      query: c.req.query(),
      headers: c.req.header(),
      body: readBody(await c.req.text()),
      auth: readBasic(authorization) !== undefined ? 'basic' : bearer !== undefined ? 'bearer' : 'none',
      scopes: bearer === undefined ? undefined : parts.tokens.scopesOf(bearer),
      status: undefined,
      requestID: c.get('requestID'),
    };
    received.add(call);
    await next();
    if (c.res !== RESPONSE_ALREADY_SENT) call.status = c.res.status;
  });

  const playOutage = createMiddleware<MoovEnv>(async (_, next) => {
    if (parts.outage.mode() === 'down') throw refuse(500);
    if (parts.outage.mode() === 'slow') await pause(parts.outage.slowMs, undefined, { ref: false });
    await next();
  });

  const checkVersion = createMiddleware<MoovEnv>(async (c, next) => {
    requireVersion(c.req.header('x-moov-version'));
    await next();
  });

  const authenticate = createMiddleware<MoovEnv>(async (c, next) => {
    c.set(
      'caller',
      identify((name) => c.req.header(name), parts.tokens),
    );
    await next();
  });

  const limit = createMiddleware<MoovEnv>(async (c, next) => {
    const retryAfter = parts.rateLimit.count(accountOf(c.req.path));
    if (retryAfter !== undefined) throw refuse(429, { 'retry-after': String(retryAfter) });
    await next();
  });

  const app = new Hono<MoovEnv>();
  app.use(nameRequest);
  // Hono's `/accounts/*` matches `/accounts` too.
  for (const path of ['/accounts/*', '/oauth2/*']) app.use(path, record, playOutage, checkVersion, limit);
  app.use('/accounts/*', authenticate);
  app.route('/oauth2', tokenRoutes(parts));
  app.route('/accounts', accountRoutes(parts));
  app.route('/accounts', ticketRoutes(parts));
  app.route('/accounts', messageRoutes(parts));
  app.route('/_sandbox', sandboxRoutes(parts));
  app.route('/agent', agentRoutes(parts));
  app.route('/', helpRoutes(parts));
  // Calls of Moov that the sandbox does not imitate.
  app.all('*', (c) =>
    c.json({ error: `The sandbox does not imitate ${c.req.method} ${c.req.path}.` }, isOwnPage(c.req.path) ? 404 : 501),
  );
  app.onError((error) => {
    if (error instanceof Refusal) return toResponse(error);
    throw error;
  });

  return {
    app,
    store: parts.store,
    tokens: parts.tokens,
    outage: parts.outage,
    webhooks,
    /** the calls of the API so far, oldest first; at most 10,000, the oldest are dropped */
    received: received.calls,
    /** Forgets what was received. */
    clearReceived: received.clear,

    /**
     * Serves the stand-in over HTTP, on loopback.
     * @param at the port; a free one if left out
     * @throws when the port is taken (EADDRINUSE)
     */
    async listen(at = 0) {
      const { port, stop } = await listen(createServer(getRequestListener(app.fetch)), at);
      return {
        url: `http://127.0.0.1:${port}`,
        async stop() {
          await webhooks.stop();
          await stop();
        },
      };
    },
  };
}
