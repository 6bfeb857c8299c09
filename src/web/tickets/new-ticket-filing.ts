import type { Problem, ProblemKind } from '../../contract/problem.ts';
import type { NewTicket } from '../../contract/ticket.ts';
import { localProblem, type Result } from '../api/request.ts';

/**
 * The state of submitting.
 * - `editing`: nothing is under way. `problem` says why the last attempt has failed. `held`: the ticket was going to be sent again by
 *   itself, but the person has changed it or stopped that.
 * - `checking`: the form is being checked.
 * - `sending`: the ticket is on its way.
 * - `waiting`: the ticket will be sent by itself, when the browser is online again or after a pause. `why` is `offline`, or `unclear` when
 *   there was no answer that says what became of it.
 * - `filed`: the ticket was accepted.
 *
 * `again` means that it was `waiting` before.
 */
export type FilingState =
  | { step: 'editing'; problem?: Problem; held?: boolean }
  | { step: 'checking'; again: boolean }
  | { step: 'sending'; again: boolean }
  | { step: 'waiting'; why: 'offline' | 'unclear' }
  | { step: 'filed' };

type FilingParts<Accepted> = {
  /** checks the form and gives the ticket; shows what is wrong and gives undefined when the check has failed */
  prepare(): Promise<NewTicket | undefined>;
  send(ticket: NewTicket): Promise<Result<Accepted>>;
  onFiled(accepted: Accepted): Promise<void> | void;
  /**
   * called with each problem that an attempt had, before the state changes
   * @param isTypedOn the person has changed the ticket since it was sent
   */
  onProblem(problem: Problem, isTypedOn: boolean): void;
  isOnline(): boolean;
};

/** The pauses before the ticket is sent again; the last one repeats. */
const pausesMs = [2_000, 5_000, 10_000, 30_000, 60_000];
/** After so many attempts, an answer that cannot be read is shown as a problem, and nothing more is sent by itself. */
const unreadableTries = 3;

/** The last part of a problem's type: a `ProblemKind`, or for a problem that arose in the browser, one of `localProblem`'s keys. */
export const kindOf = ({ type }: Problem) => type.split('/').at(-1) ?? '';
/** Moov's refusals, and that a ticket which may have arrived was given up: nothing more comes of the key of either. */
const settled: readonly string[] = [
  'refused',
  'conflict',
  'forbidden-upstream',
  'not-found-upstream',
  'given-up',
] satisfies ProblemKind[];

/** Whether a problem leaves open what became of the ticket: there was no answer, or a good one (2xx) that could not be read. */
export const isLost = ({ type, status }: Problem): boolean =>
  type === localProblem.offline ||
  type === localProblem.timeout ||
  (type === localProblem.unreadable && status >= 200 && status < 300);

/**
 * Whether a problem says for certain that no ticket comes of this idempotency key any more, so that the next attempt needs a new key.
 * Moov's own refusal says so, whatever its status. So does the refusal of a check that the portal makes before it calls Moov, but only if
 * no earlier attempt with this key may have succeeded.
 * @param attempted an earlier attempt with this key may have succeeded
 */
export function settlesKey(problem: Problem, attempted: boolean): boolean {
  const kind = kindOf(problem);
  if (settled.includes(kind)) return true;
  if (![400, 403, 404, 409, 422].includes(problem.status) || kind.startsWith('idempotency-')) return false;
  return !attempted || problem.upstreamRequestID !== undefined;
}

/**
 * Controls submitting. Only one attempt runs at a time, however often the button is pressed. When an answer is lost, it sends the same
 * ticket again by itself; `send` uses the same idempotency key. It knows nothing of forms or screens: to show its state, subscribe.
 */
export function createFiling<Accepted>({ prepare, send, onFiled, onProblem, isOnline }: FilingParts<Accepted>) {
  let state: FilingState = { step: 'editing' };
  let timer: ReturnType<typeof setTimeout> | undefined;
  let tries = 0;
  let stopped = false;
  let isTypedOn = false;
  const listeners = new Set<() => void>();
  const go = (next: FilingState) => {
    state = next;
    for (const listener of listeners) listener();
  };

  const hold = () => {
    tries = 0;
    go({ step: 'editing', held: true });
  };
  function wait(why: 'offline' | 'unclear') {
    go({ step: 'waiting', why });
    timer = setTimeout(() => void submit(), pausesMs[Math.min(tries, pausesMs.length) - 1] ?? pausesMs[0]);
  }

  async function attempt(ticket: NewTicket, again: boolean) {
    isTypedOn = false;
    go({ step: 'sending', again });
    tries += 1;
    const result = await send(ticket);
    if (result.ok) {
      go({ step: 'filed' });
      await onFiled(result.value);
      return;
    }
    onProblem(result.problem, isTypedOn);
    if (stopped) return;
    const unreadable = result.problem.type === localProblem.unreadable;
    if (isLost(result.problem) && !(unreadable && tries >= unreadableTries)) {
      if (isTypedOn) hold();
      else wait(isOnline() ? 'unclear' : 'offline');
    } else {
      tries = 0;
      go({ step: 'editing', problem: result.problem });
    }
  }

  /** Checks and sends what is in the form. Does nothing while an attempt is under way, or when the ticket is filed. */
  async function submit(): Promise<void> {
    if (state.step === 'checking' || state.step === 'sending' || state.step === 'filed') return;
    clearTimeout(timer);
    const again = state.step === 'waiting';
    go({ step: 'checking', again });
    const ticket = await prepare();
    if (stopped) return;
    if (ticket === undefined) {
      tries = 0;
      go({ step: 'editing' });
    } else if (!again && !isOnline()) {
      tries += 1;
      wait('offline');
    } else await attempt(ticket, again);
  }

  return {
    submit,
    /** Call this when the browser is back online: a ticket that waits is sent. */
    online(): void {
      if (state.step === 'waiting') void submit();
    },
    /** Call this when the person has changed the ticket: one that waits, or whose answer gets lost now, is not sent again by itself. */
    edited(): void {
      isTypedOn = true;
      if (state.step !== 'waiting') return;
      clearTimeout(timer);
      hold();
    },
    /** Shows a problem that does not come from an attempt, or removes the one that is shown. Only while `editing`. */
    show(problem: Problem | undefined): void {
      if (state.step === 'editing') go({ step: 'editing', ...(problem !== undefined && { problem }) });
    },
    subscribe(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    state: () => state,
    /** Takes `stop` back: React may unmount and mount the form again. */
    start(): void {
      stopped = false;
    },
    /** Call this when the form is unmounted: nothing more is sent. If the ticket on its way is accepted, `onFiled` is still called. */
    stop(): void {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
