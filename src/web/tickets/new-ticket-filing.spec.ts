import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Problem } from '../../contract/problem.ts';
import type { NewTicket } from '../../contract/ticket.ts';
import type { Result } from '../api/request.ts';
import { createFiling, isLost, settlesKey } from './new-ticket-filing.ts';

const ticket: NewTicket = { title: 'T', body: '<p>B</p>', contact: { email: 'a@b' } };
const problem = (status: number, kind: string, more: Partial<Problem> = {}): Problem => ({
  type: `/problems/${kind}`,
  title: 'No',
  status,
  detail: 'No.',
  requestID: 'r',
  ...more,
});
const good: Result<string> = { ok: true, status: 201, value: 'filed', requestID: 'r' };
const bad = (status: number, kind: string): Result<string> => ({ ok: false, problem: problem(status, kind) });

function form(answers: Result<string>[]) {
  const world = { online: true, prepared: ticket as NewTicket | undefined };
  const send = vi.fn(async (_ticket: NewTicket) => answers.shift() ?? good);
  const onFiled = vi.fn();
  const onProblem = vi.fn();
  const filing = createFiling<string>({
    prepare: async () => world.prepared,
    send,
    onFiled,
    onProblem,
    isOnline: () => world.online,
  });
  return { filing, send, onFiled, onProblem, world };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('submitting', () => {
  test('a double click, and Enter with a click, send one ticket', async () => {
    const { filing, send, onFiled } = form([]);
    await Promise.all([filing.submit(), filing.submit(), filing.submit()]);
    await filing.submit();
    expect(send).toHaveBeenCalledTimes(1);
    expect(onFiled).toHaveBeenCalledExactlyOnceWith('filed');
  });

  test('something at fault is not sent, and the next click works', async () => {
    const { filing, send, world } = form([]);
    world.prepared = undefined;
    await filing.submit();
    expect(filing.state()).toEqual({ step: 'editing' });
    world.prepared = ticket;
    await filing.submit();
    expect(send).toHaveBeenCalledTimes(1);
  });

  test('a refusal is shown, and the next click sends again', async () => {
    const { filing, send, onProblem } = form([bad(422, 'invalid')]);
    await filing.submit();
    expect(filing.state()).toEqual({ step: 'editing', problem: problem(422, 'invalid') });
    expect(onProblem).toHaveBeenCalledTimes(1);
    await filing.submit();
    expect(send).toHaveBeenCalledTimes(2);
    expect(filing.state().step).toBe('filed');
  });

  test.each([
    [401, 'not-signed-in'],
    [429, 'too-many-requests'],
    [500, 'internal'],
    [503, 'upstream-unavailable'],
  ])('%i waits for the person, and is not sent again by itself', async (status, kind) => {
    const { filing, send } = form([bad(status, kind)]);
    await filing.submit();
    await vi.advanceTimersByTimeAsync(10 * 60_000);
    filing.online();
    expect(send).toHaveBeenCalledTimes(1);
    expect(filing.state().step).toBe('editing');
  });

  test('nothing that happens meanwhile lets a second ticket out', async () => {
    const { filing, send, onFiled } = form([]);
    send.mockImplementationOnce(async () => {
      filing.edited();
      filing.show(problem(422, 'invalid'));
      filing.online();
      await filing.submit();
      return good;
    });
    await filing.submit();
    expect([send.mock.calls.length, onFiled.mock.calls.length]).toEqual([1, 1]);
  });

  test('a form that is gone and comes back is as before', async () => {
    const { filing, send } = form([]);
    filing.stop();
    filing.start();
    await filing.submit();
    expect(send).toHaveBeenCalledTimes(1);
  });
});

describe('when no answer comes', () => {
  test('it is sent again by itself until one does', async () => {
    const { filing, send, onFiled } = form([bad(0, 'timeout'), bad(0, 'offline'), bad(200, 'unreadable')]);
    await filing.submit();
    expect(filing.state()).toEqual({ step: 'waiting', why: 'unclear' });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(send).toHaveBeenCalledTimes(3);
    expect(onFiled).not.toHaveBeenCalled();
    await filing.submit();
    expect(onFiled).toHaveBeenCalledTimes(1);
  });

  test('a person who is offline sends nothing; it goes out once when the browser is back', async () => {
    const { filing, send, world } = form([]);
    world.online = false;
    await filing.submit();
    expect(filing.state()).toEqual({ step: 'waiting', why: 'offline' });
    expect(send).not.toHaveBeenCalled();
    world.online = true;
    filing.online();
    filing.online();
    await vi.runAllTimersAsync();
    expect(send).toHaveBeenCalledTimes(1);
    expect(filing.state().step).toBe('filed');
  });

  test('a line that stays broken is tried ever more rarely, once a minute in the end', async () => {
    const { filing, send, world } = form([]);
    const times: number[] = [];
    send.mockImplementation(async () => {
      times.push(Date.now());
      return bad(0, 'offline');
    });
    await filing.submit();
    world.online = false;
    await vi.advanceTimersByTimeAsync(200_000);
    expect(times.map((time, index) => time - (times[index - 1] ?? time))).toEqual([
      0, 2_000, 5_000, 10_000, 30_000, 60_000, 60_000,
    ]);
    expect(filing.state()).toEqual({ step: 'waiting', why: 'offline' });
  });

  test('a browser that wrongly believes to be offline tries gently all the same', async () => {
    const { filing, send, world } = form([]);
    world.online = false;
    await filing.submit();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(send).toHaveBeenCalledTimes(1);
  });

  test('a ticket that is being changed is not sent by itself', async () => {
    const { filing, send, world } = form([]);
    world.online = false;
    await filing.submit();
    filing.edited();
    expect(filing.state()).toEqual({ step: 'editing', held: true });
    filing.online();
    await vi.advanceTimersByTimeAsync(10 * 60_000);
    expect(send).not.toHaveBeenCalled();
  });

  test('what was changed while it was being sent is not sent by itself when its answer is lost', async () => {
    const { filing, send, onProblem } = form([]);
    const lost = bad(0, 'timeout');
    send.mockImplementationOnce(async () => {
      filing.edited();
      return lost;
    });
    await filing.submit();
    expect(filing.state()).toEqual({ step: 'editing', held: true });
    await vi.advanceTimersByTimeAsync(600_000);
    expect(send).toHaveBeenCalledTimes(1);
    send.mockResolvedValueOnce(lost);
    await filing.submit();
    expect(filing.state()).toEqual({ step: 'waiting', why: 'unclear' });
    expect(onProblem.mock.calls.map(([, isTypedOn]) => isTypedOn)).toEqual([true, false]);
  });

  test('what is refused after a press while it waited is not sent again by itself', async () => {
    const { filing, send } = form([bad(0, 'timeout'), bad(422, 'invalid')]);
    await filing.submit();
    await vi.advanceTimersByTimeAsync(1_000);
    await filing.submit();
    await vi.advanceTimersByTimeAsync(10 * 60_000);
    expect(send).toHaveBeenCalledTimes(2);
    expect(filing.state()).toMatchObject({ step: 'editing', problem: { status: 422 } });
  });

  test('a form that is gone sends nothing more, and still learns what became of the ticket', async () => {
    const { filing, send, onFiled } = form([bad(0, 'timeout')]);
    const submitted = filing.submit();
    filing.stop();
    await submitted;
    await vi.advanceTimersByTimeAsync(10 * 60_000);
    expect(send).toHaveBeenCalledTimes(0);

    const other = form([good]);
    other.send.mockImplementation(async () => {
      other.filing.stop();
      return good;
    });
    await other.filing.submit();
    expect(other.onFiled).toHaveBeenCalledTimes(1);

    const lost = form([]);
    lost.send.mockImplementationOnce(async () => {
      lost.filing.stop();
      return bad(0, 'timeout');
    });
    await lost.filing.submit();
    await vi.advanceTimersByTimeAsync(10 * 60_000);
    expect(lost.filing.state().step).toBe('sending');
    expect(lost.send).toHaveBeenCalledTimes(1);
    expect(onFiled).not.toHaveBeenCalled();
  });
});

describe('the idempotency key', () => {
  test.each([
    [400, 'refused'],
    [403, 'forbidden-upstream'],
    [404, 'not-found-upstream'],
    [409, 'conflict'],
    [422, 'invalid'],
    [405, 'refused'],
    [451, 'refused'],
  ])('is spent by a refusal: %i %s', (status, kind) => {
    expect(settlesKey(problem(status, kind), false)).toBe(true);
  });

  test.each([
    [0, 'offline'],
    [0, 'timeout'],
    [401, 'not-signed-in'],
    [429, 'too-many-requests'],
    [500, 'internal'],
    [503, 'upstream-unavailable'],
    [504, 'upstream-timeout'],
    [400, 'idempotency-key-malformed'],
    [422, 'idempotency-key-reused'],
  ])('is kept after %i %s', (status, kind) => {
    expect(settlesKey(problem(status, kind), false)).toBe(false);
    expect(settlesKey(problem(status, kind), true)).toBe(false);
  });

  test('after an attempt of unknown outcome only Moov’s own word spends it', () => {
    expect(settlesKey(problem(404, 'not-found'), true)).toBe(false);
    expect(settlesKey(problem(422, 'invalid'), true)).toBe(false);
    expect(settlesKey(problem(422, 'invalid', { upstreamRequestID: 'm' }), true)).toBe(true);
    expect(settlesKey(problem(409, 'conflict'), true)).toBe(true);
  });

  test('after operators have given the ticket up, the same text can be filed as another ticket', () => {
    expect(settlesKey(problem(409, 'given-up'), true)).toBe(true);
  });
});

test('an answer is lost when it did not come, or cannot be read though all is well', () => {
  expect(isLost(problem(0, 'offline'))).toBe(true);
  expect(isLost(problem(0, 'timeout'))).toBe(true);
  expect(isLost(problem(201, 'unreadable'))).toBe(true);
  expect(isLost(problem(502, 'unreadable'))).toBe(false);
  expect(isLost(problem(503, 'upstream-unavailable'))).toBe(false);
});
