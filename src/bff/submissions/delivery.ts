import type { Logger } from 'pino';
import type { Problem } from '../../contract/problem.ts';
import type { NewTicket, Ticket } from '../../contract/ticket.ts';
import { makeProblem } from '../guard/problem.ts';
import { explainRefusal } from '../moov/explain.ts';
import type { Moov } from '../moov/moov.ts';
import { isDone, type Refused, type Unclear } from '../moov/outcome.ts';
import type { Settings } from '../settings.ts';
import type { Sending, StoredSubmission, Submissions } from '../store/submissions.ts';
import { lookFor } from './look.ts';

/** What became of one attempt. `recorded` resolves when the ledger has been told; without it, it was told before. */
export type Delivered =
  | { kind: 'created'; ticket: Ticket; recorded?: Promise<void> }
  | { kind: 'rejected'; problem: Problem }
  | { kind: 'kept' };

/** Ten years, which stand for never: a ticket that exists, though its id could not be read, is only looked for. */
const neverSendAgainMs = 10 * 365 * 24 * 3_600_000;
const longestPauseMs = 60_000;
const readAgainMs = 1_000;

type DeliverySettings = Pick<Settings, 'UPSTREAM_TIMEOUT_MS' | 'SETTLE_MS'>;

/**
 * Sends submissions, one attempt at a time, and settles them in the ledger. The rule that keeps doubles away: after an
 * attempt without a definite answer, nothing is sent again before the settle time has passed and a look has found nothing.
 * @param owner names this process as the holder of leases
 */
