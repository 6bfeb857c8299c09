import type { Problem } from '../../contract/problem.ts';
import type { NewTicket } from '../../contract/ticket.ts';
import { localProblem, type Result } from '../api/request.ts';

/**
 * Where a submission stands.
 * - `waiting`: it will be sent by itself, either when the browser is back online (`offline`) or after a pause, since no answer has
 *   told what became of it (`unclear`).
 * - `again`: it is being sent by itself.
 * - `held`: it would have been sent by itself, but the person has changed or stopped it since.
 */
export type FilingState =
  | { step: 'editing'; problem?: Problem; held?: boolean }
  | { step: 'checking'; again: boolean }
  | { step: 'sending'; again: boolean }
  | { step: 'waiting'; why: 'offline' | 'unclear' }
  | { step: 'filed' };

type FilingParts<Accepted> = {
  /** checks what is in the form; undefined when something is at fault, which it has shown */
  prepare(): Promise<NewTicket | undefined>;
  send(ticket: NewTicket): Promise<Result<Accepted>>;
  onFiled(accepted: Accepted): Promise<void> | void;
  /**
   * before the state changes, with what it means for the idempotency key
   * @param isTypedOn the person has changed the ticket since it was sent
   */
  onProblem(problem: Problem, isTypedOn: boolean): void;
  isOnline(): boolean;
};

const pausesMs = [2_000, 5_000, 10_000, 30_000, 60_000];
/** An answer that cannot be read is asked for this often; then it is the person's turn. */
const unreadableTries = 3;

/** The last part of a problem's type, as `problemKinds` lists it; or that of one which arose in the browser. */
export const kindOf = ({ type }: Problem) => type.split('/').at(-1) ?? '';
const fromUpstream = ['refused', 'conflict', 'forbidden-upstream', 'not-found-upstream'];

/** Whether an answer leaves open what became of the ticket: it did not come, or it cannot be read though all is well. */
export const isLost = ({ type, status }: Problem): boolean =>
  type === localProblem.offline ||
  type === localProblem.timeout ||
  (type === localProblem.unreadable && status >= 200 && status < 300);

/**
 * Whether a problem settles what became of the ticket under its idempotency key, so that the next try needs a new key. Moov's own
 * refusal does, with whatever status, and so does a check that the portal makes first. If an earlier attempt may have succeeded
 * (`attempted`), Moov's own word alone does.
 */
export function settlesKey(problem: Problem, attempted: boolean): boolean {
  const kind = kindOf(problem);
  if (fromUpstream.includes(kind)) return true;
  if (![400, 403, 404, 409, 422].includes(problem.status) || kind.startsWith('idempotency-')) return false;
  return !attempted || problem.upstreamRequestID !== undefined;
}

/**
 * Guards submitting: one at a time, however often a button is pressed. When an answer is lost, the same content is sent again by
 * itself with the same key. It knows nothing of forms or screens: subscribe to its state.
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

  /** Sends what is in the form, if it is not on its way already. */
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
    /** The browser is back online. */
    online(): void {
      if (state.step === 'waiting') void submit();
    },
    /** The person has changed the ticket: what waits is no longer sent by itself, nor is what is being sent now. */
    edited(): void {
      isTypedOn = true;
      if (state.step !== 'waiting') return;
      clearTimeout(timer);
      hold();
    },
    /** Shows a problem that came another way, or none. */
    show(problem: Problem | undefined): void {
      if (state.step === 'editing') go({ step: 'editing', ...(problem !== undefined && { problem }) });
    },
    subscribe(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    state: () => state,
    start(): void {
      stopped = false;
    },
    /** The form is gone: nothing is sent by itself any more. An answer under way still counts. */
    stop(): void {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
