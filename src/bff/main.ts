import path from 'node:path';
import { serve } from '@hono/node-server';
import { createLogger } from './guard/logger.ts';
import { serveMetrics } from './guard/metrics.ts';
import { createStatic } from './guard/static.ts';
import { readSettings, SettingsError } from './settings.ts';
import { startPortal } from './start.ts';
import { StoreError } from './store/store.ts';

/** How long open requests may take to finish when the process is told to stop. */
const drainMs = 10_000;

/** `npm start`: the portal alone, from the environment. */
async function main() {
  const settings = readSettings(process.env);
  const log = createLogger({ level: settings.LOG_LEVEL });
  // With hot reload the sources run as they are, and Vite has the pages.
  const pages = import.meta.filename.endsWith('.ts')
    ? undefined
    : await createStatic({
        root: path.join(import.meta.dirname, '../web'),
        pages: [
          {
            pattern: /^\/accounts\/[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\/tickets\/new$/,
            file: 'new-ticket.html',
          },
        ],
      });
  const portal = await startPortal(settings, log, pages);
  const admin =
    settings.ADMIN_PORT === undefined
      ? undefined
      : await serveMetrics(portal.metrics, { port: settings.ADMIN_PORT, host: settings.HOST }, log);
  const server = serve(
    {
      fetch: portal.app.fetch,
      port: settings.PORT,
      hostname: settings.HOST,
      serverOptions: { requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 65_000 },
    },
    (address) => {
      log.info({ port: address.port, host: settings.HOST, origin: settings.PUBLIC_ORIGIN }, 'the portal is listening');
    },
  );
  server.on('error', (error) => {
    log.fatal({ err: error }, `the portal cannot listen on ${settings.HOST}:${settings.PORT}`);
    process.exitCode = 1;
    void stop();
  });

  let stopping: Promise<void> | undefined;
  function stop() {
    stopping ??= (async () => {
      const late = setTimeout(() => {
        log.warn('requests were still open when the time to finish ran out');
        process.exit(process.exitCode ?? 0);
      }, drainMs);
      late.unref();
      const closed = new Promise((resolve) => server.close(resolve));
      await portal.stop();
      await admin?.close();
      await closed;
      log.info('stopped');
    })();
    return stopping;
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop());
  process.once('uncaughtException', (error) => {
    log.fatal({ err: error }, 'an error that nobody handled: stopping');
    process.exitCode = 1;
    void stop().finally(() => process.exit(1));
  });
}

main().catch((error: unknown) => {
  // What an operator can mend is said in a sentence; anything else with its stack.
  process.stderr.write(
    `${error instanceof SettingsError || error instanceof StoreError ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
  );
  process.exit(1);
});
