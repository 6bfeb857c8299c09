import type { Client } from 'pg';
import type { Logger } from 'pino';

const reconnectMs = 1_000;

/**
 * Listens to a channel of PostgreSQL on a connection of its own. Whenever that breaks, it opens a new one after a second.
 * @param open makes a client that is not connected yet
 * @param tell `heard` and `lost` as in `Store.listen`
 */
export async function listenOn(
  open: () => Client,
  channel: string,
  tell: { heard(told?: string): void; lost(): void },
  log: Logger,
): Promise<{ stop(): Promise<void> }> {
  let stopped = false;
  let client: Client | undefined;
  let again: NodeJS.Timeout | undefined;
  async function connect() {
    const mine = open();
    client = mine;
    const broken = (error?: Error) => {
      if (stopped || client !== mine) return;
      client = undefined;
      tell.lost();
      log.warn({ err: error }, 'the connection that listens for news broke; connecting again');
      mine.end().catch(() => undefined);
      again = setTimeout(() => void connect(), reconnectMs);
    };
    mine.on('error', broken);
    mine.on('end', () => broken());
    mine.on('notification', ({ payload }) => tell.heard(payload));
    try {
      await mine.connect();
      await mine.query(`listen ${mine.escapeIdentifier(channel)}`);
      tell.heard();
    } catch (error) {
      broken(error instanceof Error ? error : undefined);
    }
  }
  await connect();
  return {
    async stop() {
      stopped = true;
      clearTimeout(again);
      await client?.end();
    },
  };
}
