import { defaultTreeAdapter } from 'parse5';
import { expect, onTestFinished, test, vi } from 'vitest';
import { messageLimits } from '../../contract/message.ts';
import { accounts, merchant, openWorld, problemOf } from '../testing/world.ts';

test('a message that breaks the cleaner is refused with what to do about it, and the fault is in the log under its reference', async () => {
  const world = await openWorld();
  onTestFinished(() => world.close());
  const cookie = await world.session(merchant);
  // No known message breaks the cleaner, so here the parser that it uses is broken.
  const parser = vi.spyOn(defaultTreeAdapter, 'createDocument').mockImplementation(() => {
    throw new Error('the parser is broken');
  });
  onTestFinished(() => parser.mockRestore());
  const answer = await world.file(cookie, accounts.own, { title: 'T', body: '<p>a<b>b</b></p>' });
  const problem = await problemOf(answer);
  expect(problem).toMatchObject({ status: 422, fields: { body: messageLimits.unreadable } });
  const lines = world.logged.filter((line) => line.includes('the parser is broken'));
  expect(lines.length).toBe(1);
  expect(lines[0]).toContain(problem.requestID);
});
