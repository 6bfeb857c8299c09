import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { within } from './within.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('what comes in time, or fails in time, leaves nothing behind that would keep a process from ending', async () => {
  expect(await within(8_000, Promise.resolve('in time'))).toBe('in time');
  await expect(within(8_000, Promise.reject(new Error('gone')))).rejects.toThrow('gone');
  expect(vi.getTimerCount()).toBe(0);
});

test('what takes longer is waited for no longer, and may fail unheard then', async () => {
  const { promise, reject } = Promise.withResolvers<string>();
  const waited = within(1_000, promise);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await waited).toBeUndefined();
  reject(new Error('late'));
  await vi.advanceTimersByTimeAsync(0);
});
