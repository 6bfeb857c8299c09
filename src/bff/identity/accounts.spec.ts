import pino from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/start.ts';
import { createMoov } from '../moov/moov.ts';
import { readSettings } from '../settings.ts';
import { accounts } from '../testing/world.ts';
import { createAccounts } from './accounts.ts';

const minuteMs = 60_000;
const pat = { role: 'partner', accountID: undefined } as const;
let sandbox: Sandbox;
let moov: ReturnType<typeof createMoov>;
let may: (accountID: string) => Promise<boolean | string>;
let at = 0;
const pass = (ms: number) => {
  at += ms;
};
let asMerchant: (accountID: string) => Promise<unknown>;

beforeEach(async () => {
  sandbox = await startSandbox();
  const settings = readSettings({
    ...sandbox.settings,
    PUBLIC_ORIGIN: 'http://localhost:3000',
    ANSWER_WITHIN_MS: '20000',
  });
  moov = createMoov(settings, pino({ level: 'silent' }), () => undefined);
  const known = createAccounts(moov, settings, () => at);
  may = async (accountID) => {
    const outcome = await known.mayAct(pat, accountID);
    return outcome.kind === 'ok' ? outcome.value : outcome.kind;
  };
  asMerchant = (accountID) => known.mayAct({ role: 'merchant', accountID: accounts.own }, accountID);
});
afterEach(async () => {
  await moov.close();
  await sandbox.stop();
});
/** How often the list was read from its beginning. */
const lists = () =>
  new Set(
    sandbox.moov.received
      .filter(({ path, query }) => path === '/accounts' && query.skip === '0')
      .map(({ requestID }) => requestID),
  ).size;
function connect(accountID: string, connection: 'connected' | 'disconnected') {
  const account = sandbox.moov.store.account(accountID);
  if (account === undefined) throw new Error('no such account');
  account.connection = connection;
}

test('staff may act for an account that was connected a moment ago', async () => {
  expect(await may(accounts.neverConnected)).toBe(false);
  connect(accounts.neverConnected, 'connected');
  pass(5_001);
  expect(await may(accounts.neverConnected)).toBe(true);
});

test('staff may no longer act for an account a minute after it was disconnected', async () => {
  expect(await may(accounts.connected)).toBe(true);
  connect(accounts.connected, 'disconnected');
  pass(minuteMs + 1);
  expect(await may(accounts.connected)).toBe(false);
});

test('trying ids does not make the portal ask Moov for each', async () => {
  for (let index = 0; index < 50; index += 1) expect(await may(accounts.unknown)).toBe(false);
  expect(lists()).toBe(1);
});

test('while Moov cannot be asked a list serves for a quarter of an hour, and then nobody is let in on a guess', async () => {
  expect(await may(accounts.connected)).toBe(true);
  sandbox.moov.outage.set('down');
  pass(14 * minuteMs);
  expect(await may(accounts.connected)).toBe(true);
  expect(await may(accounts.neverConnected)).toBe(false);
  pass(2 * minuteMs);
  expect(await may(accounts.connected)).toBe('unclear');
  expect(await may(accounts.partner)).toBe(true);
});

test('a merchant is answered from their claim alone, without a call', async () => {
  expect(await asMerchant(accounts.own)).toEqual({ kind: 'ok', value: true });
  expect(await asMerchant(accounts.other)).toEqual({ kind: 'ok', value: false });
  expect(sandbox.moov.received).toEqual([]);
});
