import { Hono } from 'hono';
import { answerJSON } from '../guard/answer.ts';
import { notFound, ProblemError } from '../guard/problem.ts';
import { type App, submissionIDOf } from '../guard/request.ts';
import type { Accounts } from '../identity/accounts.ts';
import { actingFor } from '../identity/sessions.ts';
import type { Submissions } from '../store/submissions.ts';
import type { FilingDesk } from '../submissions/filing.ts';
import { presentSubmission } from '../submissions/present.ts';

/**
 * `/api/accounts/:accountID/submissions`: lists what the portal has accepted and not delivered yet, shows one in any state, and
 * cancels one. DELETE of a rejected submission means that the person has read why: it leaves the list.
 */
export function submissionRoutes(parts: { submissions: Submissions; accounts: Accounts; filing: FilingDesk }) {
  const { submissions, accounts, filing } = parts;
  return new Hono<App>()
    .get('/', async (c) => {
      const { accountID } = await actingFor(c, accounts);
      await filing.recorded(accountID);
      return answerJSON(c, { items: (await submissions.waiting(accountID)).map(presentSubmission) });
    })
    .get('/:submissionID', async (c) => {
      const { accountID } = await actingFor(c, accounts);
      await filing.recorded(accountID);
      const found = await submissions.find(accountID, submissionIDOf(c));
      if (found === undefined) throw notFound();
      return answerJSON(c, presentSubmission(found));
    })
    .delete('/:submissionID', async (c) => {
      const { session, accountID } = await actingFor(c, accounts);
      const submissionID = submissionIDOf(c);
      const by = { personID: session.personID, personName: session.name, requestID: c.get('requestID') };
      const cancelled = await submissions.cancelled(accountID, submissionID, by);
      if (cancelled !== undefined) return answerJSON(c, presentSubmission(cancelled));
      const found = await submissions.find(accountID, submissionID);
      if (found === undefined) throw notFound();
      if (found.state === 'cancelled') return answerJSON(c, presentSubmission(found));
      if (found.state === 'rejected') {
        await submissions.dismissed(accountID, submissionID, by);
        return answerJSON(c, presentSubmission(found));
      }
      throw new ProblemError('not-cancellable', {
        detail:
          found.state === 'created'
            ? 'It has been delivered: close the ticket instead.'
            : 'It may have arrived already. Wait until that is known; then cancel it, or close the ticket.',
      });
    });
}
