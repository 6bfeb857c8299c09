import type { Logger } from 'pino';
import type { WaitingReason } from '../../contract/submission.ts';
import type { Moov } from '../moov/moov.ts';
import type { Audit } from '../store/audit.ts';
import type { StoredSubmission, Submissions } from '../store/submissions.ts';
import { earliestArrival } from './look.ts';

const sinceHours = 48;
const mostAtOnce = 200;
const mostPassedOver = 1_000;
/** Of these answers the next list would get the same. */
const forEveryList: ReadonlySet<WaitingReason> = new Set(['rate-limited', 'unauthorized', 'circuit-open']);

/** What looking for doubles takes. */
export type Reconciling = {
  submissions: Pick<Submissions, 'toReconcile' | 'claimedByOthers' | 'reconciled'>;
  audit: Pick<Audit, 'record'>;
  moov: Pick<Moov, 'listTickets' | 'clockAheadMs'>;
  log: Pick<Logger, 'error'>;
};

/**
 * Looks upstream for tickets that were filed twice: every submission that took more than one attempt is listed by its
 * reference, and a second ticket that belongs to no other submission and was created at about the same time is reported
 * as an alert. Nothing is ever closed: a person decides.
 * @returns how many doubles were reported
 */
export async function findDoubles(parts: Reconciling): Promise<number> {
  let [reported, lookedAt, passedOver] = [0, 0, 0];
  // Those whose list does not come, such as those of an account that is closed, must not keep the others from being looked at.
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
 * @returns how many doubles of these were reported, of how many of these nothing could be found out, and whether Moov takes no call for
 *   now, so that the rest of these were not looked at
 */
async function findDoublesOf(those: readonly StoredSubmission[], { submissions, audit, moov, log }: Reconciling) {
  let reported = 0;
  let passedOver = 0;
  for (const submission of those) {
    const listed = await moov.listTickets(submission.accountID, submission.asItself, {
      foreignID: submission.foreignID,
      count: 200,
    });
    if (listed.kind === 'unclear' && forEveryList.has(listed.reason))
      return { reported, passedOver, isTurnedAway: true };
    if (listed.kind !== 'ok') {
      passedOver += 1;
      continue;
    }
    const own = listed.value.items.find((ticket) => ticket.ticketID === submission.ticketID);
    const since = earliestArrival(submission, moov);
    const alike = listed.value.items.filter(
      (ticket) =>
        ticket.ticketID !== submission.ticketID &&
        ticket.foreignID === submission.foreignID &&
        ticket.title === own?.title &&
        Date.parse(ticket.createdOn) >= since,
    );
    const taken = await submissions.claimedByOthers(
      submission.accountID,
      submission.submissionID,
      alike.map((ticket) => ticket.ticketID),
    );
    const doubles = alike.filter((ticket) => !taken.has(ticket.ticketID));
    // Of several instances that look at the same time one reports.
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
