import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { WaitingReason } from '../../contract/submission.ts';
import { createCircuit } from './circuit.ts';
import type { Outcome } from './outcome.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const well = async (): Promise<Outcome<string>> => ({ kind: 'ok', value: 'answer' });
const unclear = (reason: WaitingReason) => async (): Promise<Outcome<string>> => ({
  kind: 'unclear',
  reason,
  mayHaveArrived: true,
});
const broken = unclear('broken');
function circuit() {
  const told: string[] = [];
  const made = createCircuit((state) => told.push(state));
  const fail = async (times: number) => {
    for (let time = 0; time < times; time += 1) await made.run(broken);
  };
  return { ...made, told, fail };
}

test.each<[string, () => Promise<Outcome<string>>]>([
  ['a rate limit', unclear('rate-limited')],
  ['keys that are not taken', unclear('unauthorized')],
  ['an answer that cannot be read', unclear('unreadable')],
  ['a refusal', async () => ({ kind: 'refused', status: 422 })],
])('%s shows that Moov is there, however often it comes: calls go on', async (_, answer) => {
  const { run, isDown, status } = circuit();
  for (let time = 0; time < 20; time += 1) await run(answer);
  expect([isDown(), status().upstream]).toEqual([false, 'up']);
});

test('a call that was too late to be sent is no news of Moov: it stops no calls, and does not end an outage', async () => {
  const { run, fail, isDown, status } = circuit();
  const tooLate = unclear('interrupted');
  for (let time = 0; time < 20; time += 1) await run(tooLate);
  expect([isDown(), status().upstream]).toEqual([false, 'up']);
  await fail(5);
  vi.advanceTimersByTime(5_000);
  await run(tooLate);
  expect([isDown(), status().upstream]).toEqual([true, 'down']);
  vi.advanceTimersByTime(5_000);
  expect(await run(well)).toMatchObject({ kind: 'ok' });
  expect(isDown()).toBe(false);
});

test('after five failures in a row nothing is sent, which is told as surely not arrived, until a call gets through', async () => {
  const { run, fail, isDown, wantsTrial, status, told } = circuit();
  await fail(4);
  await run(well);
  await fail(4);
  expect(isDown()).toBe(false);
  await fail(1);
  const begunAt = Date.now();
  expect([isDown(), wantsTrial(), status().since]).toEqual([true, false, new Date().toISOString()]);
  vi.advanceTimersByTime(2_000);
  const call = vi.fn(well);
  expect(await run(call)).toEqual({
    kind: 'unclear',
    reason: 'circuit-open',
    mayHaveArrived: false,
    retryAfterMs: 3_000,
  });
  expect(call).not.toHaveBeenCalled();
  vi.advanceTimersByTime(3_000);
  expect([isDown(), wantsTrial()]).toEqual([true, true]);
  expect(await run(call)).toEqual({ kind: 'ok', value: 'answer' });
  expect([isDown(), status().upstream, told]).toEqual([false, 'up', ['degraded', 'down', 'up']]);
  expect(status().since).toBe(new Date(begunAt + 5_000).toISOString());
});

test.each([-3_600_000, 3_600_000])(
  'a clock that is set by %i ms meanwhile changes nothing: after five seconds a call gets through',
  async (byMs) => {
    const { run, fail, isDown, wantsTrial } = circuit();
    await fail(5);
    vi.setSystemTime(Date.now() + byMs);
    vi.advanceTimersByTime(4_999);
    expect([isDown(), wantsTrial()]).toEqual([true, false]);
    expect(await run(well)).toMatchObject({ reason: 'circuit-open' });
    vi.advanceTimersByTime(1);
    expect([isDown(), wantsTrial()]).toEqual([true, true]);
    expect(await run(well)).toMatchObject({ kind: 'ok' });
    expect(isDown()).toBe(false);
  },
);

test('one failure is told for half a minute, and since when', async () => {
  const { fail, status } = circuit();
  await fail(1);
  const failedAt = new Date().toISOString();
  vi.advanceTimersByTime(29_999);
  expect(status()).toEqual({ upstream: 'degraded', since: failedAt });
  vi.advanceTimersByTime(1);
  expect(status()).toEqual({ upstream: 'up', since: new Date().toISOString() });
});

/** A circuit with a trial call under way, and a second call that came during it. */
async function whileOneTries() {
  const made = circuit();
  expect(made.wantsTrial()).toBe(false);
  await made.fail(5);
  vi.advanceTimersByTime(5_000);
  const { promise: tried, resolve: tells } = Promise.withResolvers<() => Promise<Outcome<string>>>();
  const trial = made.run(async () => (await tried)());
  expect([made.isDown(), made.wantsTrial(), made.status().upstream]).toEqual([true, false, 'down']);
  const call = vi.fn(well);
  const meanwhile = made.run(call);
  await vi.advanceTimersByTimeAsync(1_999);
  expect(call).not.toHaveBeenCalled();
  return { ...made, trial, tells, call, meanwhile };
}
const notSent = { kind: 'unclear', reason: 'circuit-open', mayHaveArrived: false };

test('while one call tries the others wait a moment for it, and go on when it gets through', async () => {
  const { trial, tells, call, meanwhile, status } = await whileOneTries();
  tells(well);
  await trial;
  expect(await meanwhile).toEqual({ kind: 'ok', value: 'answer' });
  expect([call.mock.calls.length, status().upstream]).toEqual([1, 'up']);
});

test('when the call that tries fails, none of those that waited for it is sent', async () => {
  const { trial, tells, call, meanwhile, status } = await whileOneTries();
  tells(broken);
  await trial;
  expect(await meanwhile).toEqual({ ...notSent, retryAfterMs: 5_000 });
  expect([call.mock.calls.length, status().upstream]).toEqual([0, 'down']);
});

test('nobody waits long for a call that tries where Moov hangs', async () => {
  const { call, meanwhile } = await whileOneTries();
  await vi.advanceTimersByTimeAsync(1);
  expect(await meanwhile).toEqual({ ...notSent, retryAfterMs: 1_000 });
  expect(call).not.toHaveBeenCalled();
});

test('an error of the portal’s own in a call is no news of Moov: it is thrown on', async () => {
  const { run } = circuit();
  await expect(run(() => Promise.reject(new Error('its own')))).rejects.toThrow('its own');
});

test('what goes on without its answer changes nothing by failing, and is not asked for while Moov is down', async () => {
  const { run, fail, isDown, status } = circuit();
  for (let time = 0; time < 20; time += 1) await run(broken, true);
  expect([isDown(), status().upstream]).toEqual([false, 'up']);
  await fail(5);
  vi.advanceTimersByTime(5_000);
  const call = vi.fn(well);
  expect(await run(call, true)).toMatchObject({ reason: 'circuit-open', mayHaveArrived: false });
  expect([call.mock.calls.length, isDown()]).toEqual([0, true]);
});
