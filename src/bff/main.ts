import { createServer, type Server, type ServerResponse } from 'node:http';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { getRequestListener } from '@hono/node-server';
import type { Logger } from 'pino';
import { createLogger } from './guard/logger.ts';
import { serveMetrics } from './guard/metrics.ts';
import { createStatic } from './guard/static.ts';
import { answerNoRequest, answerUnreadable, withHostOnly } from './guard/unreadable.ts';
import { doubtsAbout, readSettings, type Settings, SettingsError } from './settings.ts';
import { startPortal } from './start.ts';
import { StoreError } from './store/engine.ts';

/** How long stopping may take in all. What is still open then is cut off. */
const stopMs = 10_000;
/** How long the portal still accepts connections after /readyz has begun to say no, so that a load balancer can notice. */
const noticeMs = 500;
/** How much of `stopMs` open requests and deliveries under way may take to finish. */
const finishMs = 8_000;
/** A second signal ends the process at once, but not within this time: one Ctrl+C arrives twice, from the terminal and through npm. */
const sameSignalMs = 300;

type Running = {
  portal: Awaited<ReturnType<typeof startPortal>>;
  admin: Awaited<ReturnType<typeof serveMetrics>> | undefined;
  server: Server;
  log: Logger;
};

/** Reads the built pages. The page with the form for a new ticket has an HTML file of its own, the same for every account. */
const readPages = () =>
  createStatic({
    root: path.join(import.meta.dirname, '../web'),
    pages: [
      {
        pattern: /^\/accounts\/[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\/tickets\/new$/,
        file: 'new-ticket.html',
      },
    ],
  });

/** Stops in order, within `stopMs`: /readyz says no, open requests and deliveries finish, everything is closed. */
async function finish({ portal, admin, server, log }: Running) {
  setTimeout(() => {
    log.warn('requests were still open when the time to finish ran out');
    process.exit();
  }, stopMs).unref();
  portal.retire();
  server.prependListener('request', (_, response: ServerResponse) => {
    response.setHeader('connection', 'close');
  });
  await pause(server.listening ? noticeMs : 0);
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  // server.close() ends only the connections that are idle now. This ends the others as soon as their last request is answered.
  const idle = setInterval(() => server.closeIdleConnections(), 5);
  await portal.stop({ requests: closed, withinMs: finishMs });
  await admin?.close();
  await closed;
  clearInterval(idle);
  log.info('stopped');
}

/**
 * Ends the process when it is told to (SIGTERM, SIGINT), or after an error that nobody handled: at once while the portal starts, since
 * nobody waits for an answer yet; in order once `started` has been called with what to do then.
 */
function endWhenTold(log: Logger) {
  let inOrder: (() => Promise<void>) | undefined;
  let askedAt: number | undefined;
  const stop = () => {
    if (inOrder === undefined) process.exit();
    if (askedAt !== undefined) return;
    askedAt = performance.now();
    inOrder().catch((error: unknown) => {
      log.fatal({ err: error }, 'the portal could not stop in order');
      process.exit(1);
    });
  };
  // Node reports promise rejections that nobody handles here as well.
  process.on('uncaughtException', (error: unknown) => {
    process.exitCode = 1;
    log.fatal(
      { err: error instanceof Error ? error : new Error('no error') },
      'an error that nobody handled: stopping',
    );
    stop();
  });
  // Also while the portal starts, because Linux does not end the first process of a container by a signal that it does not handle.
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      if (askedAt !== undefined && performance.now() - askedAt > sameSignalMs) {
        log.warn('told to stop again: ending at once');
        process.exit(1);
      }
      stop();
    });
  return {
    stop,
    started(finishing: () => Promise<void>) {
      inOrder = finishing;
    },
  };
}

/** The HTTP server of the portal, which does not listen yet. */
function serverFor({ app }: Running['portal'], settings: Settings, log: Logger): Server {
  const server = createServer(
    // In 20 seconds the largest message can come in at 3.3 kB a second. By default Node looks for late requests only every half minute.
    {
      requestTimeout: 20_000,
      headersTimeout: 10_000,
      keepAliveTimeout: 65_000,
      connectionsCheckingInterval: 1_000,
      requireHostHeader: false,
    },
    withHostOnly(getRequestListener(app.fetch, { hostname: settings.HOST, errorHandler: answerNoRequest(log) }), log),
  );
  answerUnreadable(server, log);
  return server;
}

/** `npm start`: starts the portal, with settings from the environment. */
async function main() {
  const settings = readSettings(process.env);
  const log = createLogger({ level: settings.LOG_LEVEL });
  for (const doubt of doubtsAbout(settings)) log.warn(doubt);
  // With hot reload the TypeScript sources run directly, and Vite serves the pages.
  const pages = import.meta.filename.endsWith('.ts') ? undefined : await readPages();
  const { stop, started } = endWhenTold(log);
  const portal = await startPortal(settings, log, pages);
  let admin: Running['admin'];
  if (settings.ADMIN_PORT !== undefined)
    try {
      admin = await serveMetrics(portal.metrics, { port: settings.ADMIN_PORT, host: settings.HOST }, log);
    } catch (error) {
      log.fatal({ err: error }, `the metrics cannot be served on ${settings.HOST}:${settings.ADMIN_PORT} (ADMIN_PORT)`);
      process.exitCode = 1;
      // The worker may be delivering already, so the portal is stopped in order.
      await portal.stop();
      return;
    }
  const server = serverFor(portal, settings, log);
  started(() => finish({ portal, admin, server, log }));
  server.on('error', (error) => {
    log.fatal({ err: error }, `the portal cannot listen on ${settings.HOST}:${settings.PORT}`);
    process.exitCode = 1;
    stop();
  });
  server.listen(settings.PORT, settings.HOST, () => {
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    log.info({ port, host: settings.HOST, origin: settings.PUBLIC_ORIGIN }, 'the portal is listening');
  });
}

main().catch((error: unknown) => {
  // For an error that the operator can repair a sentence is enough; any other is shown with its stack.
  process.stderr.write(
    `${error instanceof SettingsError || error instanceof StoreError ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
  );
  process.exit(1);
});
