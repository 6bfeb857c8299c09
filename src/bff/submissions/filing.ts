import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Problem } from '../../contract/problem.ts';
import { type NewTicket, portalReference, type Ticket } from '../../contract/ticket.ts';
import { within } from '../guard/within.ts';
import type { Moov } from '../moov/moov.ts';
import type { Settings } from '../settings.ts';
import type { StoredSubmission, Submissions } from '../store/submissions.ts';
import type { Delivered, Delivery } from './delivery.ts';
import { fingerprintOf } from './fingerprint.ts';

/** A ticket that a person files, and by when the person must get an answer. */
export type Filing = {
  accountID: string;
  personID: string;
  personName: string;
  /** true when a merchant files for the own account; false when staff file on behalf of one */
  asItself: boolean;
  idempotencyKey: string;
  /** already checked against `newTicketSchema`, its body cleaned */
  ticket: NewTicket;
  requestID: string;
  /** when the browser must have its answer (ms since 1970) */
  answerBy: number;
};

/** The answer for the person. `kept` means that the ticket is in the ledger and will be delivered, or what became of it since. */
export type Filed =
  | { kind: 'created'; ticket: Ticket }
  | { kind: 'kept'; submission: StoredSubmission }
  | { kind: 'rejected'; problem: Problem }
  /** the idempotency key was used for a ticket with another content, which was not refused */
  | { kind: 'key-reused' };

const joinPollMs = 100;

/** Accepts each ticket once: the ledger decides all races, and all requests with the same key and content get the same outcome. */
export function createFiling(parts: {
  settings: Pick<Settings, 'ANSWER_WITHIN_MS'>;
  moov: Moov;
  submissions: Submissions;
  delivery: Delivery;
  log: Logger;
}) {
  const { moov, submissions, delivery, log } = parts;
  /** The attempts of this process by submission, until the ledger has noted their results. An equal request waits for the same attempt. */
  const underWay = new Map<string, { fingerprint: string; attempt: Promise<Delivered> }>();
  /** The accounts of tickets that were answered as created, by the promise that the ledger has noted that. */
  const recording = new Map<Promise<void>, string>();

  /** Starts the first attempt of an accepted submission, without waiting for it. */
  function begin(submission: StoredSubmission, heldSince: number): void {
    const { submissionID, accountID, fingerprint } = submission;
    const attempt = delivery.sendFirst(submission, heldSince).catch((error: unknown): Delivered => {
      // The ledger still has it: when the lease runs out, a worker continues.
      log.error({ err: error, submissionID }, 'sending a ticket failed; it is kept');
      return { kind: 'kept' };
    });
    const mine = { fingerprint, attempt };
    underWay.set(submissionID, mine);
    void attempt.then(async (delivered) => {
      if (delivered.kind === 'created' && delivered.recorded !== undefined) {
        recording.set(delivered.recorded, accountID);
        await delivered.recorded;
        recording.delete(delivered.recorded);
      }
      if (underWay.get(submissionID) === mine) underWay.delete(submissionID);
    });
  }

  /**
   * Waits until `answerBy` for the result of a submission with this content.
   * @returns the result, or `kept` if there is none by then; `key-reused` if this content was refused and has been replaced meanwhile by
   *   corrected content, whose result does not concern this request
   */
  async function answer(submission: StoredSubmission, filing: Filing): Promise<Filed> {
    const begun = underWay.get(submission.submissionID);
    const attempt = begun?.fingerprint === submission.fingerprint ? begun.attempt : undefined;
    const delivered = attempt === undefined ? undefined : await within(filing.answerBy - Date.now(), attempt);
    if (delivered?.kind === 'created') return { kind: 'created', ticket: delivered.ticket };
    if (delivered?.kind === 'rejected') return { kind: 'rejected', problem: delivered.problem };
    let current = await reread(submission);
    const isCorrected = () => current.fingerprint !== submission.fingerprint;
    // Wait on if another process is sending it, or if Moov's answer could not be read and a worker is about to find the ticket.
    const isSoonKnown = () =>
      !isCorrected() &&
      ((current.state === 'sending' && attempt === undefined) ||
        (current.state === 'queued' && current.reason === 'unreadable'));
    while (isSoonKnown() && Date.now() + joinPollMs < filing.answerBy) {
      await new Promise((resolve) => setTimeout(resolve, joinPollMs));
      current = await reread(submission);
    }
    if (isCorrected()) return { kind: 'key-reused' };
    if (current.state === 'rejected' && current.problem !== undefined)
      return { kind: 'rejected', problem: current.problem };
    if (current.state === 'created' && current.ticketID !== undefined) {
      const left = Math.max(filing.answerBy - Date.now(), 100);
      const read = await moov.getTicket(current.accountID, current.asItself, current.ticketID, left);
      if (read.kind === 'ok') return { kind: 'created', ticket: read.value };
    }
    // A queued submission was marked as kept when it was queued.
    if (current.state === 'sending') await submissions.kept(current.submissionID);
    return { kind: 'kept', submission: current };
  }
  async function reread(submission: StoredSubmission): Promise<StoredSubmission> {
    return (await submissions.find(submission.accountID, submission.submissionID)) ?? submission;
  }

  return {
    /** Accepts a ticket, begins to send it unless Moov is down, and waits for the result until `answerBy`. */
    async file(filing: Filing): Promise<Filed> {
      const fingerprint = fingerprintOf(filing.ticket);
      const submissionID = randomUUID();
      const sending = moov.circuit.isDown() ? undefined : delivery.sending;
      const content = {
        fingerprint,
        payload: filing.ticket,
        foreignID: filing.ticket.foreignID ?? portalReference(submissionID),
        requestID: filing.requestID,
      };
      const heldSince = Date.now();
      const accepted = await submissions.accept(
        {
          submissionID,
          accountID: filing.accountID,
          personID: filing.personID,
          personName: filing.personName,
          idempotencyKey: filing.idempotencyKey,
          asItself: filing.asItself,
          ...content,
        },
        sending,
      );
      if (accepted !== undefined) {
        if (sending !== undefined) begin(accepted, heldSince);
        return answer(accepted, filing);
      }
      const known = await submissions.findByKey(filing.accountID, filing.personID, filing.idempotencyKey);
      if (known === undefined) throw new Error('a submission that stood in the way is gone');
      if (known.fingerprint === fingerprint) return answer(known, filing);
      const corrected = await submissions.acceptCorrected(
        known.submissionID,
        { ...content, foreignID: filing.ticket.foreignID ?? portalReference(known.submissionID) },
        sending,
      );
      if (corrected === undefined) {
        // Another request may have corrected it just now.
        const since = await submissions.findByKey(filing.accountID, filing.personID, filing.idempotencyKey);
        return since?.fingerprint === fingerprint ? answer(since, filing) : { kind: 'key-reused' };
      }
      if (sending !== undefined) begin(corrected, heldSince);
      return answer(corrected, filing);
    },
    /**
     * Resolves when the ledger has noted every ticket of an account that this process has answered as created, so that a reading of the
     * ledger shows it; after a second at the latest, so that a database that hangs does not make reading hang.
     */
    async recorded(accountID: string) {
      const pending = [...recording].flatMap(([recorded, of]) => (of === accountID ? [recorded] : []));
      if (pending.length > 0) await within(1_000, Promise.all(pending));
    },
    /** Resolves when the attempts of this process that are under way now have ended and the ledger has noted their results. */
    async settle() {
      await Promise.all([...underWay.values()].map(({ attempt }) => attempt));
      await Promise.all(recording.keys());
    },
  };
}
export type FilingDesk = ReturnType<typeof createFiling>;
