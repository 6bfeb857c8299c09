import { BlockList, isIP } from 'node:net';
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
  /** What is known of an address: each look through the proxies makes an object outside of JavaScript. */
  const known = new Map<string, { key: string; isProxy: boolean }>();
  function about(given: string) {
    const kept = known.get(given);
    if (kept !== undefined) return kept;
    const family = isIP(given);
    // Also knows `::ffff:1.2.3.4` as 1.2.3.4, as the key does.
    const isProxy = family !== 0 && trusted.check(given, family === 6 ? 'ipv6' : 'ipv4');
    const found = { key: addressKey(given), isProxy };
    if (known.size >= mostKnown) known.clear();
    // A zone (`fe80::1%eth0`) may be of any length.
    if (given.length <= 64) known.set(given, found);
    return found;
  }
  return (c: Context): string => {
    // As the Node server hands it on; absent where a request has none.
    const from: Partial<HttpBindings> = c.env ?? {};
    let nearest = about(from.incoming?.socket.remoteAddress ?? 'none');
    const forwarded = (c.req.header('x-forwarded-for') ?? '').split(',').map((part) => part.trim());
    while (nearest.isProxy) {
      const before = forwarded.pop();
      if (before === undefined || isIP(before) === 0) break;
      nearest = about(before);
    }
    return nearest.key;
  };
}

/** Some 2 MB of addresses. */
const mostKnown = 10_000;
