// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest';

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('what is written after everything was deleted is kept, though the clock has been set back meanwhile', async () => {
  vi.stubGlobal('indexedDB', { open: () => ({}) });
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-05-12T12:00:00Z') });
  await (await import('./draft.ts')).wipeDrafts('mel');
  vi.setSystemTime(new Date('2026-05-12T10:00:00Z'));
  // The next page.
  vi.resetModules();
  const { drafts } = await import('./draft.ts');
  const desk = drafts.newDesk();
  await desk.save(desk.blank({ userID: '', accountID: 'gym' }, { title: 'Payout missing' }, {}));
  expect(drafts.newDesk().begun('gym')?.fields).toEqual({ title: 'Payout missing' });
});
