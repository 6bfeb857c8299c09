import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { accounts, merchant, openWorld, type World } from '../testing/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld({ SESSION_IDLE_MINUTES: '1' });
});
afterAll(() => world.close());

test('a session that may be idle for a minute alone is prolonged within it', async () => {
  const cookie = await world.session(merchant, 'somebody-at-work');
  const agoIs = (seconds: number) => sql`
    update sessions set seen_at = now() - make_interval(secs => ${seconds}), idle_ends_at = now() + make_interval(secs => ${60 - seconds})
    where person_id = 'somebody-at-work' returning 1`;
  const left = async () =>
    z
      .object({ seconds: z.coerce.number() })
      .parse(
        (
          await world.rows(
            sql`select extract(epoch from idle_ends_at - now()) as seconds from sessions where person_id = 'somebody-at-work'`,
          )
        )[0],
      ).seconds;
  await world.rows(agoIs(30));
  expect((await world.call('GET', `/api/accounts/${accounts.own}`, cookie)).status).toBe(200);
  expect(await left()).toBeGreaterThan(50);
});
