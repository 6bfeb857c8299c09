// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { fakeDevice } from '../testing/fake-device.ts';
import type { Draft } from './draft-record.ts';

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
  vi.resetModules();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('what is written after everything was deleted is kept, though the clock has been set back meanwhile', async () => {
  vi.stubGlobal('indexedDB', { open: () => ({}) });
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-05-12T12:00:00Z') });
  await (await import('./draft.ts')).wipeDrafts('mel');
  vi.setSystemTime(new Date('2026-05-12T10:00:00Z'));
  // Importing the modules again stands for the next page in this tab.
  vi.resetModules();
  const { drafts } = await import('./draft.ts');
  const desk = drafts.newDesk();
  await desk.save(desk.blank({ userID: '', accountID: 'gym' }, { title: 'Payout missing' }, {}));
  expect(drafts.newDesk().begun('gym')?.fields).toEqual({ title: 'Payout missing' });
});

test('what was written before the clock was set back is deleted with the rest', async () => {
  const records = new Map<string, Draft>();
  fakeDevice(records, { answers: 'at once' });
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-05-12T12:00:00Z') });
  const before = (await import('./draft.ts')).drafts.newDesk();
  await before.save(before.blank({ userID: 'mel', accountID: 'gym' }, { title: 'Payout missing' }, {}));
  expect(records).toHaveLength(1);
  vi.setSystemTime(new Date('2026-05-12T10:00:00Z'));
  // Importing the modules again stands for the next page in this tab.
  vi.resetModules();
  const { unsent, wipeDrafts } = await import('./draft.ts');
  expect(await unsent('mel')).toEqual({ drafts: 1, tickets: 0 });
  await wipeDrafts('mel');
  expect([...records.values()]).toEqual([]);
});

test('what the tab kept of a draft after the clock was set back is newer than what the device has of it', async () => {
  fakeDevice(new Map(), { answers: 'at once' });
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-05-12T12:00:00Z') });
  const scope = { userID: 'mel', accountID: 'gym' };
  const before = (await import('./draft.ts')).drafts.newDesk();
  await before.save(before.blank(scope, { title: 'Payout' }, {}));
  vi.setSystemTime(new Date('2026-05-12T10:00:00Z'));
  // Importing the modules again stands for the next page in this tab.
  vi.resetModules();
  const { drafts } = await import('./draft.ts');
  const { draft } = await drafts.newDesk().open(scope, {}, {});
  drafts.newDesk().stash({ ...draft, fields: { title: 'Payout missing' }, savedOn: drafts.now().toISOString() });
  expect((await drafts.newDesk().open(scope, {}, {})).draft.fields).toEqual({ title: 'Payout missing' });
});

test('what is written on after the clock was set back is newer than what the tab kept of it before', async () => {
  fakeDevice(new Map(), { answers: 'at once' });
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-05-12T12:00:00Z') });
  const scope = { userID: 'mel', accountID: 'gym' };
  const before = (await import('./draft.ts')).drafts.newDesk();
  before.stash(before.blank(scope, { title: 'Payout' }, {}));
  vi.setSystemTime(new Date('2026-05-12T10:00:00Z'));
  // The next page, which the device refuses that first.
  vi.resetModules();
  const { drafts, shelf } = await import('./draft.ts');
  vi.spyOn(shelf, 'put').mockRejectedValueOnce(new Error('full'));
  const desk = drafts.newDesk();
  const { draft } = await desk.open(scope, {}, {});
  await desk.save({ ...draft, fields: { title: 'Payout missing' }, savedOn: drafts.now().toISOString() });
  expect((await drafts.newDesk().open(scope, {}, {})).draft.fields).toEqual({ title: 'Payout missing' });
});

test('what another tab has written on in a ticket stays, though the tab that submitted it drops its copy', async () => {
  const records = new Map<string, Draft>();
  fakeDevice(records, { answers: 'when let' });
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-05-12T12:00:00Z') });
  const first = (await import('./draft.ts')).drafts.newDesk();
  const draft = first.blank({ userID: 'mel', accountID: 'gym' }, { title: 'Payout missing' }, {});
  void first.sent(draft, 'submission-1');
  // The device has not stored the copy, and the tab is reloaded.
  fakeDevice(records, { answers: 'at once' });
  vi.setSystemTime(new Date('2026-05-12T12:00:01Z'));
  vi.resetModules();
  const { drafts, dropSent } = await import('./draft.ts');
  const on = { ...draft, fields: { title: 'Payout still missing' }, savedOn: drafts.now().toISOString() };
  records.set(on.draftID, on);
  await dropSent('submission-1');
  expect([...records.values()]).toEqual([on]);
});

