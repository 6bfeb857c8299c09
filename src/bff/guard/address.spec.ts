import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { createAddressReader } from './address.ts';
import { addressKey } from './limits.ts';

/** Whom the limits count a request against. */
async function counted(proxies: string[], from: string, forwardedFor?: string): Promise<string> {
  const read = createAddressReader(proxies);
  const app = new Hono().get('/', (c) => c.text(read(c)));
  const answer = await app.request(
    '/',
    { headers: forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor } },
    { incoming: { socket: { remoteAddress: from } } },
  );
  return answer.text();
}

// Only what the configured proxies have written counts.
test.each([
  [
    'a stranger who writes a header of their own counts as themselves',
    [],
    '203.0.113.9',
    '198.51.100.1',
    '203.0.113.9',
  ],
  ['behind a proxy a person counts as the proxy saw them', ['10.0.0.0/8'], '10.1.2.3', '203.0.113.9', '203.0.113.9'],
  [
    'what a person put before what the proxy wrote is not believed',
    ['10.0.0.0/8'],
    '10.1.2.3',
    '1.2.3.4, 203.0.113.9',
    '203.0.113.9',
  ],
  [
    'every trusted proxy of a chain is passed',
    ['10.0.0.0/8', '192.0.2.7'],
    '10.1.2.3',
    '203.0.113.9, 192.0.2.7',
    '203.0.113.9',
  ],
  [
    'an address of IPv4 that came as IPv6 is the same proxy',
    ['10.0.0.0/8'],
    '::ffff:10.1.2.3',
    '203.0.113.9',
    '203.0.113.9',
  ],
  [
    'a person whose address of IPv4 the proxy wrote as IPv6 is the same person',
    ['10.0.0.0/8'],
    '10.1.2.3',
    '::FFFF:203.0.113.9',
    '203.0.113.9',
  ],
  [
    'proxies of IPv6 are passed as well, one or a network of them',
    ['2001:db8::1', 'fd00::/8'],
    '2001:db8::1',
    '203.0.113.9, fd12:3456::1',
    '203.0.113.9',
  ],
  ['who is beside a network of proxies is none of them', ['10.0.0.0/8'], '11.1.2.3', '203.0.113.9', '11.1.2.3'],
  ['who is beside a proxy of IPv6 is none', ['2001:db8::1'], '2001:db8::2', '203.0.113.9', '2001:db8::2'],
  ['what has no address is no proxy', ['10.0.0.0/8'], 'none', '203.0.113.9', 'none'],
  ...['203.0.113.9:4711', '203.0.113.9:80, 10.1.1.1:65535'].map(
    (written): [string, string[], string, string, string] => [
      `a port that a proxy has written is no part of the address: ${written}`,
      ['10.0.0.0/8'],
      '10.1.2.3',
      written,
      '203.0.113.9',
    ],
  ),
  ...['[2001:db8::9]:4711', '[2001:db8::9]', '2001:db8::9'].map(
    (written): [string, string[], string, string, string] => [
      `an address of IPv6 is the same with a port and brackets: ${written}`,
      ['10.0.0.0/8'],
      '10.1.2.3',
      written,
      '2001:db8::9',
    ],
  ),
  ...['203.0.113.9:', '203.0.113.9:x', '[nonsense]:80', '[]'].map(
    (written): [string, string[], string, string, string] => [
      `what only looks like an address with a port leaves the proxy to count: ${written}`,
      ['10.0.0.0/8'],
      '10.1.2.3',
      written,
      '10.1.2.3',
    ],
  ),
  ['what is no address leaves the proxy to count', ['10.0.0.0/8'], '10.1.2.3', 'nonsense', '10.1.2.3'],
  ['a proxy that wrote nothing counts itself', ['10.0.0.0/8'], '10.1.2.3', undefined, '10.1.2.3'],
])('%s', async (_, proxies, from, forwardedFor, whom) => {
  expect(await counted(proxies, from, forwardedFor)).toBe(addressKey(whom));
});
