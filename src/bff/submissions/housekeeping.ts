import type { Logger } from 'pino';
import type { Events } from '../store/events.ts';
import type { Sessions } from '../store/sessions.ts';
import { keepSettledDays, type Submissions } from '../store/submissions.ts';
import type { Tally } from '../store/tally.ts';
import { findDoubles, type Reconciling } from './reconcile.ts';

const everyMs = 10 * 60_000;

/** Removes what has had its time, and looks for doubles upstream: shortly after start and every ten minutes. */
export function startHousekeeping(parts: {
  sessions: Pick<Sessions, 'purge'>;
  submissions: Pick<Submissions, 'purge'> & Reconciling['submissions'];
  events: Pick<Events, 'purge'>;
  audit: Reconciling['audit'];
  tally: Pick<Tally, 'purge'>;
  moov: Reconciling['moov'];
  log: Pick<Logger, 'error'>;
}) {
  const { sessions, submissions, events, tally, log } = parts;
  async function pass() {
    await sessions.purge();
    await submissions.purge(keepSettledDays);
    await events.purge();
    await tally.purge();
    await findDoubles(parts);
  }
  const run = () =>
    void pass().catch((error: unknown) =>
      log.error({ err: error }, 'housekeeping failed; trying again in ten minutes'),
    );
  const first = setTimeout(run, 5_000);
  const timer = setInterval(run, everyMs);
  first.unref();
  timer.unref();
  return {
    stop() {
      clearTimeout(first);
      clearInterval(timer);
    },
  };
}
