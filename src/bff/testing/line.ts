import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import * as z from 'zod/mini';

/**
 * A TCP proxy in front of a PostgreSQL, which can be cut and can go dead. It is closed after the test.
 * @param databaseURL the address of the server itself
 * @param rewrite changes the first bytes that a client sends on a connection
 * @returns `databaseURL`: the address of the proxy
 */
export async function openLine(databaseURL: string, rewrite = (first: Buffer) => first) {
  const target = new URL(databaseURL);
  const pairs = new Set<[Socket, Socket]>();
  let cut = false;
  const server = createServer((near) => {
    if (cut) {
      near.destroy();
      return;
    }
    const far = connect(Number(target.port), target.hostname);
    const pair: [Socket, Socket] = [near, far];
    pairs.add(pair);
    near.on('error', () => far.destroy()).on('close', () => far.destroy());
    far.on('error', () => near.destroy()).on('close', () => pairs.delete(pair) && near.destroy());
    near.once('data', (first: Buffer) => {
      far.write(rewrite(first));
      near.pipe(far);
    });
    far.pipe(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = z.looseObject({ port: z.number() }).parse(server.address());
  const end = () => {
    for (const pair of pairs) for (const socket of pair) socket.destroy();
  };
  onTestFinished(() => {
    end();
    server.close();
  });
  return {
    databaseURL: Object.assign(new URL(target), { hostname: '127.0.0.1', port: String(port) }).href,
    /** Open connections pass nothing any more and are not closed, as when a machine loses its power. New connections work. */
    goDead() {
      for (const [near, far] of pairs) {
        near.unpipe(far).resume();
        far.unpipe(near).resume();
      }
    },
    /** Closes all connections, and refuses new ones until `mend`. */
    cut() {
      cut = true;
      end();
    },
    mend() {
      cut = false;
    },
  };
}
