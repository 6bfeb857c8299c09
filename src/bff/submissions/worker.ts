import type { Logger } from 'pino';
import type { Moov } from '../moov/moov.ts';
import type { Submissions } from '../store/submissions.ts';
import type { Delivery } from './delivery.ts';

const pollMs = 300;
const atOnce = 16;

/**
 * Starts the worker, which takes due submissions from the ledger and delivers them, at most 16 at a time, until it is stopped. Several
 * instances work side by side. While Moov is down it sends nothing but a trial call now and then.
 */
export function startWorker(parts: {
  moov: Moov;
  submissions: Submissions;
  delivery: Delivery;
  owner: string;
  log: Logger;
}) {
  const { moov, submissions, delivery, owner, log } = parts;
  const running = new Set<Promise<void>>();
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let wasDown = false;

  async function tick() {
    if (moov.circuit.isDown()) {
      wasDown = true;
      // The circuit's rest is not over yet, or another call is the trial already.
      if (!moov.circuit.wantsTrial()) return;
      await moov.probe();
      if (moov.circuit.isDown()) return;
    }
    if (wasDown) {
      await submissions.wake();
      wasDown = false;
    }
    const free = atOnce - running.size;
    if (free <= 0) return;
    for (const submission of await submissions.claimDue(owner, delivery.leaseMs, free)) {
      const work = delivery
        .resume(submission)
        .catch((error: unknown) =>
          log.error(
            { err: error, submissionID: submission.submissionID },
            'delivering failed; its lease will run out and it is taken up again',
          ),
        )
        .finally(() => running.delete(work));
      running.add(work);
    }
  }
  let looking = Promise.resolve();
  function loop() {
    looking = tick()
      .catch((error: unknown) =>
        log.error({ err: error }, 'the delivery worker could not read the ledger; trying again'),
      )
      .finally(() => {
        if (!stopped) timer = setTimeout(loop, pollMs);
      });
  }
  loop();

  return {
    /** Takes nothing new from now on. Resolves when the deliveries under way have ended. */
    async stop() {
      stopped = true;
      clearTimeout(timer);
      // A tick under way may still lease submissions. Wait for it first, so that their deliveries are among those waited for.
      await looking;
      await Promise.allSettled(running);
    },
  };
}
