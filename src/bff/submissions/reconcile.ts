import type { Logger } from 'pino';
import type { WaitingReason } from '../../contract/submission.ts';
import type { Moov } from '../moov/moov.ts';
import type { Audit } from '../store/audit.ts';
import type { StoredSubmission, Submissions } from '../store/submissions.ts';
import { isBefore, listWithReference } from './look.ts';

/** Submissions settled before that are not looked at any more. */
const sinceHours = 48;
const mostAtOnce = 200;
const mostPassedOver = 1_000;
/** Results that the list of the next submission would have too, so that it is not worth asking for. */
const forEveryList: ReadonlySet<WaitingReason> = new Set(['rate-limited', 'unauthorized', 'circuit-open']);

/** What `findDoubles` needs. */
export type Reconciling = {
  submissions: Pick<Submissions, 'toReconcile' | 'claimedByOthers' | 'reconciled'>;
  audit: Pick<Audit, 'record'>;
  moov: Pick<Moov, 'listTickets' | 'clockAheadMs'>;
  log: Pick<Logger, 'error'>;
};

/**
 * Looks at Moov for tickets that were filed twice. For every submission that took more than one attempt it lists the tickets with the
 * same reference, back to the first attempt. A second one with the same title that no other submission has claimed is reported as an
 * alert and in the audit trail. Nothing is closed: a person decides.
 * @returns how many doubles were reported
 */
export async function findDoubles(parts: Reconciling): Promise<number> {
  let [reported, lookedAt, passedOver] = [0, 0, 0];
  // Submissions whose list cannot be had, for example of a closed account, are passed over, so that they do not hold up the others.
  while (lookedAt < mostAtOnce && passedOver < mostPassedOver) {
    const those = await parts.submissions.toReconcile(sinceHours, mostAtOnce, passedOver);
    const looked = await findDoublesOf(those, parts);
    reported += looked.reported;
    lookedAt += those.length - looked.passedOver;
    passedOver += looked.passedOver;
    if (looked.isTurnedAway || those.length < mostAtOnce) break;
  }
  return reported;
}

/**
 * Looks for doubles of these submissions.
 * @returns `reported`: how many doubles; `passedOver`: how many had no list, or only a part; `isTurnedAway`: whether Moov takes no calls
 *   at the moment, so that the rest were not looked at
 */
async function findDoublesOf(those: readonly StoredSubmission[], { submissions, audit, moov, log }: Reconciling) {
  let reported = 0;
  let passedOver = 0;
  for (const submission of those) {
    const listed = await listWithReference(submission, moov);
    // A 404 for a token may be about its account alone, which was closed for example.
    if (listed.kind === 'unclear' && forEveryList.has(listed.reason) && listed.status !== 404)
      return { reported, passedOver, isTurnedAway: true };
    if (listed.kind !== 'ok') {
      passedOver += 1;
      continue;
    }
    const { tickets, earliest, isReadToItsEnd } = listed.value;
    const own = tickets.find((ticket) => ticket.ticketID === submission.ticketID);
    const alike = tickets.filter(
      (ticket) =>
        ticket.ticketID !== submission.ticketID &&
        ticket.foreignID === submission.foreignID &&
        ticket.title === own?.title &&
        !isBefore(ticket.createdOn, earliest),
    );
    const taken = await submissions.claimedByOthers(
      submission.accountID,
      submission.submissionID,
      alike.map((ticket) => ticket.ticketID),
    );
    const doubles = alike.filter((ticket) => !taken.has(ticket.ticketID));
    // The rest of the list may have one.
    if (!isReadToItsEnd && doubles.length === 0) {
      passedOver += 1;
      continue;
    }
    // If several instances look at the same time, only one of them reports.
    if (!(await submissions.reconciled(submission.submissionID))) continue;
    for (const double of doubles) {
      reported += 1;
      log.error(
        {
          submissionID: submission.submissionID,
          accountID: submission.accountID,
          ticketID: submission.ticketID,
          doubleID: double.ticketID,
        },
        'ALERT a ticket seems to have been filed twice: compare the two and close one by hand',
      );
      await audit.record({
        personID: submission.personID,
        personName: submission.personName,
        accountID: submission.accountID,
        action: 'double-found',
        submissionID: submission.submissionID,
        ticketID: double.ticketID,
        requestID: submission.requestID,
      });
    }
  }
  return { reported, passedOver, isTurnedAway: false };
}
