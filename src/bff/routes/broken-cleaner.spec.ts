import { expect, test, vi } from 'vitest';
import { messageLimits } from '../../contract/message.ts';
import { accounts, merchant, openWorld, problemOf } from '../testing/world.ts';

// No known message breaks the cleaner, so here a part of it is broken.
vi.mock('../messages/tidy-tree.ts', async (original) => ({
  ...(await original<typeof import('../messages/tidy-tree.ts')>()),
  tidy: () => {
    throw new Error('the cleaner is broken');
  },
}));

test('a message that breaks the cleaner is refused with what to do about it, and the fault is in the log under its reference', async () => {
  const world = await openWorld();
  const answer = await world.file(await world.session(merchant), accounts.own, {
    title: 'T',
    body: '<p>a<b>b</b></p>',
  });
  const problem = await problemOf(answer);
  expect(problem).toMatchObject({ status: 422, fields: { body: messageLimits.unreadable } });
  const lines = world.logged.filter((line) => line.includes('the cleaner is broken'));
  expect(lines.length).toBe(1);
  expect(lines[0]).toContain(problem.requestID);
  await world.close();
});
