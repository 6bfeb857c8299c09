import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createDraftKeeper } from './draft-keeper.ts';
import type { Draft } from './draft-record.ts';

const first: Draft = {
  draftID: 'd',
  userID: 'mel',
  accountID: 'gym',
  idempotencyKey: 'k',
  attempted: false,
  fields: {},
  prefill: {},
  savedOn: '2026-01-01T00:00:00.000Z',
};

function open(now = () => new Date()) {
  const save = vi.fn(async (_draft: Draft) => undefined);
  const stash = vi.fn();
  const onStatus = vi.fn();
  const keeper = createDraftKeeper(first, { desk: { save, stash }, now, onStatus });
  return { keeper, save, stash, onStatus };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('saving while writing', () => {
  test('happens within a second of a key, once, with the time', async () => {
    const { keeper, save, onStatus } = open();
    keeper.enter('title', 'P');
    keeper.enter('title', 'Pa');
    await vi.advanceTimersByTimeAsync(750);
    expect(save).toHaveBeenCalledTimes(1);
    expect(save.mock.calls[0]?.[0].fields).toEqual({ title: 'Pa' });
    expect(save.mock.calls[0]?.[0].savedOn).not.toBe(first.savedOn);
    expect(onStatus).toHaveBeenLastCalledWith('saved');
  });

  test('does not wait for a pause in typing', async () => {
    const { keeper, save } = open();
    for (let key = 0; key < 30; key += 1) {
      keeper.enter('title', 'x'.repeat(key + 1));
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(save.mock.calls.length).toBeGreaterThanOrEqual(3);
  });

  test('does not wait for a pause in typing after the clock was set back either', async () => {
    let time = Date.now();
    const { keeper, save } = open(() => {
      time += 1;
      return new Date(time);
    });
    for (let key = 0; key < 30; key += 1) {
      keeper.enter('title', 'x'.repeat(key + 1));
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(save.mock.calls.length).toBeGreaterThanOrEqual(3);
  });

  test('does nothing while nothing changes', async () => {
    const { keeper, save } = open();
    keeper.enter('title', 'x');
    await vi.advanceTimersByTimeAsync(1000);
    keeper.enter('title', 'x');
    await keeper.flush();
    keeper.leave();
    expect(save).toHaveBeenCalledTimes(1);
    keeper.enter('title', 'xy');
    await keeper.flush();
    await vi.advanceTimersByTimeAsync(1000);
    expect(save).toHaveBeenCalledTimes(2);
  });

  test('that fails is told quietly, kept with the tab, and tried again with the next key', async () => {
    const { keeper, save, stash, onStatus } = open();
    save.mockRejectedValueOnce(new Error('full'));
    keeper.enter('title', 'a');
    await keeper.flush();
    expect(onStatus).toHaveBeenLastCalledWith('failed');
    expect(stash).toHaveBeenCalledTimes(1);
    keeper.enter('title', 'ab');
    await keeper.flush();
    expect(onStatus).toHaveBeenLastCalledWith('saved');
  });

  test('that the device does not answer is told, and the tab keeps the newest text until it has', async () => {
    const { keeper, save, stash, onStatus } = open();
    let answer = () => undefined;
    save.mockImplementationOnce(() => new Promise((resolve) => (answer = () => void resolve(undefined))));
    keeper.enter('title', 'a');
    await vi.advanceTimersByTimeAsync(1000);
    keeper.enter('title', 'ab');
    await vi.advanceTimersByTimeAsync(3000);
    expect(onStatus.mock.calls.flat()).not.toContain('saved');
    expect(onStatus).toHaveBeenLastCalledWith('failed');
    expect(stash.mock.calls.map(([{ fields }]) => fields.title)).toEqual(['ab', 'ab']);
    answer();
    await vi.advanceTimersByTimeAsync(0);
    expect(onStatus.mock.calls.filter(([status]) => status === 'saved')).toHaveLength(1);
    expect(save).toHaveBeenLastCalledWith(expect.objectContaining({ fields: { title: 'ab' } }));
  });

  test('that the device has not answered yet when the page is left, the tab keeps the text', async () => {
    const { keeper, save, stash } = open();
    save.mockImplementationOnce(() => new Promise(() => undefined));
    keeper.enter('title', 'a');
    await vi.advanceTimersByTimeAsync(1000);
    keeper.leave();
    expect(stash).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ fields: { title: 'a' } }));
  });

  test('that the device has not answered when another draft takes the place of the text, the tab keeps it at once', async () => {
    const { keeper, save, stash } = open();
    save.mockReturnValue(new Promise(() => undefined));
    keeper.enter('title', 'x');
    void keeper.flush();
    keeper.replace({ ...first, draftID: 'other' });
    expect(stash).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ draftID: 'd', fields: { title: 'x' } }));
  });

  test('a page that is being left keeps the last keys at once', async () => {
    const { keeper, save, stash } = open();
    keeper.enter('title', 'last');
    keeper.leave();
    const last = { ...first, fields: { title: 'last' }, savedOn: new Date().toISOString() };
    expect(stash).toHaveBeenCalledExactlyOnceWith(last);
    await vi.advanceTimersByTimeAsync(0);
    expect(save, 'and on the device, where there is time').toHaveBeenCalledExactlyOnceWith(last);
  });

  test('is waited for where it is under way, so that what follows does not come before it', async () => {
    const { keeper, save } = open();
    let saved: () => void = () => undefined;
    save.mockImplementationOnce(() => new Promise((resolve) => (saved = () => resolve(undefined))));
    keeper.enter('title', 'a');
    await vi.advanceTimersByTimeAsync(750);
    const order: string[] = [];
    const flushed = keeper.flush().then(() => order.push('flushed'));
    await vi.advanceTimersByTimeAsync(0);
    order.push('saved');
    saved();
    await flushed;
    expect(order).toEqual(['saved', 'flushed']);
  });
});

