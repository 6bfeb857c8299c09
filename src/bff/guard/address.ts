import { BlockList, isIP } from 'node:net';
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { addressKey } from './limits.ts';

/** How many addresses are remembered: some 2 MB. */
const mostKnown = 10_000;

/** An address as some proxies write it, with the port: `203.0.113.9:4711`, `[2001:db8::1]:4711`. Anything else comes out as it is. */
const withoutPort = (given: string) =>
  given.replace(
    /^(?:\[([^\]]*)\](?::\d{1,5})?|([\d.]+):\d{1,5})$/,
    (_, six?: string, four?: string) => six ?? four ?? '',
  );

/**
 * Makes a function that tells which client address a request comes from, as a key for limits (see `addressKey`). Anybody can send
 * an `X-Forwarded-For`, so only the part that trusted proxies wrote counts: it is read from the right, and the first address
 * that is not a trusted proxy is the client's.
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
  /** Results for addresses seen before: each `BlockList.check` makes an object outside of JavaScript, which is slow. */
  const known = new Map<string, { key: string; isProxy: boolean }>();
  function about(given: string) {
    const kept = known.get(given);
    if (kept !== undefined) return kept;
    const family = isIP(given);
    // `check` takes `::ffff:1.2.3.4` for 1.2.3.4, and so does `addressKey`.
    const isProxy = family !== 0 && trusted.check(given, family === 6 ? 'ipv6' : 'ipv4');
    const found = { key: addressKey(given), isProxy };
    if (known.size >= mostKnown) known.clear();
    // Long texts are not kept: the zone of an address (`fe80::1%eth0`) may be of any length.
    if (given.length <= 64) known.set(given, found);
    return found;
  }
  return (c: Context): string => {
    // The Node server puts the socket here; a request that a test makes in process has none.
    const from: Partial<HttpBindings> = c.env ?? {};
    let nearest = about(from.incoming?.socket.remoteAddress ?? 'none');
    const forwarded = (c.req.header('x-forwarded-for') ?? '').split(',').map((part) => withoutPort(part.trim()));
    while (nearest.isProxy) {
      const before = forwarded.pop();
      if (before === undefined || isIP(before) === 0) break;
      nearest = about(before);
    }
    return nearest.key;
  };
}
