import { CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhenResult } from 'cockatiel';
import type { Status } from '../../contract/status.ts';
import { within } from '../guard/within.ts';
import type { Outcome, Unclear } from './outcome.ts';

/** So many failures in a row open the circuit: nothing is sent for `restMs`. */
const failuresThatOpen = 5;
const restMs = 5_000;
/** How long a call waits for the result of a trial call before it gives up: Moov may hang. */
const trialMs = 2_000;
/** How long the status stays `degraded` after a failure. */
const degradedMs = 30_000;

/** The reason of an outcome that is not definite. */
const reasonOf = (outcome: unknown) =>
  typeof outcome === 'object' &&
  outcome !== null &&
  'kind' in outcome &&
  outcome.kind === 'unclear' &&
  'reason' in outcome
    ? outcome.reason
    : undefined;
/** Whether Moov was not asked at all: this process was paused until it was too late to send. */
const wasNotAsked = (outcome: unknown) => reasonOf(outcome) === 'interrupted';
/** Reasons that do not show that Moov is not well: it answered (too many requests, wrong keys, an odd body), or was not asked. */
const harmless: unknown[] = [undefined, 'rate-limited', 'unauthorized', 'unreadable', 'interrupted'];
/** Whether an outcome shows that Moov is not well. */
const isFailure = (outcome: unknown) => !harmless.includes(reasonOf(outcome));

/**
 * A circuit breaker: it judges from recent calls how Moov is doing. After five failures in a row it opens, and nothing is sent for
 * five seconds. Then one call is let through as a trial: its success closes the circuit; otherwise another five seconds begin.
 * @param changed is called with each new status
 */
export function createCircuit(changed: (status: Status['upstream']) => void) {
  // Not `Date.now`: if somebody set the machine's clock back, the circuit would stay open, and tickets wait, for that time.
  const now = () => performance.now();
  // A trial that did not ask Moov must not close the circuit. So the library is told that it has failed.
  const fails = (outcome: unknown): boolean =>
    isFailure(outcome) || (policy.state === CircuitState.HalfOpen && wasNotAsked(outcome));
  const policy = circuitBreaker(handleWhenResult(fails), {
    // The library would measure the rest by the machine's clock. It is measured here instead (`isResting`).
    halfOpenAfter: Number.NEGATIVE_INFINITY,
    breaker: new ConsecutiveBreaker(failuresThatOpen),
  });
  /** the trial call that is under way, or the last one */
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
     * Runs a call. While the circuit is open it does not, and returns `circuit-open` at once. While a trial call is under way it first
     * waits up to two seconds for the result of that.
     * @param aside true for a call that neither opens nor closes the circuit
     */
    async run<T>(call: () => Promise<Outcome<T>>, aside = false): Promise<Outcome<T>> {
      if (aside) return policy.state === CircuitState.Closed ? call() : notSent();
      // Left to itself, the library would send this call after the trial call, even if that one has failed.
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
    /** True when the circuit is open, its rest is over and no trial call is under way: the next call is the trial. */
    wantsTrial: () => policy.state === CircuitState.Open && !isResting(),
    /** True while the circuit is not closed: Moov counts as down, and new tickets go straight to the queue. */
    isDown: () => policy.state !== CircuitState.Closed,
    status(): Status {
      const upstream = look();
      return { upstream, since: new Date(since).toISOString() };
    },
  };
}
