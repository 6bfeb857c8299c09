import { type Context, Hono } from 'hono';
import type { Logger } from 'pino';
import { call, signInFailedPage } from '../contract/paths.ts';
import type { Hub } from './events/hub.ts';
import { createAddressReader } from './guard/address.ts';
import { answerJSON } from './guard/answer.ts';
import { secureHeaders } from './guard/headers.ts';
import { limitBy, limitStrangers, tellLimits } from './guard/limited.ts';
import type { Limits } from './guard/limits.ts';
import type { Metrics } from './guard/metrics.ts';
import { answerProblem, makeProblem, notFound, ProblemError } from './guard/problem.ts';
import { remember } from './guard/remember.ts';
import { type App, measureRequests, nameRequests, requireSameOrigin } from './guard/request.ts';
import type { createStatic } from './guard/static.ts';
import type { Accounts } from './identity/accounts.ts';
import type { Provider } from './identity/provider.ts';
import { requireSession, sessionHashOf, sessionOf } from './identity/sessions.ts';
import type { Moov } from './moov/moov.ts';
import type { Readings } from './moov/readings.ts';
import { accountRoutes } from './routes/accounts.ts';
import { authRoutes, backChannelRoutes } from './routes/auth.ts';
import { eventRoutes, type StreamCaps } from './routes/events.ts';
import { reportRoutes } from './routes/reports.ts';
import { sessionRoutes } from './routes/session.ts';
import { submissionRoutes } from './routes/submissions.ts';
import { ticketRoutes } from './routes/tickets.ts';
import { webhookRoutes } from './routes/webhooks.ts';
import type { Settings } from './settings.ts';
import type { Audit } from './store/audit.ts';
import type { Store } from './store/engine.ts';
import type { Events } from './store/events.ts';
import { outageOf } from './store/outage.ts';
import type { RememberedSessions } from './store/session-memory.ts';
import type { Submissions } from './store/submissions.ts';
import type { FilingDesk } from './submissions/filing.ts';

/** Everything that the app needs. `startPortal` makes it. */
export type Parts = {
  settings: Settings;
  log: Logger;
  store: Store;
  sessions: RememberedSessions;
  submissions: Submissions;
  audit: Audit;
  events: Events;
  hub: Hub;
  moov: Moov;
  readings: Readings;
  provider: Provider;
  accounts: Accounts;
  filing: FilingDesk;
  limits: Limits;
  metrics: Metrics;
  /** the built web; absent with hot reload, where Vite serves the pages */
  pages?: Awaited<ReturnType<typeof createStatic>> | undefined;
  /** how often a stream of live events sends its heartbeat and checks its session; 15 s by default */
  heartbeatMs?: number | undefined;
  /** how many streams of live events may be open at a time in this process; 60 of one person and 10,000 of all by default */
  mostStreams?: StreamCaps | undefined;
  /** true once the process has begun to stop: load balancers should send it no more requests */
  isRetired: () => boolean;
};

const unexpected = new ProblemError('internal', {
  detail: 'The portal failed unexpectedly. Your text is kept. Try again, and quote the reference if it happens again.',
});
/** Logged with a code that says why; docs/operate.md has a table of the codes. */
const withoutDatabaseLine = 'the database cannot be used just now';
const withoutDatabase = new ProblemError('unavailable', {
  detail: 'The portal cannot reach its own database at the moment. Your text is kept. Try again in a few seconds.',
  retryAfter: 5,
});

/** Whether this is a step of a sign-in in a person's browser. Then a failure must lead to a page, since nobody can read a problem there. */
const isSignInOfPerson = (c: Context<App>) =>
  c.req.method === 'GET' &&
  (c.req.path === '/auth/login' || c.req.path === call.callback()) &&
  c.req.header('accept')?.includes('text/html') === true;

