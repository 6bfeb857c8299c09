import { CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhenResult } from 'cockatiel';
import type { Status } from '../../contract/status.ts';
import { within } from '../guard/within.ts';
import type { Outcome, Unclear } from './outcome.ts';

const failuresThatOpen = 5;
const restMs = 5_000;
/** How long a call waits for another one that tries: Moov may hang. */
const trialMs = 2_000;
/** How long the status stays `degraded` after a failure. */
const degradedMs = 30_000;

const isFailure = (outcome: unknown) =>
  typeof outcome === 'object' &&
  outcome !== null &&
  'kind' in outcome &&
  outcome.kind === 'unclear' &&
  'reason' in outcome &&
  outcome.reason !== 'rate-limited' &&
  outcome.reason !== 'unauthorized' &&
  outcome.reason !== 'unreadable';

/**
 * Knows how Moov is doing from what recent calls met. After five failures in a row nothing is sent for five seconds;
 * then one call tries.
 */
export function createCircuit(changed: (status: Status['upstream']) => void) {
  // A clock that is set back must not keep tickets for as long as it was set back.
  const now = () => performance.now();
  const policy = circuitBreaker(handleWhenResult(isFailure), {
    // The library counts the rest by the clock of the machine; it is counted here instead.
    halfOpenAfter: Number.NEGATIVE_INFINITY,
    breaker: new ConsecutiveBreaker(failuresThatOpen),
  });
  /** the call that tries, or tried last */
  let trial: Promise<unknown> = Promise.resolve();
  let failedAt = Number.NEGATIVE_INFINITY;
  let openedAt = Number.NEGATIVE_INFINITY;
  let seen: Status['upstream'] = 'up';
  let since = Date.now();

  const current = (): Status['upstream'] => {
    if (policy.state !== CircuitState.Closed) return 'down';
    return now() - failedAt < degradedMs ? 'degraded' : 'up';
  };
  const look = () => {
    const upstream = current();
    if (upstream !== seen) {
      seen = upstream;
      since = Date.now();
      changed(upstream);
    }
    return upstream;
  };
  const notSent = (): Unclear => ({
    kind: 'unclear',
    reason: 'circuit-open',
    mayHaveArrived: false,
    retryAfterMs: Math.max(openedAt + restMs - now(), 1_000),
  });
  const isResting = () => policy.state === CircuitState.Open && now() - openedAt < restMs;
  policy.onBreak(() => {
    openedAt = now();
  });
  policy.onReset(() => {
    failedAt = Number.NEGATIVE_INFINITY;
  });

  return {
    /**
     * Runs a call, or, while the circuit is open, answers at once that nothing was sent. While another call tries it waits a moment for
     * what becomes of that one.
     * @param aside true for one that neither opens nor closes the circuit
     */
    async run<T>(call: () => Promise<Outcome<T>>, aside = false): Promise<Outcome<T>> {
      if (aside) return policy.state === CircuitState.Closed ? call() : notSent();
      // The library would send what comes while another call tries after that one, however it fared.
      if (policy.state === CircuitState.HalfOpen) await within(trialMs, trial);
      if (isResting() || policy.state === CircuitState.HalfOpen) return notSent();
      const isTrial = policy.state === CircuitState.Open;
      const running = policy.execute(call);
      if (isTrial) trial = running.catch(() => undefined);
      const outcome = await running;
      if (isFailure(outcome)) failedAt = now();
      look();
      return outcome;
    },
    /** True when the circuit is not closed and a trial call may close it. */
    wantsTrial: () => policy.state === CircuitState.Open && !isResting(),
    /** True while Moov is known to be down: new tickets go straight to the queue. */
    isDown: () => policy.state !== CircuitState.Closed,
    status(): Status {
      const upstream = look();
      return { upstream, since: new Date(since).toISOString() };
    },
  };
}