export function createDelivery(parts: {
  settings: DeliverySettings;
  moov: Moov;
  submissions: Submissions;
  log: Logger;
  owner: string;
}) {
  const { settings, moov, submissions, log, owner } = parts;
  // Time for a token, the call, and a token minted anew with the call repeated.
  const leaseMs = settings.UPSTREAM_TIMEOUT_MS * 4 + 5_000;
  const sending: Sending = { owner, leaseMs, settlesInMs: leaseMs + settings.SETTLE_MS };
  /** How long after an unclear attempt its ticket is first looked for. */
  const firstLookMs = Math.min(1_000, Math.max(settings.SETTLE_MS / 4, 50));

  /** Growing pauses between attempts that surely did not arrive, with jitter so that instances do not march in step. */
  const pauseMs = (attempts: number) => Math.min(1_000 * 2 ** attempts, longestPauseMs) * (0.75 + Math.random() / 2);

  async function settleAsRejected(submission: StoredSubmission, refused: Refused): Promise<Delivered> {
    const { kind, details } = explainRefusal(refused, 'file');
    const problem = makeProblem(kind, details, submission.requestID);
    await submissions.rejected(submission.submissionID, problem, refused.upstreamRequestID);
    return { kind: 'rejected', problem };
  }

  async function keep(submission: StoredSubmission, unclear: Unclear): Promise<Delivered> {
    const created = isDone(unclear);
    if (created)
      log.error(
        { submissionID: submission.submissionID, upstreamRequestID: unclear.upstreamRequestID },
        'Moov created a ticket, but its answer could not be read: looking for the ticket',
      );
    // If Moov asks for a pause, nothing is looked for and nothing is sent before it is over.
    const askedMs = unclear.retryAfterMs ?? 0;
    const againInMs = unclear.mayHaveArrived
      ? Math.max(created ? 0 : firstLookMs, askedMs)
      : Math.max(unclear.retryAfterMs ?? pauseMs(submission.attempts), 200);
    await submissions.requeued(
      submission.submissionID,
      owner,
      {
        reason: created ? 'unreadable' : unclear.reason,
        mayHaveArrived: unclear.mayHaveArrived,
        againInMs,
        // Where this attempt surely did not arrive, the settle time of the one before still holds.
        settlesInMs: created
          ? neverSendAgainMs
          : unclear.mayHaveArrived
            ? Math.max(settings.SETTLE_MS, askedMs)
            : undefined,
      },
      unclear.upstreamRequestID,
    );
    return { kind: 'kept' };
  }

  /**
   * The ticket of an answer that has drifted: read again, or, where that does not help, with what was sent in the place
   * of what could not be read.
   */
  async function completed(submission: StoredSubmission, ticket: Ticket, payload: NewTicket): Promise<Ticket> {
    if (ticket.number > 0 && ticket.title !== '') return ticket;
    const { accountID, asItself } = submission;
    const again = await moov.getTicket(accountID, asItself, ticket.ticketID, readAgainMs);
    const read = again.kind === 'ok' ? again.value : ticket;
    return {
      ...read,
      title: read.title === '' ? payload.title : read.title,
      contact: read.contact.email === '' ? payload.contact : read.contact,
    };
  }

  /**
   * Sends a submission that this owner holds in the state `sending`: nothing that was sent before can still arrive.
   * @param heldSince a time (ms since 1970) before which it was not held. A process that stood still since then may hold it no longer,
   *   and another one may have sent it: nothing is sent whose answer would not come while it is surely held.
   */
  async function send(submission: StoredSubmission, heldSince: number = Date.now()): Promise<Delivered> {
    const { payload } = submission;
    if (payload === undefined)
      throw new Error(`submission ${submission.submissionID} is being sent without its content`);
    const outcome = await moov.createTicket(
      submission.accountID,
      submission.asItself,
      { ...payload, author: payload.author ?? submission.personName, foreignID: submission.foreignID },
      heldSince + leaseMs - settings.UPSTREAM_TIMEOUT_MS,
    );
    const about = {
      submissionID: submission.submissionID,
      accountID: submission.accountID,
      personID: submission.personID,
      requestID: submission.requestID,
      upstreamRequestID: outcome.upstreamRequestID,
      attempt: submission.attempts,
    };
    if (outcome.kind === 'ok') {
      const { ticket } = outcome.value;
      const { upstreamRequestID } = outcome;
      if (ticket === undefined)
        return keep(submission, {
          kind: 'unclear',
          reason: 'unreadable',
          status: 200,
          mayHaveArrived: true,
          ...(upstreamRequestID !== undefined && { upstreamRequestID }),
        });
      // Whoever waits for the answer need not wait for this. If it fails, the lease of the attempt runs out and the ticket is
      // found by its reference, as after a crash at this moment.
      const recorded = submissions.created(submission.submissionID, ticket.ticketID, upstreamRequestID).then(
        () => log.info({ ...about, ticketID: ticket.ticketID }, 'ticket delivered'),
        (error: unknown) =>
          log.error(
            { ...about, ticketID: ticket.ticketID, err: error },
            'ticket delivered, and this could not be recorded: it will be found again',
          ),
      );
      return { kind: 'created', ticket: await completed(submission, ticket, payload), recorded };
    }
    if (outcome.kind === 'refused') {
      const already = outcome.status === 409 ? await afterConflict(submission) : undefined;
      if (already !== undefined) return already;
      log.info({ ...about, status: outcome.status }, 'ticket refused');
      return settleAsRejected(submission, outcome);
    }
    log.warn(
      { ...about, reason: outcome.reason, status: outcome.status, mayHaveArrived: outcome.mayHaveArrived },
      'ticket kept, not delivered yet',
    );
    return keep(submission, outcome);
  }

  /**
   * A 409 may be about this very ticket, which an earlier attempt has created.
   * @returns what became of it, or undefined where it is not there, so that the 409 is a refusal
   */
  async function afterConflict(submission: StoredSubmission): Promise<Delivered | undefined> {
    const found = await lookFor(submission, moov, submissions);
    switch (found.kind) {
      case 'found': {
        const settled = await submissions.found(submission, found.ticket.ticketID, found.upstreamRequestID);
        return settled && { kind: 'created', ticket: found.ticket };
      }
      case 'wait':
        // Something is there; whether it is this ticket is not known yet.
        return keep(submission, { kind: 'unclear', reason: 'unavailable', mayHaveArrived: true });
      case 'unclear':
        // That the look failed says nothing about the ticket. Its status is left out: a 2xx there would pass for the ticket's own.
        return keep(submission, { ...found, status: 409, mayHaveArrived: true });
      case 'not-found':
        return undefined;
    }
  }

  return {
    sending,
    /** Sends one that has just been accepted. */
    sendFirst: send,
    /** Goes on with one that was leased from the queue: looks first where an earlier attempt may have arrived. */
    async resume(submission: StoredSubmission): Promise<void> {
      if (submission.mayHaveArrived) {
        const found = await lookFor(submission, moov, submissions);
        if (found.kind === 'found') {
          if ((await submissions.found(submission, found.ticket.ticketID, found.upstreamRequestID)) !== undefined)
            log.info(
              {
                submissionID: submission.submissionID,
                accountID: submission.accountID,
                ticketID: found.ticket.ticketID,
              },
              'ticket had arrived: found again',
            );
          else await submissions.postponed(submission.submissionID, owner, firstLookMs);
          return;
        }
        if (found.kind === 'wait') return submissions.postponed(submission.submissionID, owner, firstLookMs);
        if (found.kind === 'unclear')
          return submissions.postponed(
            submission.submissionID,
            owner,
            found.retryAfterMs ?? pauseMs(submission.attempts),
          );
        const remainingMs = (submission.settlesAt?.getTime() ?? 0) - Date.now();
        if (remainingMs > 0) {
          // Look often at first, then less; the last look is after the settle time.
          const settlesInMs = remainingMs > neverSendAgainMs / 2 ? neverSendAgainMs : settings.SETTLE_MS;
          const elapsedMs = Math.max(settlesInMs - remainingMs, 0);
          return submissions.postponed(
            submission.submissionID,
            owner,
            Math.min(Math.max(elapsedMs, firstLookMs), remainingMs + 50, 5 * longestPauseMs),
          );
        }
      }
      const heldSince = Date.now();
      const claimed = await submissions.sendingAgain(submission.submissionID, sending);
      if (claimed === undefined) return;
      // What was looked for and not found after the settle time has not arrived and cannot arrive any more.
      const delivered = await send(claimed, heldSince);
      if (delivered.kind === 'created') await delivered.recorded;
    },
    /** How long a worker may hold what it leases before it sends or gives back: a look is a few calls. */
    leaseMs,
  };
}
export type Delivery = ReturnType<typeof createDelivery>;