/** The BFF as a Hono app, a function from requests to answers. It knows no port and no environment, so tests can call it in process. */
export function createApp(parts: Parts) {
  const app = new Hono<App>();
  const { settings, pages } = parts;
  const addressOf = createAddressReader(settings.TRUSTED_PROXIES);
  app.use(nameRequests(parts.log));
  app.use(
    secureHeaders({
      publicOrigin: settings.PUBLIC_ORIGIN,
      trustedTypes: ['message-html', 'ProseMirrorClipboard'],
      ...(pages !== undefined && { scriptHashes: pages.scriptHashes, styleHashes: pages.styleHashes }),
    }),
  );
  app.use(measureRequests(parts.metrics));
  app.use(tellLimits());
  if (pages !== undefined) app.use(pages.handler);
  // These calls come from Moov and the identity provider, not from a browser. So they stand before `requireSameOrigin`: their signature
  // proves who calls.
  app.use('/webhooks/*', limitBy(parts, 'webhooks', addressOf));
  app.route('/webhooks', webhookRoutes(parts));
  app.use('/auth/backchannel-logout', limitBy(parts, 'webhooks', addressOf));
  app.route('/auth', backChannelRoutes(parts));
  app.use('/auth/*', limitBy(parts, 'signIn', addressOf));
  app.route('/api/csp-reports', reportRoutes({ ...parts, addressOf }));
  app.use(requireSameOrigin(settings.PUBLIC_ORIGIN));

  app.get('/healthz', (c) => answerJSON(c, { ok: true }));
  // Anybody may ask this as often as they like, so a database that answers is asked at most once a second.
  const ping = remember(1_000, () => parts.store.ping());
  app.get('/readyz', async (c) => {
    if (parts.isRetired()) return answerJSON(c, { ok: false }, 503);
    try {
      await ping();
    } catch (error) {
      c.get('log').error({ err: error, code: outageOf(error) }, withoutDatabaseLine);
      return answerJSON(c, { ok: false }, 503);
    }
    return answerJSON(c, { ok: true });
  });
  app.route('/auth', authRoutes(parts));
  app.use(
    '/api/*',
    limitStrangers(parts, (c) => sessionHashOf(c) !== undefined, addressOf),
  );
  app.route('/api/session', sessionRoutes(parts));
  app.get('/api/status', (c) => answerJSON(c, parts.moov.circuit.status()));
  app.use('/api/*', requireSession(parts.sessions, settings));
  const personOf = (c: Context<App>) => sessionOf(c).personID;
  app.get('/api/accounts/*', limitBy(parts, 'list', personOf));
  app.on(['POST', 'PATCH', 'DELETE'], '/api/accounts/*', limitBy(parts, 'change', personOf));
  app.use('/api/events', limitBy(parts, 'events', personOf));
  app.route('/api/events', eventRoutes(parts));
  app.route('/api/accounts', accountRoutes(parts));
  app.route('/api/accounts/:accountID/tickets', ticketRoutes(parts));
  app.route('/api/accounts/:accountID/submissions', submissionRoutes(parts));

  app.notFound((c) => {
    const { kind, details } = notFound();
    return answerProblem(makeProblem(kind, details, c.get('requestID')));
  });
  app.onError((error, c) => {
    const requestID = c.get('requestID');
    const outage = outageOf(error);
    const fault = error instanceof ProblemError ? error.cause : error;
    if (outage !== undefined) c.get('log').error({ err: error, code: outage }, withoutDatabaseLine);
    else if (fault !== undefined) c.get('log').error({ err: fault }, 'an unexpected error');
    const { kind, details } =
      error instanceof ProblemError ? error : outage === undefined ? unexpected : withoutDatabase;
    c.set('problem', { kind, upstreamRequestID: details.upstreamRequestID });
    if (isSignInOfPerson(c))
      return c.redirect(signInFailedPage({ kind, reference: requestID, returnTo: c.get('returnTo') }), 303);
    return answerProblem(makeProblem(kind, details, requestID));
  });
  return app;
}
