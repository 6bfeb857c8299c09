import { once } from 'node:events';
import type { Server } from 'node:http';

/**
 * Makes a server listen on loopback.
 * @param port 0 for a free one
 * @returns its port, and `stop`, which also ends its open connections
 * @throws when the port is taken (EADDRINUSE)
 */
export async function listen(server: Server, port: number) {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    port: address.port,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
