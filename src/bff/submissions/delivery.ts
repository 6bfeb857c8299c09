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

/**
 * The result of one attempt to deliver a submission. `recorded` resolves when the ledger has noted a created ticket; without it, the
 * ledger has noted it already.
 */
export type Delivered =
  | { kind: 'created'; ticket: Ticket; recorded?: Promise<void> }
  | { kind: 'rejected'; problem: Problem }
  | { kind: 'kept' };

/** Ten years, which means never: if Moov has created a ticket but its id could not be read, the portal only looks for it. */
const neverSendAgainMs = 10 * 365 * 24 * 3_600_000;
const longestPauseMs = 60_000;
const longestLookPauseMs = 5 * longestPauseMs;
/** How long reading a ticket again may take, if the answer to its creation was incomplete. */
const readAgainMs = 1_000;

/**
 * Whether a look may fail like this until a person mends something: Moov refuses it, or has no token for it, of an account that was
 * closed for example; or a list has something that cannot be read. So it is made ever more rarely.
 */
const mayFailForGood = (found: Awaited<ReturnType<typeof lookFor>>) =>
  found.kind === 'refused' ||
  found.kind === 'not-known' ||
  (found.kind === 'unclear' &&
    (found.reason === 'unreadable' || (found.reason === 'unauthorized' && found.status === 404)));

type DeliverySettings = Pick<Settings, 'UPSTREAM_TIMEOUT_MS' | 'SETTLE_MS'>;

/**
 * Sends submissions, one attempt at a time, and settles them in the ledger. The rule that prevents double tickets: after an attempt
 * without a definite answer, nothing is sent again until the settle time has passed and the portal has looked for the ticket at
 * Moov and not found it.
 * @param parts `owner`: the name of this process as the holder of leases
 */
export function createDelivery(parts: {
  settings: DeliverySettings;
  moov: Moov;
  submissions: Submissions;
  log: Logger;
  owner: string;
}) {
  const { settings, moov, submissions, log, owner } = parts;
  // Enough for a token and the call, and, if Moov does not accept the token, for a new token and the call again.
  const leaseMs = settings.UPSTREAM_TIMEOUT_MS * 4 + 5_000;
  const sending: Sending = { owner, leaseMs, settlesInMs: leaseMs + settings.SETTLE_MS };
  /** How long after an unclear attempt the portal first looks for its ticket. */
  const firstLookMs = Math.min(1_000, Math.max(settings.SETTLE_MS / 4, 50));

  /** The pause after an attempt that surely did not arrive (ms): doubled each time up to a minute, with jitter to spread instances. */
  const pauseMs = (attempts: number) => Math.min(1_000 * 2 ** attempts, longestPauseMs) * (0.75 + Math.random() / 2);

  async function settleAsRejected(submission: StoredSubmission, refused: Refused): Promise<Delivered> {
    const { kind, details } = explainRefusal(refused, 'file');
    const problem = makeProblem(kind, details, submission.requestID);
    await submissions.rejected(submission.submissionID, problem, refused.upstreamRequestID);
    return { kind: 'rejected', problem };
  }

  /** Puts a submission back into the queue after an attempt without a definite answer. */
  async function keep(submission: StoredSubmission, unclear: Unclear): Promise<Delivered> {
    const created = isDone(unclear);
    if (created)
      log.error(
        { submissionID: submission.submissionID, upstreamRequestID: unclear.upstreamRequestID },
        'Moov created a ticket, but its answer could not be read: looking for the ticket',
      );
    // If Moov asks for a pause, the portal neither looks nor sends before it is over.
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
        // If this attempt surely did not arrive, the settle time of the attempt before still counts.
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
   * Completes a ticket if parts of Moov's answer could not be read: it is read again from Moov. What is still missing is filled in
   * from what was sent.
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
   * Sends a submission that this owner holds in the state `sending`. The caller makes sure that no earlier attempt can still arrive.
   * @param heldSince a time (ms since 1970) just before the lease began. If this process was paused since then, the lease may have run
   *   out and another process may have sent the ticket. So nothing is sent if the answer might come after the end of the lease.
   */
  async function send(submission: StoredSubmission, heldSince: number): Promise<Delivered> {
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
      // The person's answer does not wait for this. If it fails, the lease runs out and the worker finds the ticket by its reference,
      // as after a crash at this moment.
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
   * Looks for the ticket after a 409, which may mean that an earlier attempt has created it.
   * @returns the result, or undefined if the ticket is not there: then the 409 is a refusal
   */
  async function afterConflict(submission: StoredSubmission): Promise<Delivered | undefined> {
    const found = await lookFor(submission, moov, submissions);
    switch (found.kind) {
      case 'found': {
        const settled = await submissions.found(submission, found.ticket.ticketID, found.upstreamRequestID);
        return settled && { kind: 'created', ticket: found.ticket };
      }
      case 'wait':
        // Another submission with the same reference is being sent, so a look cannot tell yet whose ticket is there.
        return keep(submission, { kind: 'unclear', reason: 'unavailable', mayHaveArrived: true });
      // The look has failed, which says nothing about the ticket.
      case 'refused':
      case 'not-known':
        return keep(submission, { kind: 'unclear', reason: 'unavailable', status: 409, mayHaveArrived: true });
      case 'unclear':
        // Its status is replaced: a 2xx would seem to be that of the creation.
        return keep(submission, { ...found, status: 409, mayHaveArrived: true });
      case 'not-found':
        return undefined;
    }
  }

  return {
    sending,
    /** Sends a submission that has just been accepted (or corrected). */
    sendFirst: send,
    /** Continues with a submission that was leased from the queue. If an earlier attempt may have arrived, it looks for the ticket first. */
    async resume(submission: StoredSubmission): Promise<void> {
      if (submission.mayHaveArrived) {
        const lookedAt = Date.now();
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
        // Counted from before the look: a look that began earlier may have missed a ticket that arrived just in time.
        const remainingMs = (submission.settlesAt?.getTime() ?? 0) - lookedAt;
        const settlesInMs = remainingMs > neverSendAgainMs / 2 ? neverSendAgainMs : settings.SETTLE_MS;
        const elapsedMs = Math.max(settlesInMs - remainingMs, 0);
        const lookAgainIn = (ms: number) => submissions.postponed(submission.submissionID, owner, ms);
        // Soon, but not each second for as long as another ticket is looked for, which may be an hour: each look may be calls to Moov.
        if (found.kind === 'wait') return lookAgainIn(Math.min(Math.max(elapsedMs / 4, firstLookMs), longestPauseMs));
        if (mayFailForGood(found))
          return lookAgainIn(Math.min(Math.max(elapsedMs, pauseMs(submission.attempts)), longestLookPauseMs));
        if (found.kind === 'unclear') return lookAgainIn(found.retryAfterMs ?? pauseMs(submission.attempts));
        // Look often at first, then less often; the last look comes after the settle time.
        if (remainingMs > 0)
          return lookAgainIn(Math.min(Math.max(elapsedMs, firstLookMs), remainingMs + 50, longestLookPauseMs));
      }
      const heldSince = Date.now();
      const claimed = await submissions.sendingAgain(submission.submissionID, sending);
      if (claimed === undefined) return;
      // It is safe to send: no earlier attempt may have arrived, or the look found nothing and the settle time is over.
      const delivered = await send(claimed, heldSince);
      if (delivered.kind === 'created') await delivered.recorded;
    },
    /** How long a worker leases a submission for (ms): enough for a usual look, which is a few calls, before it sends or gives back. */
    leaseMs,
  };
}
export type Delivery = ReturnType<typeof createDelivery>;
