import { BlockList, isIP, type Socket } from 'node:net';
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { addressKey } from './limits.ts';

/**
 * Tells whose address a request comes from, for limits. `X-Forwarded-For` counts only as far as trusted proxies wrote it:
 * read from the right, past every address that is one of them.
 * @param proxies addresses and networks (`10.0.0.0/8`) of the proxies in front of the portal
 */
export function createAddressReader(proxies: readonly string[]) {
  const trusted = new BlockList();
  for (const proxy of proxies) {
    const [address = '', prefix] = proxy.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) trusted.addAddress(address, family);
    else trusted.addSubnet(address, Number(prefix), family);
  }
  const isTrusted = (address: string) => {
    const family = isIP(address);
    return family !== 0 && trusted.check(address, family === 6 ? 'ipv6' : 'ipv4');
  };
  /** Of each connection who is at its other end, and whether that is a proxy to believe: both stay as they are. */
  const known = new WeakMap<Socket, { address: string; key: string; isProxy: boolean }>();
  function peerOf(socket: Socket | undefined) {
    const kept = socket && known.get(socket);
    if (kept !== undefined) return kept;
    const address = addressKeyless(socket?.remoteAddress ?? 'none');
    const peer = { address, key: addressKey(address), isProxy: isTrusted(address) };
    if (socket?.remoteAddress !== undefined) known.set(socket, peer);
    return peer;
  }
  return (c: Context): string => {
    // As the Node server hands it on; absent where a request has none.
    const from: Partial<HttpBindings> = c.env ?? {};
    const peer = peerOf(from.incoming?.socket);
    if (!peer.isProxy) return peer.key;
    let { address } = peer;
    const forwarded = (c.req.header('x-forwarded-for') ?? '').split(',').map((part) => part.trim());
    while (isTrusted(address)) {
      const before = forwarded.pop();
      if (before === undefined || isIP(before) === 0) break;
      address = addressKeyless(before);
    }
    return addressKey(address);
  };
}

/** `::ffff:1.2.3.4` is 1.2.3.4. */
const addressKeyless = (address: string) => address.replace(/^::ffff:(?=\d+\.)/i, '');
