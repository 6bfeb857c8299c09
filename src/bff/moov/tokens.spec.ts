import { expect, test } from 'vitest';
import { parseToken } from './parse.ts';
import { createTokens } from './tokens.ts';

const clock = (start: number) => {
  let at = start;
  return {
    now: () => at,
    pass(ms: number) {
      at += ms;
    },
  };
};
/** Mints token-1, token-2 …, each valid for `lifeMs`, and counts. */
function minter(time: { now: () => number }, lifeMs: number) {
  const scopes: string[] = [];
  return {
    scopes,
    mint: async (scope: string) => {
      scopes.push(scope);
      await new Promise((resolve) => setImmediate(resolve));
      return { kind: 'ok' as const, value: { token: `token-${scopes.length}`, endsAt: time.now() + lifeMs } };
    },
  };
}
const tokenOf = (outcome: { kind: string; value?: { token: string } }) => outcome.value?.token;

test('fifty calls at once mint one token', async () => {
  const time = clock(0);
  const { mint, scopes } = minter(time, 600_000);
  const tokens = createTokens(mint, time.now);
  const all = await Promise.all(Array.from({ length: 50 }, () => tokens.get(['/a', '/b'], 5_000)));
  expect(new Set(all.map(tokenOf))).toEqual(new Set(['token-1']));
  expect(scopes).toEqual(['/a /b']);
});

test('a token serves its scope set alone, whatever the order of the scopes', async () => {
  const time = clock(0);
  const { mint } = minter(time, 600_000);
  const tokens = createTokens(mint, time.now);
  expect(tokenOf(await tokens.get(['/a', '/b'], 5_000))).toBe('token-1');
  expect(tokenOf(await tokens.get(['/b', '/a'], 5_000))).toBe('token-1');
  expect(tokenOf(await tokens.get(['/a'], 5_000))).toBe('token-2');
});

test('a token is renewed shortly before it ends, not after', async () => {
  const time = clock(0);
  const { mint } = minter(time, 600_000);
  const tokens = createTokens(mint, time.now);
  await tokens.get(['/a'], 5_000);
  time.pass(539_000);
  expect(tokenOf(await tokens.get(['/a'], 5_000))).toBe('token-1');
  time.pass(2_000);
  expect(tokenOf(await tokens.get(['/a'], 5_000))).toBe('token-2');
});

test('a token that lives for seconds alone serves for most of them', async () => {
  const time = clock(0);
  const { mint } = minter(time, 10_000);
  const tokens = createTokens(mint, time.now);
  await tokens.get(['/a'], 5_000);
  time.pass(7_900);
  expect(tokenOf(await tokens.get(['/a'], 5_000))).toBe('token-1');
  time.pass(200);
  expect(tokenOf(await tokens.get(['/a'], 5_000))).toBe('token-2');
});

test('a token serves until it ends, of however many accounts there are tokens', async () => {
  const time = clock(0);
  const { mint, scopes } = minter(time, 600_000);
  const tokens = createTokens(mint, time.now);
  for (let account = 0; account < 10_002; account += 1) await tokens.get([`/accounts/${account}`], 5_000);
  expect(tokenOf(await tokens.get(['/accounts/0'], 5_000))).toBe('token-1');
  expect(scopes).toHaveLength(10_002);
});

test('a new token costs the same, of however many accounts there are tokens', async () => {
  let asked = 0;
  const time = clock(0);
  const { mint } = minter(time, 600_000);
  const tokens = createTokens(mint, () => {
    asked += 1;
    return time.now();
  });
  const costOf = async (account: number) => {
    const before = asked;
    await tokens.get([`/accounts/${account}`], 5_000);
    return asked - before;
  };
  const first = await costOf(0);
  for (let account = 1; account < 10_002; account += 1) await costOf(account);
  expect(await costOf(10_002)).toBe(first);
});

test('a token that was not taken is forgotten, but not the newer one that another call has minted', async () => {
  const time = clock(0);
  const { mint } = minter(time, 600_000);
  const tokens = createTokens(mint, time.now);
  await tokens.get(['/a'], 5_000);
  tokens.forget(['/a'], 'token-1');
  expect(tokenOf(await tokens.get(['/a'], 5_000))).toBe('token-2');
  tokens.forget(['/a'], 'token-1');
  expect(tokenOf(await tokens.get(['/a'], 5_000))).toBe('token-2');
});

test('who waits no longer for a token is told so, and the token serves the next', async () => {
  let given: ((token: { kind: 'ok'; value: { token: string; endsAt: number } }) => void) | undefined;
  const tokens = createTokens(
    () =>
      new Promise((resolve) => {
        given = resolve;
      }),
  );
  expect(await tokens.get(['/a'], 10)).toEqual({ kind: 'unclear', reason: 'timeout', mayHaveArrived: false });
  given?.({ kind: 'ok', value: { token: 'late', endsAt: Date.now() + 60_000 } });
  expect(tokenOf(await tokens.get(['/a'], 10))).toBe('late');
});

test('a failed mint is told to all who waited, and tried anew by the next call', async () => {
  let fail = true;
  const tokens = createTokens(async () =>
    fail
      ? { kind: 'unclear', reason: 'unavailable', mayHaveArrived: false }
      : { kind: 'ok', value: { token: 't', endsAt: Date.now() + 60_000 } },
  );
  const failed = await Promise.all([tokens.get(['/a'], 5_000), tokens.get(['/a'], 5_000)]);
  expect(failed.map((outcome) => outcome.kind)).toEqual(['unclear', 'unclear']);
  fail = false;
  expect((await tokens.get(['/a'], 5_000)).kind).toBe('ok');
});

test.each([
  ['seconds to live', 900, 1_736_964_352_000 + 900_000],
  ['seconds to live in a text', '900', 1_736_964_352_000 + 900_000],
  ['five minutes where it is left out', null, 1_736_964_352_000 + 300_000],
  ['a Unix timestamp', 1_736_964_999, 1_736_964_999_000],
])('expires_in is understood as %s', (_, expires_in, endsAt) => {
  expect(parseToken({ access_token: 'x', expires_in }, 1_736_964_352_000)).toEqual({ token: 'x', endsAt });
});

test('an empty token is none', () => {
  expect(parseToken({ access_token: '', expires_in: 900 }, 0)).toBeUndefined();
});
