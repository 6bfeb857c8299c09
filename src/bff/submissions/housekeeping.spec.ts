import { expect, onTestFinished, test, vi } from 'vitest';
import { startHousekeeping } from './housekeeping.ts';

test('what has had its time is removed and doubles are looked for, soon after start and every ten minutes, whatever of it fails', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const done: string[] = [];
  const errors: unknown[] = [];
  const none = <Gone>(name: string, gone: Gone) => ({
    purge() {
      done.push(name);
      return name === 'submissions' ? Promise.reject(new Error('the database is busy')) : Promise.resolve(gone);
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
  const pass = ['sessions', 'submissions', 'events', 'limits', 'doubles'];
  await vi.advanceTimersByTimeAsync(60_000);
  expect(done.splice(0)).toEqual(pass);
  expect(errors).toMatchObject([{ step: 'purge submissions' }]);
  await vi.advanceTimersByTimeAsync(20 * 60_000);
  expect(done.splice(0)).toEqual([...pass, ...pass]);
  housekeeping.stop();
  await vi.advanceTimersByTimeAsync(20 * 60_000);
  expect(done).toEqual([]);
});
