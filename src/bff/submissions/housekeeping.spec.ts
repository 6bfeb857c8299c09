import { expect, onTestFinished, test, vi } from 'vitest';
import { startHousekeeping } from './housekeeping.ts';

test('what has had its time is removed and doubles are looked for, soon after start and every ten minutes, though it failed once', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const done: string[] = [];
  const errors: unknown[] = [];
  const none = <Gone>(name: string, gone: Gone) => ({
    purge() {
      done.push(name);
      return errors.length === 0 ? Promise.reject(new Error('the database is away')) : Promise.resolve(gone);
    },
  });
  const never = () => Promise.reject(new Error('there is nothing to reconcile'));
  const housekeeping = startHousekeeping({
    sessions: none('sessions', { sessions: 0, logins: 0 }),
    submissions: {
      ...none('submissions', { submissions: 0, claims: 0 }),
      toReconcile() {
        done.push('doubles');
        return Promise.resolve([]);
      },
      claimedByOthers: never,
      reconciled: never,
    },
    events: none('events', { events: 0, webhookEvents: 0 }),
    tally: none('limits', 0),
    audit: { record: never },
    moov: { listTickets: never, clockAheadMs: () => 0 },
    log: { error: (error: unknown) => errors.push(error) },
  });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(done.splice(0)).toEqual(['sessions']);
  expect(errors).toHaveLength(1);
  const pass = ['sessions', 'submissions', 'events', 'limits', 'doubles'];
  await vi.advanceTimersByTimeAsync(20 * 60_000);
  expect(done.splice(0)).toEqual([...pass, ...pass]);
  housekeeping.stop();
  await vi.advanceTimersByTimeAsync(20 * 60_000);
  expect(done).toEqual([]);
});
