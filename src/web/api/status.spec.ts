// @vitest-environment happy-dom
import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { afterEach, expect, test, vi } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { statusQuery } from './status.ts';

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('a portal that cannot be reached is asked every few seconds until it is back, one that is well once a minute', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  let reachable = true;
  let asked = 0;
  vi.stubGlobal('fetch', async () => {
    asked += 1;
    if (!reachable) throw new TypeError('nobody there');
    return Response.json({ upstream: 'up', since: '2026-11-23T12:00:00Z' });
  });
  const client = new QueryClient();
  const observer = new QueryObserver(client, statusQuery);
  const leave = observer.subscribe(() => undefined);
  // While this waits, vitest advances the faked clock too, but by less than the 30 seconds that the test leaves for it.
  const told = (isError: boolean) =>
    eventually(() => expect(observer.getCurrentResult()).toMatchObject({ isError, isFetching: false }));
  await told(false);
  vi.advanceTimersByTime(30_000);
  expect(asked).toBe(1);
  reachable = false;
  vi.advanceTimersByTime(30_000);
  expect(asked).toBe(2);
  await told(true);
  const before = asked;
  vi.advanceTimersByTime(5_000);
  expect(asked).toBe(before + 1);
  leave();
  client.clear();
});