describe('after the end', () => {
  test('nothing is saved of a draft that was wiped, by what is under way either', async () => {
    const { keeper, save, stash, onStatus } = open();
    keeper.enter('title', 'a');
    void keeper.flush();
    keeper.end({ ...first, draftID: 'next' });
    await keeper.flush();
    keeper.leave();
    await vi.advanceTimersByTimeAsync(2000);
    expect(save).not.toHaveBeenCalled();
    expect(stash).not.toHaveBeenCalled();
    expect(onStatus, 'and nobody is told that it was').not.toHaveBeenCalled();
  });
});

describe('after it was filed', () => {
  const next: Draft = { ...first, draftID: 'next', idempotencyKey: 'k2', fields: { title: 'a' } };

  test('nothing of the draft is saved or stashed, by a write that waits its turn or fails later either', async () => {
    const { keeper, save, stash, onStatus } = open();
    let refuse: (reason: Error) => void = () => undefined;
    save.mockImplementationOnce(() => new Promise((_, reject) => (refuse = reject)));
    keeper.enter('title', 'a');
    await vi.advanceTimersByTimeAsync(500);
    keeper.enter('title', 'ab');
    await vi.advanceTimersByTimeAsync(500);
    keeper.enter('title', 'abc');
    keeper.end(next);
    refuse(new Error('full'));
    await vi.advanceTimersByTimeAsync(2000);
    keeper.leave();
    await keeper.flush();
    expect(save).toHaveBeenCalledTimes(1);
    expect(stash).not.toHaveBeenCalled();
    expect(onStatus).not.toHaveBeenCalledWith('failed');
  });

  test('what is typed on is saved, as a draft of its own', async () => {
    const { keeper, save, stash } = open();
    keeper.enter('title', 'a');
    keeper.end(next);
    keeper.enter('title', 'a new thought');
    keeper.leave();
    await keeper.flush();
    const written = { ...next, fields: { title: 'a new thought' }, savedOn: expect.any(String) };
    expect(stash).toHaveBeenCalledExactlyOnceWith(written);
    expect(save).toHaveBeenCalledExactlyOnceWith(written);
  });
});

test('the key is saved with the text', async () => {
  const { keeper, save } = open();
  keeper.note({ idempotencyKey: 'k2', attempted: true });
  await keeper.flush();
  expect(save).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ idempotencyKey: 'k2', attempted: true }));
});
