import pino from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Account } from '../../contract/account.ts';
import { type Sandbox, startSandbox } from '../../sandbox/start.ts';
import { createMoov } from '../moov/moov.ts';
import type { Outcome } from '../moov/outcome.ts';
import { readSettings } from '../settings.ts';
import { accounts } from '../testing/world.ts';
import { createAccounts } from './accounts.ts';

const minuteMs = 60_000;
const pat = { role: 'partner', accountID: undefined } as const;
/** A store in which no list was ever kept. */
const keptNowhere = { keep: async () => undefined, last: async () => undefined };
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
  const log = { error: vi.fn() };
  const known = createAccounts({ moov, settings, kept: keptNowhere, log, now: () => at });
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

test('while Moov cannot be asked a list serves for twelve hours, and then nobody is let in on a guess', async () => {
  expect(await may(accounts.connected)).toBe(true);
  sandbox.moov.outage.set('down');
  pass(12 * 60 * minuteMs - 1);
  expect(await may(accounts.connected)).toBe(true);
  pass(1);
  expect(await may(accounts.connected)).toBe('unclear');
  expect(await may(accounts.partner)).toBe(true);
});

test('a merchant is answered from their claim alone, without a call', async () => {
  expect(await asMerchant(accounts.own)).toEqual({ kind: 'ok', value: true });
  expect(await asMerchant(accounts.other)).toEqual({ kind: 'ok', value: false });
  expect(sandbox.moov.received).toEqual([]);
});

/** Accounts on a Moov whose answers the test sets. */
function openKnown(clock: { now?: () => number } = { now: () => at }, answerWithinMs = 200) {
  const unavailable: Outcome<never> = { kind: 'unclear', reason: 'unavailable', mayHaveArrived: true };
  const answers: { list: () => Promise<Outcome<Account[]>>; account: Outcome<Account> } = {
    list: async () => ({ kind: 'ok', value: [] }),
    account: unavailable,
  };
  const listAccounts = vi.fn(() => answers.list());
  const getAccount = vi.fn(async (_accountID: string, _timeoutMs?: number) => answers.account);
  const kept = {
    keep: vi.fn(async (_accounts: readonly Account[]) => undefined),
    last: vi.fn(async (): Promise<{ accounts: Account[]; ageMs: number } | undefined> => undefined),
  };
  const log = { error: vi.fn() };
  const known = createAccounts({
    moov: { listAccounts, getAccount },
    settings: { MOOV_PARTNER_ACCOUNT_ID: accounts.partner, ANSWER_WITHIN_MS: answerWithinMs },
    kept,
    log,
    ...clock,
  });
  const gives = (...listed: Account[]) => {
    answers.list = async () => ({ kind: 'ok', value: listed });
  };
  return { known, answers, gives, getAccount, unavailable, kept, log };
}

test('once Moov refuses the list, nobody is let in by what it listed before', async () => {
  const { known, answers, gives } = openKnown();
  gives({ accountID: accounts.connected });
  expect(await known.mayAct(pat, accounts.connected)).toEqual({ kind: 'ok', value: true });
  const refused: Outcome<never> = { kind: 'refused', status: 403 };
  answers.list = async () => refused;
  pass(5_001);
  expect(await known.mayAct(pat, accounts.neverConnected)).toEqual(refused);
  pass(minuteMs);
  expect(await known.mayAct(pat, accounts.connected)).toEqual(refused);
});

/** A portal that has just started while Moov cannot be asked. `wasTold` sets the list that an earlier instance has stored. */
function openInOutage() {
  const opened = openKnown();
  opened.answers.list = async () => opened.unavailable;
  const wasTold = (ageMs: number, ...listed: string[]) =>
    opened.kept.last.mockResolvedValue({ ageMs, accounts: listed.map((accountID) => ({ accountID })) });
  return { ...opened, wasTold };
}
const yes = { kind: 'ok', value: true };

