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

/** A ticket that somebody files, and by when they must hear of it. */
export type Filing = {
  accountID: string;
  personID: string;
  personName: string;
  /** true when a merchant files for the own account */
  asItself: boolean;
  idempotencyKey: string;
  /** checked and cleaned */
  ticket: NewTicket;
  requestID: string;
  /** when the browser must have its answer (ms since 1970) */
  answerBy: number;
};

/** What the person is told. */
export type Filed =
  | { kind: 'created'; ticket: Ticket }
  | { kind: 'kept'; submission: StoredSubmission }
  | { kind: 'rejected'; problem: Problem }
  /** the key was used for another content */
  | { kind: 'key-reused' };

const joinPollMs = 100;

/** Accepts tickets once: the ledger decides every race, and everybody with the same key gets the same outcome. */
export function createFiling(parts: {
  settings: Pick<Settings, 'ANSWER_WITHIN_MS'>;
  moov: Moov;
  submissions: Submissions;
  delivery: Delivery;
  log: Logger;
}) {
  const { moov, submissions, delivery, log } = parts;
  /** The attempts of this process, until the ledger knows what became of them: equal requests join them without asking the ledger. */
  const underWay = new Map<string, Promise<Delivered>>();
  /** The account of each ticket that was answered as created, while the ledger is still noting it. */
  const recording = new Map<Promise<void>, string>();

  function begin(submission: StoredSubmission, heldSince: number): void {
    const { submissionID, accountID } = submission;
    const attempt = delivery.sendFirst(submission, heldSince).catch((error: unknown): Delivered => {
      // The ledger holds it: when the lease runs out a worker takes it up.
      log.error({ err: error, submissionID }, 'sending a ticket failed; it is kept');
      return { kind: 'kept' };
    });
    underWay.set(submissionID, attempt);
    void attempt.then(async (delivered) => {
      if (delivered.kind === 'created' && delivered.recorded !== undefined) {
        recording.set(delivered.recorded, accountID);
        await delivered.recorded;
        recording.delete(delivered.recorded);
      }
      underWay.delete(submissionID);
    });
  }

  async function answer(submission: StoredSubmission, filing: Filing): Promise<Filed> {
    const attempt = underWay.get(submission.submissionID);
    const delivered = attempt === undefined ? undefined : await within(filing.answerBy - Date.now(), attempt);
    if (delivered?.kind === 'created') return { kind: 'created', ticket: delivered.ticket };
    if (delivered?.kind === 'rejected') return { kind: 'rejected', problem: delivered.problem };
    let current = await reread(submission);
    // Another process may be sending it, or a worker finding what Moov has taken without a readable answer.
    const isSoonKnown = () =>
      (current.state === 'sending' && attempt === undefined) ||
      (current.state === 'queued' && current.reason === 'unreadable');
    while (isSoonKnown() && Date.now() + joinPollMs < filing.answerBy) {
      await new Promise((resolve) => setTimeout(resolve, joinPollMs));
      current = await reread(submission);
    }
    if (current.state === 'rejected' && current.problem !== undefined)
      return { kind: 'rejected', problem: current.problem };
    if (current.state === 'created' && current.ticketID !== undefined) {
      const left = Math.max(filing.answerBy - Date.now(), 100);
      const read = await moov.getTicket(current.accountID, current.asItself, current.ticketID, left);
      if (read.kind === 'ok') return { kind: 'created', ticket: read.value };
    }
    // What is queued is noted as kept with that.
    if (current.state === 'sending') await submissions.kept(current.submissionID);
    return { kind: 'kept', submission: current };
  }
  async function reread(submission: StoredSubmission): Promise<StoredSubmission> {
    return (await submissions.find(submission.accountID, submission.submissionID)) ?? submission;
  }

  return {
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
     * Resolves when the ledger knows of every ticket of an account that this process has answered as created, or after a second:
     * a database that hangs must not make reading hang.
     */
    async recorded(accountID: string) {
      const pending = [...recording].flatMap(([recorded, of]) => (of === accountID ? [recorded] : []));
      if (pending.length > 0) await within(1_000, Promise.all(pending));
    },
    /** Resolves when no attempt of this process is under way, and the ledger knows what became of them. */
    async settle() {
      await Promise.all(underWay.values());
      await Promise.all(recording.keys());
    },
  };
}
export type FilingDesk = ReturnType<typeof createFiling>;
