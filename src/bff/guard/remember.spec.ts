import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { remember } from './remember.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('however many ask, it is asked once in that time', async () => {
  const ask = vi.fn(async () => 'answer');
  const remembered = remember(1_000, ask);
  await Promise.all(Array.from({ length: 10 }, remembered));
  vi.advanceTimersByTime(999);
  expect(await remembered()).toBe('answer');
  expect(ask).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(1);
  await remembered();
  expect(ask).toHaveBeenCalledTimes(2);
});

test('a question that fails is asked again by the next who asks', async () => {
  const remembered = remember(1_000, vi.fn(async () => 'answer').mockRejectedValueOnce(new Error('gone')));
  await expect(remembered()).rejects.toThrow('gone');
  expect(await remembered()).toBe('answer');
});