test('a portal that is started in an outage lets staff act by the list that was kept, until that is twelve hours old', async () => {
  const { known, wasTold, unavailable } = openInOutage();
  wasTold(11 * 60 * minuteMs, accounts.connected);
  expect(await known.mayAct(pat, accounts.connected)).toEqual(yes);
  pass(60 * minuteMs);
  wasTold(12 * 60 * minuteMs, accounts.connected);
  expect(await known.mayAct(pat, accounts.connected)).toEqual(unavailable);
});

test('in an outage staff may act by what was told last, to whichever instance', async () => {
  const { known, answers, gives, wasTold, unavailable } = openInOutage();
  gives({ accountID: accounts.connected });
  expect(await known.mayAct(pat, accounts.connected)).toEqual(yes);
  answers.list = async () => unavailable;
  pass(10 * minuteMs);
  wasTold(11 * minuteMs, accounts.other);
  expect(await known.mayAct(pat, accounts.connected)).toEqual(yes);
  wasTold(5 * minuteMs, accounts.other);
  pass(minuteMs);
  expect(await known.mayAct(pat, accounts.connected)).toEqual(unavailable);
  expect(await known.mayAct(pat, accounts.other)).toEqual(yes);
});

test('in an outage nobody is told of an account that is not in an old list that it is not theirs', async () => {
  const { known, wasTold, unavailable } = openInOutage();
  wasTold(5_000, accounts.connected);
  expect(await known.mayAct(pat, accounts.other)).toEqual(unavailable);
  pass(minuteMs);
  wasTold(4_999, accounts.connected);
  expect(await known.mayAct(pat, accounts.other)).toEqual({ kind: 'ok', value: false });
});

test('in an outage news are told by an old list, and by no list at all only once Moov can be asked', async () => {
  const { known, wasTold, unavailable } = openInOutage();
  expect(await known.mayHear(pat, accounts.connected)).toEqual(unavailable);
  pass(minuteMs);
  wasTold(minuteMs, accounts.connected);
  expect(await known.mayHear(pat, accounts.connected)).toEqual(yes);
  expect(await known.mayHear(pat, accounts.other)).toEqual({ kind: 'ok', value: false });
});

test('in an outage the list that is kept is looked at once a minute, however many ask', async () => {
  const { known, wasTold, kept } = openInOutage();
  const ask = () => Promise.all(Array.from({ length: 20 }, () => known.mayAct(pat, accounts.connected)));
  wasTold(2 * minuteMs, accounts.connected);
  expect(new Set((await ask()).map(({ kind }) => kind))).toEqual(new Set(['ok']));
  await ask();
  expect(kept.last).toHaveBeenCalledTimes(1);
  pass(minuteMs);
  await ask();
  expect(kept.last).toHaveBeenCalledTimes(2);
});

test('a list that cannot be kept, or read again, is told in the log and harms nobody whom Moov lists', async () => {
  const { known, answers, gives, unavailable, kept, log } = openKnown();
  kept.keep.mockRejectedValue(new Error('the disk is full'));
  gives({ accountID: accounts.connected });
  expect(await known.mayAct(pat, accounts.connected)).toEqual(yes);
  await vi.waitFor(() => expect(log.error).toHaveBeenCalledTimes(1));
  answers.list = async () => unavailable;
  kept.last.mockRejectedValueOnce(new Error('no answer'));
  pass(2 * minuteMs);
  expect(await known.mayAct(pat, accounts.connected)).toEqual(yes);
  expect(log.error).toHaveBeenCalledTimes(2);
  // The failure is not remembered: the next call reads the stored list again.
  kept.last.mockResolvedValueOnce({ ageMs: 0, accounts: [] });
  expect(await known.mayAct(pat, accounts.connected)).toEqual({ kind: 'ok', value: false });
});

