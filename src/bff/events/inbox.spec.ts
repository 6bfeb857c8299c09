import { expect, test } from 'vitest';
import { createInbox } from './inbox.ts';

type Inbox = ReturnType<typeof createInbox>;
const newsOf = (eventID: number) => ({ eventID, accountID: 'a', kind: 'ticket' as const, data: {} });
const never = () => false;
function unreadOf(inbox: Inbox) {
  const ids: number[] = [];
  for (let event = inbox.next(); event !== undefined; event = inbox.next()) ids.push(event.eventID);
  return ids;
}
function inboxWith(count: number, hasCaughtUp: boolean): Inbox {
  const inbox = createInbox(hasCaughtUp);
  for (let eventID = 1; eventID <= count; eventID += 1) inbox.add(newsOf(eventID));
  return inbox;
}

// Otherwise the page would be told only at the next heartbeat, up to 15 seconds later.
test.each<[string, (inbox: Inbox) => void]>([
  ['news come', (inbox) => inbox.add(newsOf(1))],
  ['the log has gone back', (inbox) => inbox.wentBack(0)],
  ['the stream is to end', (inbox) => inbox.end()],
])('a page is told at once when %s, whether it waits already or not', async (_, happen) => {
  const [early, late] = [createInbox(true), createInbox(true)];
  const waiting = early.wait(never);
  happen(early);
  await waiting;
  happen(late);
  await late.wait(never);
});

test('a page is woken for the heartbeat, and does not wait where that is due already', async () => {
  const inbox = createInbox(true);
  const waiting = inbox.wait(never);
  inbox.wake();
  await waiting;
  await inbox.wait(() => true);
});

test('a page waits while nothing is new, though something was', async () => {
  const inbox = inboxWith(2, true);
  expect(unreadOf(inbox)).toEqual([1, 2]);
  inbox.wentBack(7);
  expect([inbox.takeWentBackTo(), inbox.takeWentBackTo()]).toEqual([7, undefined]);
  const waiting = inbox.wait(never).then(() => 'woken');
  expect(await Promise.race([waiting, new Promise((resolve) => setImmediate(resolve, 'waits'))])).toBe('waits');
});

test('what waits is never told once the log has gone back', () => {
  const inbox = inboxWith(3, true);
  inbox.wentBack(0);
  expect(unreadOf(inbox)).toEqual([]);
});

test('a page that reads too slowly is ended after a thousand news, and one that is being sent what it missed looks into the log again', () => {
  const thousand = inboxWith(1_000, true);
  expect(thousand.isOver).toBe(false);
  expect(unreadOf(thousand)).toHaveLength(1_000);
  expect(inboxWith(1_001, true)).toMatchObject({ isOver: true, dropped: false });
  const behind = inboxWith(1_001, false);
  expect(behind).toMatchObject({ isOver: false, dropped: true });
  expect(unreadOf(behind), 'nothing after a gap').toEqual([]);
});
