import { BlockList, isIP } from 'node:net';
import type { Context } from 'hono';
import * as z from 'zod/mini';
import { addressKey } from './limits.ts';

/** The socket of a request, as the Node server hands it on; absent where a request has none. */
const socketSchema = z.object({ incoming: z.object({ socket: z.object({ remoteAddress: z.string() }) }) });

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
  return (c: Context): string => {
    const socket = socketSchema.safeParse(c.env);
    let address = socket.success ? addressKeyless(socket.data.incoming.socket.remoteAddress) : 'none';
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