test('the list of staff shows a minute later what was connected, in its place', async () => {
  const { known, gives } = openKnown();
  const [partner, ant, bee] = [
    { accountID: accounts.partner, displayName: 'Partner' },
    { accountID: accounts.connected, displayName: 'Ant' },
    { accountID: accounts.own, displayName: 'Bee' },
  ];
  gives(bee, partner);
  expect(await known.listForStaff()).toEqual({ kind: 'ok', value: [partner, bee] });
  gives(bee, partner, ant);
  expect(await known.listForStaff()).toEqual({ kind: 'ok', value: [partner, bee] });
  pass(minuteMs + 1);
  expect(await known.listForStaff()).toEqual({ kind: 'ok', value: [partner, ant, bee] });
});

test('a name that was listed is not asked for again', async () => {
  const { known, gives, getAccount } = openKnown();
  const named = { accountID: accounts.connected, displayName: 'Ant' };
  gives(named);
  await known.mayAct(pat, accounts.connected);
  expect(await known.describe(accounts.connected)).toEqual(named);
  expect(getAccount).not.toHaveBeenCalled();
});

test('a name that the list does not tell is asked for by itself, for two seconds at most', async () => {
  const { known, answers, gives, getAccount } = openKnown({ now: () => at }, 20_000);
  gives({ accountID: accounts.connected });
  await known.mayAct(pat, accounts.connected);
  const named = { accountID: accounts.connected, displayName: 'Ant' };
  answers.account = { kind: 'ok', value: named };
  expect(await known.describe(accounts.connected)).toEqual(named);
  expect(getAccount.mock.calls).toEqual([[accounts.connected, 2_000]]);
});

test('a name is asked for anew after five minutes, and stays while Moov does not tell it', async () => {
  const { known, answers, getAccount, unavailable } = openKnown();
  const [old, recent] = ['Old', 'New'].map((displayName) => ({ accountID: accounts.own, displayName }));
  if (old === undefined || recent === undefined) throw new Error('there are two');
  expect(await known.describe(accounts.own)).toEqual({ accountID: accounts.own });
  answers.account = { kind: 'ok', value: old };
  expect(await known.describe(accounts.own)).toEqual(old);
  answers.account = { kind: 'ok', value: recent };
  pass(5 * minuteMs - 1);
  expect(await known.describe(accounts.own)).toEqual(old);
  expect(getAccount).toHaveBeenCalledTimes(2);
  answers.account = unavailable;
  pass(1);
  expect(await known.describe(accounts.own)).toEqual(old);
  answers.account = { kind: 'ok', value: recent };
  expect(await known.describe(accounts.own)).toEqual(recent);
});

test('whoever has been disconnected is not let in for longer because the clock of the machine was set back', async () => {
  vi.useFakeTimers();
  try {
    const { known, gives } = openKnown({});
    gives({ accountID: accounts.connected });
    expect(await known.mayAct(pat, accounts.connected)).toEqual(yes);
    gives();
    vi.setSystemTime(Date.now() - 60 * minuteMs);
    await vi.advanceTimersByTimeAsync(minuteMs);
    expect(await known.mayAct(pat, accounts.connected)).toEqual({ kind: 'ok', value: false });
  } finally {
    vi.useRealTimers();
  }
});

test('a list that does not come is waited for no longer than an answer may take, and serves the next', async () => {
  vi.useFakeTimers();
  try {
    const { known, answers } = openKnown();
    let came: (outcome: Outcome<Account[]>) => void = () => undefined;
    answers.list = () =>
      new Promise((resolve) => {
        came = resolve;
      });
    const told: string[] = [];
    const ask = async () => told.push((await known.mayAct(pat, accounts.connected)).kind);
    void ask();
    await vi.advanceTimersByTimeAsync(99);
    expect(told).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(told).toEqual(['unclear']);
    came({ kind: 'ok', value: [{ accountID: accounts.connected }] });
    await ask();
    expect(told).toEqual(['unclear', 'ok']);
  } finally {
    vi.useRealTimers();
  }
});
