import type { Logger } from 'pino';
import type { Events } from '../store/events.ts';
import type { Sessions } from '../store/sessions.ts';
import type { Submissions } from '../store/submissions.ts';
import type { Tally } from '../store/tally.ts';
import { findDoubles, type Reconciling } from './reconcile.ts';

const everyMs = 10 * 60_000;

/** Removes outdated rows, and looks for double tickets at Moov: five seconds after start and every ten minutes. @returns `stop` */
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
  const steps: Record<string, () => Promise<unknown>> = {
    'purge sessions': () => sessions.purge(),
    'purge submissions': () => submissions.purge(),
    'purge events': () => events.purge(),
    'purge limits': () => tally.purge(),
    'find doubles': () => findDoubles(parts),
  };
  async function pass() {
    // A step that fails again and again must not prevent the others.
    for (const [step, work] of Object.entries(steps))
      await work().catch((error: unknown) =>
        log.error({ step, err: error }, 'housekeeping failed; trying again in ten minutes'),
      );
  }
  const run = () => void pass();
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
