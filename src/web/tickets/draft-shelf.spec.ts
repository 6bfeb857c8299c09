// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { fakeDevice } from '../testing/fake-device.ts';
import type { Draft } from './draft-record.ts';
import { openShelf } from './draft-shelf.ts';

const draft: Draft = {
  draftID: 'a',
  userID: 'mel',
  accountID: 'gym',
  idempotencyKey: 'k',
  attempted: false,
  fields: { title: 'Payout missing' },
  prefill: {},
  savedOn: '2026-05-12T10:00:00.000Z',
};

beforeEach(() => localStorage.clear());
afterEach(() => {
  vi.unstubAllGlobals();
});

/** Opens a page on the device with these records. Call it again for the next page on the same device. */
const openPage = (records: Map<string, Draft>, answers: 'at once' | 'when let') => {
  const device = fakeDevice(records, { answers });
  return { ...device, shelf: openShelf(() => new Date('2026-05-12T10:30:00Z')) };
};

test('everything goes that a person has had deleted, though a slow device had still to delete a draft of theirs, and the page was left', async () => {
  const records = new Map([draft, { ...draft, draftID: 'b' }].map((each) => [each.draftID, each]));
  const first = openPage(records, 'when let');
  void first.shelf.remove(['a']);
  await first.isAsked(1);
  const second = openPage(records, 'when let');
  const reading = second.shelf.ofUser('mel');
  await second.goOn();
  await second.isAsked(1);
  void second.shelf.wipe('mel', '2026-05-12T11:00:00.000Z');
  await second.isAsked(2);
  await second.goOn();
  await reading;
  const third = openPage(records, 'at once');
  expect(await third.shelf.ofUser('mel')).toEqual([]);
});

test('what was deleted and put back stays, though the browser crashed before it had written down that it is not to be deleted', async () => {
  const records = new Map([[draft.draftID, draft]]);
  const first = openPage(records, 'when let');
  void first.shelf.remove(['a']);
  await first.isAsked(1);
  const onDisk = { ...localStorage };
  const second = openPage(records, 'at once');
  const again = { ...draft, savedOn: '2026-05-12T10:31:00.000Z' };
  await second.shelf.put(again);
  expect(await second.shelf.ofUser('mel')).toEqual([again]);
  Object.assign(localStorage, onDisk);
  const third = openPage(records, 'at once');
  expect(await third.shelf.ofUser('mel')).toEqual([again]);
});

test('what a device did not delete when it was asked is gone for the next page, and deleted then', async () => {
  const records = new Map([[draft.draftID, draft]]);
  const first = openPage(records, 'when let');
  void first.shelf.remove(['a']);
  await first.isAsked(1);
  const second = openPage(records, 'at once');
  expect(await second.shelf.ofUser('mel')).toEqual([]);
  expect([...records.keys()]).toEqual([]);
});

test('what a device has that cannot be read as a draft, from another version for example, hides no draft', async () => {
  const records = new Map([
    ['b', Object.assign({ ...draft, draftID: 'b' }, { fields: 'none' })],
    ['a', draft],
  ]);
  expect(await openPage(records, 'at once').shelf.ofUser('mel')).toEqual([draft]);
});

describe('a device is asked anew', () => {
  const open = () => {
    const { shelf } = openPage(new Map([[draft.draftID, draft]]), 'at once');
    return { shelf, device: indexedDB };
  };

  test('after it has refused', async () => {
    const { shelf, device } = open();
    vi.stubGlobal('indexedDB', {
      open() {
        const opening = { error: new Error('refused'), onerror: () => undefined };
        queueMicrotask(() => opening.onerror());
        return opening;
      },
    });
    await expect(shelf.ofUser('mel')).rejects.toThrow('refused');
    vi.stubGlobal('indexedDB', device);
    expect(await shelf.ofUser('mel')).toEqual([draft]);
  });

  test.each([
    ['the browser has ended the connection', 0, (from: IDBDatabase) => from.onclose?.(new Event('close'))],
    [
      'another version of the portal needed the connection ended',
      1,
      (from: IDBDatabase) =>
        from.onversionchange?.(Object.assign(new Event('versionchange'), { oldVersion: 1, newVersion: 2 })),
    ],
  ])('after %s', async (_, closings, end) => {
    const { shelf, device } = open();
    const opened: IDBOpenDBRequest[] = [];
    const close = vi.fn();
    vi.stubGlobal('indexedDB', {
      open(name: string, version: number) {
        const opening = device.open(name, version);
        Object.assign(opening.result, { close });
        opened.push(opening);
        return opening;
      },
    });
    await shelf.ofUser('mel');
    await shelf.ofUser('mel');
    expect(opened).toHaveLength(1);
    if (opened[0] !== undefined) end(opened[0].result);
    expect(close).toHaveBeenCalledTimes(closings);
    expect(await shelf.ofUser('mel')).toEqual([draft]);
    expect(opened).toHaveLength(2);
  });
});

describe('of a ticket that was accepted and not delivered yet', () => {
  const accepted = {
    ...draft,
    fields: { title: 'Payout missing since May' },
    submissionID: 's',
    savedOn: '2026-05-12T10:20:00.000Z',
  };

  test('what the device had before is the copy, and no draft, where it has not taken the whole of it', async () => {
    const records = new Map([[draft.draftID, draft]]);
    const first = openPage(records, 'when let');
    void first.shelf.put(accepted);
    await first.isAsked(1);
    const second = openPage(records, 'at once');
    expect(await second.shelf.ofUser('mel')).toEqual([{ ...draft, submissionID: 's' }]);
    const again = { ...draft, savedOn: '2026-05-12T10:32:00.000Z' };
    await second.shelf.put(again);
    expect(await second.shelf.ofUser('mel'), 'put back into the form').toEqual([again]);
  });

  test('nothing stays where the person has had everything deleted, though the device had not taken the copy', async () => {
    const records = new Map([[draft.draftID, draft]]);
    const first = openPage(records, 'when let');
    void first.shelf.put(accepted);
    await first.isAsked(1);
    const second = openPage(records, 'at once');
    await second.shelf.wipe('mel', '2026-05-12T11:00:00.000Z');
    expect(records.size).toBe(0);
  });

  test('the copy goes when it is asked for, and nothing is noted of it that the device has taken', async () => {
    const records = new Map([[draft.draftID, draft]]);
    const { shelf } = openPage(records, 'at once');
    await shelf.put(accepted);
    expect(await shelf.ofUser('mel')).toEqual([accepted]);
    expect(JSON.stringify({ ...localStorage })).not.toContain(accepted.savedOn);
    await shelf.remove([accepted.draftID]);
    expect(records.size).toBe(0);
    expect(JSON.stringify({ ...localStorage }), 'nothing is noted of what is gone').not.toContain(`${draft.draftID},`);
  });
});
