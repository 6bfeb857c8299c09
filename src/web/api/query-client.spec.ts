import { onlineManager } from '@tanstack/react-query';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createQueryClient } from './query-client.ts';
import { ProblemError } from './request.ts';
import { statusQuery } from './status.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  onlineManager.setOnline(true);
});

const failing = (status: number) =>
  vi.fn(async () => {
    throw new ProblemError({ type: '/problems/x', title: 'x', status, detail: 'x', requestID: 'r' });
  });

test.each([
  ['a refusal once', 404, 1],
  ['whoever is signed out once', 401, 1],
  ['a fault of the server three times', 503, 3],
  ['a lost line three times', 0, 3],
])('what meets %s is asked for that often', async (_, status, times) => {
  const queryFn = failing(status);
  const asked = expect(createQueryClient().fetchQuery({ queryKey: ['x'], queryFn })).rejects.toThrow();
  await vi.runAllTimersAsync();
  await asked;
  expect(queryFn).toHaveBeenCalledTimes(times);
});

test('what cannot be read while Moov is known to be away is asked for once, so that nobody waits to be told', async () => {
  const queryFn = failing(503);
  const client = createQueryClient();
  client.setQueryData(statusQuery.queryKey, { upstream: 'down', since: '2026-11-23T12:00:00Z' });
  const asked = expect(client.fetchQuery({ queryKey: ['x'], queryFn })).rejects.toThrow();
  await vi.runAllTimersAsync();
  await asked;
  expect(queryFn).toHaveBeenCalledTimes(1);
});

test('a browser that believes to be offline asks all the same', async () => {
  onlineManager.setOnline(false);
  expect(await createQueryClient().fetchQuery({ queryKey: ['x'], queryFn: async () => 'read' })).toBe('read');
});
