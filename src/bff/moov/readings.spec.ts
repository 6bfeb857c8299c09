import { expect, test } from 'vitest';
import type { PageOfTickets } from '../../contract/ticket.ts';
import type { Outcome } from './outcome.ts';
import type { ReadPage } from './parse.ts';
import { createReadings } from './readings.ts';

const accountID = '4af4784a-c777-48f6-8211-063d5341f84b';
const otherID = 'b1f0c8de-3a45-4e7b-9c1d-5f2e6a7b8c90';
const page: Outcome<PageOfTickets> = { kind: 'ok', value: { items: [] } };

/** Readings of lists. Moov answers each call when the test says so. */
function world() {
  let ms = 0;
  const calls: { about: string; answer(outcome: Outcome<ReadPage>): void }[] = [];
  const unused = () => Promise.reject(new Error('only lists are read here'));
  const readings = createReadings(
    {
      listTickets: (about) => new Promise((resolve) => calls.push({ about, answer: resolve })),
      getTicket: unused,
      listMessages: unused,
    },
    () => ms,
  );
  const later = (by: number) => {
    ms += by;
  };
  return { calls, readings, later };
}

test('who asks for the same at the same moment gets the same answer, for one call', async () => {
  const { calls, readings, later } = world();
  const first = readings.listTickets(accountID, false, { count: 20 });
  later(99);
  const second = readings.listTickets(accountID, false, { count: 20 });
  expect(calls).toHaveLength(1);
  calls[0]?.answer(page);
  expect(await Promise.all([first, second])).toEqual([page, page]);
});

test('that a page was not read whole is no matter of the browser', async () => {
  const { calls, readings } = world();
  const read = readings.listTickets(accountID, false, { count: 20 });
  calls[0]?.answer({ kind: 'ok', value: { items: [], nextPage: { cursor: 'c' }, isPartial: true } });
  expect(await read).toEqual({ kind: 'ok', value: { items: [], nextPage: { cursor: 'c' } } });
});

test('another account, another query and another way to ask are calls of their own', () => {
  const { calls, readings } = world();
  void readings.listTickets(accountID, false, { count: 20 });
  void readings.listTickets(otherID, false, { count: 20 });
  void readings.listTickets(accountID, false, { count: 20, status: 'closed' });
  void readings.listTickets(accountID, true, { count: 20 });
  expect(calls).toHaveLength(4);
});

test('nothing is kept: who asks when the answer is there, or is late, gets a call of their own', async () => {
  const { calls, readings, later } = world();
  const first = readings.listTickets(accountID, false, {});
  calls[0]?.answer(page);
  await first;
  void readings.listTickets(accountID, false, {});
  expect(calls).toHaveLength(2);
  later(100);
  void readings.listTickets(accountID, false, {});
  expect(calls).toHaveLength(3);
});

test('after a change of the account nobody joins what was asked before it', async () => {
  const { calls, readings } = world();
  const before = readings.listTickets(accountID, false, {});
  void readings.listTickets(otherID, false, {});
  readings.changed(accountID);
  const after = readings.listTickets(accountID, false, {});
  void readings.listTickets(otherID, false, {});
  expect(calls.map(({ about }) => about)).toEqual([accountID, otherID, accountID]);
  // The end of the reading before the change must not remove the reading after it, which can still be joined.
  calls[0]?.answer(page);
  await before;
  const joins = readings.listTickets(accountID, false, {});
  expect(calls).toHaveLength(3);
  calls[2]?.answer({ kind: 'unclear', reason: 'timeout', mayHaveArrived: true });
  expect(await Promise.all([after, joins])).toEqual([
    { kind: 'unclear', reason: 'timeout', mayHaveArrived: true },
    { kind: 'unclear', reason: 'timeout', mayHaveArrived: true },
  ]);
});

test('after a change of the account nobody joins the reading of a ticket or of its conversation either', () => {
  const asked: string[] = [];
  const never = (what: string) => () => {
    asked.push(what);
    return new Promise<never>(() => undefined);
  };
  const readings = createReadings({
    listTickets: never('list'),
    getTicket: never('ticket'),
    listMessages: never('messages'),
  });
  const read = () => {
    void readings.getTicket(accountID, false, 'x');
    void readings.listMessages(accountID, false, 'x');
  };
  read();
  readings.changed(accountID);
  read();
  expect(asked).toEqual(['ticket', 'messages', 'ticket', 'messages']);
});