describe('the copy of a ticket that was not delivered', () => {
  const copy: Draft = {
    draftID: 'draft-1',
    userID: 'mel',
    accountID: 'gym',
    idempotencyKey: 'fe573d0f-a581-4e80-a064-2e809b675b15',
    attempted: true,
    fields: { title: 'Payout missing' },
    prefill: {},
    savedOn: '2026-05-12T12:00:00.000Z',
    submissionID: 'submission-1',
  };

  test('comes back from a device that takes its time', async () => {
    const records = new Map([[copy.draftID, copy]]);
    const device = fakeDevice(records, { answers: 'when let' });
    vi.useFakeTimers();
    const restored = (await import('./draft.ts')).restoreSent('submission-1', 'mel');
    await vi.advanceTimersByTimeAsync(2000);
    await device.goOn();
    await vi.advanceTimersByTimeAsync(2000);
    await device.goOn();
    expect(await restored).toBe('restored');
    expect([...records.values()]).toEqual([expect.objectContaining({ restoredFrom: 'submission-1' })]);
  });

  test('is not called missing where the device does not tell what it keeps', async () => {
    fakeDevice(new Map([[copy.draftID, copy]]), { answers: 'when let' });
    vi.useFakeTimers();
    const restored = (await import('./draft.ts')).restoreSent('submission-1', 'mel');
    await vi.advanceTimersByTimeAsync(5000);
    expect(await restored).toBe('unread');
  });

  test('stays as it is where the device takes nothing more', async () => {
    const records = new Map([[copy.draftID, copy]]);
    const device = fakeDevice(records, { answers: 'when let' });
    vi.useFakeTimers();
    const restored = (await import('./draft.ts')).restoreSent('submission-1', 'mel');
    await device.goOn();
    await vi.advanceTimersByTimeAsync(5000);
    expect(await restored).toBe('full');
    expect([...records.values()]).toEqual([copy]);
  });

  test('can be asked for again where the device, which has the draft of before, takes nothing for a while', async () => {
    const { submissionID: _accepted, ...had } = { ...copy, savedOn: '2026-05-12T11:00:00.000Z' };
    const records = new Map<string, Draft>([[had.draftID, had]]);
    fakeDevice(records, { answers: 'when let' });
    void (await import('./draft.ts')).shelf.put(copy);
    // The next page.
    vi.resetModules();
    const device = fakeDevice(records, { answers: 'when let' });
    vi.useFakeTimers();
    const refused = (await import('./draft.ts')).restoreSent('submission-1', 'mel');
    await device.goOn();
    await vi.advanceTimersByTimeAsync(5000);
    expect(await refused).toBe('full');
    vi.useRealTimers();
    vi.resetModules();
    fakeDevice(records, { answers: 'at once' });
    expect(await (await import('./draft.ts')).restoreSent('submission-1', 'mel')).toBe('restored');
  });

  test('is not called put back where the tab, which alone has it, keeps nothing more', async () => {
    fakeDevice(new Map(), { answers: 'at once' });
    vi.stubGlobal('sessionStorage', {
      getItem: () => JSON.stringify([copy]),
      setItem() {
        throw new Error('full');
      },
    });
    expect(await (await import('./draft.ts')).restoreSent('submission-1', 'mel')).toBe('full');
  });

  test('is not put back over what has been written on in another tab since it was put back there', async () => {
    const { submissionID: _settled, ...draft } = copy;
    const on = { ...draft, restoredFrom: 'submission-1', fields: { title: 'Payout still missing' } };
    const again = { ...on, savedOn: '2026-05-12T12:30:00.000Z' };
    const records = new Map<string, Draft>([[again.draftID, again]]);
    fakeDevice(records, { answers: 'at once' });
    const { openTab } = await import('./draft-tab.ts');
    openTab().stash(copy);
    const { drafts, restoreSent } = await import('./draft.ts');
    expect(await restoreSent('submission-1', 'mel')).toBe('already');
    await drafts.newDesk().open(copy, {}, {});
    expect([...records.values()]).toEqual([again]);
  });
});
