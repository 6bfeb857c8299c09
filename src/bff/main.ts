import { createServer, type Server, type ServerResponse } from 'node:http';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { getRequestListener } from '@hono/node-server';
import type { Logger } from 'pino';
import { createLogger } from './guard/logger.ts';
import { serveMetrics } from './guard/metrics.ts';
import { createStatic } from './guard/static.ts';
import { answerNoRequest, answerUnreadable, withHostOnly } from './guard/unreadable.ts';
import { doubtsAbout, readSettings, SettingsError } from './settings.ts';
import { startPortal } from './start.ts';
import { StoreError } from './store/store.ts';

/** How long it may take to stop, in all; what is open then is cut off. */
const stopMs = 10_000;
/** How long connections are still taken after /readyz has begun to say no, so that whoever balances the load can notice. */
const noticeMs = 500;
/** Of the whole, what open requests and deliveries under way may take to finish. */
const finishMs = 8_000;
/** A second signal ends the process at once, unless it comes within this time: one Ctrl+C arrives twice, from the terminal and through npm. */
const sameWishMs = 300;

type Running = {
  portal: Awaited<ReturnType<typeof startPortal>>;
  admin: Awaited<ReturnType<typeof serveMetrics>> | undefined;
  server: Server;
  log: Logger;
};

/** The built pages. The form for a new ticket is in the HTML of its own page, which is the same for every account. */
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

/** Stops in order: says no at /readyz, finishes what is open, and lets go of everything, within `stopMs`. */
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
  // server.close() ends the connections that are idle now. This ends the others as soon as their last request is answered.
  const idle = setInterval(() => server.closeIdleConnections(), 5);
  await portal.stop({ requests: closed, withinMs: finishMs });
  await admin?.close();
  await closed;
  clearInterval(idle);
  log.info('stopped');
}

/** `npm start`: the portal alone, from the environment. */
async function main() {
  const settings = readSettings(process.env);
  const log = createLogger({ level: settings.LOG_LEVEL });
  for (const doubt of doubtsAbout(settings)) log.warn(doubt);
  // With hot reload the sources run as they are, and Vite has the pages.
  const pages = import.meta.filename.endsWith('.ts') ? undefined : await readPages();
  let stop: (() => void) | undefined;
  // Rejections that nobody handles end up here as well.
  process.on('uncaughtException', (error: unknown) => {
    process.exitCode = 1;
    log.fatal(
      { err: error instanceof Error ? error : new Error('no error') },
      'an error that nobody handled: stopping',
    );
    if (stop === undefined) process.exit();
    stop();
  });
  let askedAt: number | undefined;
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      // Nobody has been answered yet. The system spares the first process of a container a signal that is not handled.
      if (stop === undefined) process.exit();
      if (askedAt !== undefined && performance.now() - askedAt > sameWishMs) {
        log.warn('told to stop again: ending at once');
        process.exit(1);
      }
      stop();
    });
  const portal = await startPortal(settings, log, pages);
  let admin: Running['admin'];
  if (settings.ADMIN_PORT !== undefined)
    try {
      admin = await serveMetrics(portal.metrics, { port: settings.ADMIN_PORT, host: settings.HOST }, log);
    } catch (error) {
      log.fatal({ err: error }, `the metrics cannot be served on ${settings.HOST}:${settings.ADMIN_PORT} (ADMIN_PORT)`);
      process.exitCode = 1;
      // The worker may be delivering already.
      await portal.stop();
      return;
    }
  const server = createServer(
    // The largest message takes 20 seconds at 3 kB a second. Node looks for late ones only every half minute unless told.
    {
      requestTimeout: 20_000,
      headersTimeout: 10_000,
      keepAliveTimeout: 65_000,
      connectionsCheckingInterval: 1_000,
      requireHostHeader: false,
    },
    withHostOnly(
      getRequestListener(portal.app.fetch, { hostname: settings.HOST, errorHandler: answerNoRequest(log) }),
      log,
    ),
  );
  answerUnreadable(server, log);
  server.on('error', (error) => {
    log.fatal({ err: error }, `the portal cannot listen on ${settings.HOST}:${settings.PORT}`);
    process.exitCode = 1;
    stop?.();
  });

  stop = () => {
    if (askedAt !== undefined) return;
    askedAt = performance.now();
    finish({ portal, admin, server, log }).catch((error: unknown) => {
      log.fatal({ err: error }, 'the portal could not stop in order');
      process.exit(1);
    });
  };
  server.listen(settings.PORT, settings.HOST, () => {
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    log.info({ port, host: settings.HOST, origin: settings.PUBLIC_ORIGIN }, 'the portal is listening');
  });
}

main().catch((error: unknown) => {
  // What an operator can mend is said in a sentence; anything else with its stack.
  process.stderr.write(
    `${error instanceof SettingsError || error instanceof StoreError ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
  );
  process.exit(1);
});
