import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import * as z from 'zod/mini';
import { accounts, merchant, openWorld, type World } from '../testing/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld({ SESSION_IDLE_MINUTES: '1' });
});
afterAll(() => world.close());

test.each([
  ['right', 0],
  ['an hour behind', -3_600_000],
])('a session that may be idle for a minute alone is prolonged within it, where the clock is %s', async (_, offMs) => {
  const realNow = Date.now;
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() + offMs);
  onTestFinished(() => void vi.restoreAllMocks());
  const subject = `at-work${offMs}`;
  const cookie = await world.session(merchant, subject);
  const agoIs = (seconds: number) => sql`
    update sessions set seen_at = now() - make_interval(secs => ${seconds}), idle_ends_at = now() + make_interval(secs => ${60 - seconds})
    where person_id = ${subject} returning 1`;
  const left = async () =>
    z
      .object({ seconds: z.coerce.number() })
      .parse(
        (
          await world.rows(
            sql`select extract(epoch from idle_ends_at - now()) as seconds from sessions where person_id = ${subject}`,
          )
        )[0],
      ).seconds;
  await world.rows(agoIs(30));
  expect((await world.call('GET', `/api/accounts/${accounts.own}`, cookie)).status).toBe(200);
  expect(await left()).toBeGreaterThan(50);
});
