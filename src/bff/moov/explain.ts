import type { WaitingReason } from '../../contract/submission.ts';
import { inSeconds, nothingHere, ProblemError } from '../guard/problem.ts';
import type { Refused, Unclear } from './outcome.ts';

/** What was tried, for the sentences below. */
type Attempted = 'file' | 'read' | 'close';

const forbidden: Record<Attempted, string> = {
  file: 'Moov does not let this portal file tickets for this account. Nothing was filed, and your text is kept. Ask your administrator to check the access of the account, and quote the reference.',
  read: 'Moov does not let this portal read tickets of this account. Ask your administrator to check the access of the account, and quote the reference.',
  close:
    'Moov does not let this portal close tickets of this account. Ask your administrator to check the access of the account, and quote the reference.',
};
const missing: Record<Attempted, string> = {
  file: 'Moov does not know this account any more. Nothing was filed, and your text is kept. Ask your administrator whether the account is still connected, and quote the reference.',
  read: nothingHere,
  close: 'Moov does not know this ticket any more. Go back to the list to see what is there.',
};

/** The problem for a refusal by Moov, in Moov's own words if it gave any. */
export function explainRefusal(refused: Refused, attempted: Attempted): ProblemError {
  const reference = refused.upstreamRequestID === undefined ? {} : { upstreamRequestID: refused.upstreamRequestID };
  switch (refused.status) {
    case 403:
      return new ProblemError('forbidden-upstream', { detail: forbidden[attempted], ...reference });
    case 404:
      return new ProblemError('not-found-upstream', { detail: missing[attempted], ...reference });
    case 409:
      return new ProblemError('conflict', {
        detail: refused.error ?? 'Moov says that this conflicts with what is there already.',
        ...reference,
      });
    case 422:
      // Only somebody who files has a form with fields to mark. For other calls Moov's sentences go into `detail`.
      if (attempted !== 'file')
        return new ProblemError('refused', {
          status: 422,
          detail:
            refused.error ??
            (Object.values(refused.fields ?? {}).join(' ') || 'Moov did not accept this, and does not say why.'),
          fields: refused.fields ?? {},
          ...reference,
        });
      return new ProblemError('invalid', {
        detail:
          refused.error ??
          (Object.keys(refused.fields ?? {}).length > 0
            ? 'Moov did not accept some of what was entered. It says of each field what is wrong.'
            : 'Moov did not accept what was entered, and does not say which part of it. Check it, and quote the reference if it happens again.'),
        fields: refused.fields ?? {},
        ...reference,
      });
    default:
      return new ProblemError('refused', {
        status: refused.status,
        detail:
          refused.error ??
          'Moov could not accept the request as it is. Check what was entered, and quote the reference if it happens again.',
        ...reference,
      });
  }
}

const why: Partial<Record<WaitingReason, string>> = {
  'rate-limited': 'Moov is receiving too many requests right now.',
  unauthorized: 'Moov does not accept the credentials of this portal right now; its operators have been alerted.',
  unreadable: 'Moov has answered in a way that this portal cannot read.',
};

/** The problem for a call that got no definite answer. For all calls but filing, which the portal keeps and repeats by itself. */
export function explainUnclear(unclear: Unclear): ProblemError {
  const reference = unclear.upstreamRequestID === undefined ? {} : { upstreamRequestID: unclear.upstreamRequestID };
  const retryAfter = Math.ceil((unclear.retryAfterMs ?? 5_000) / 1000);
  if (unclear.reason === 'timeout')
    return new ProblemError('upstream-timeout', {
      detail: `Moov did not answer in time. Try again ${inSeconds(retryAfter)}.`,
      retryAfter,
      ...reference,
    });
  const cannot =
    unclear.status === undefined ? 'Moov cannot be reached right now.' : 'Moov cannot answer this right now.';
  return new ProblemError('upstream-unavailable', {
    detail: `${why[unclear.reason] ?? cannot} Try again ${inSeconds(retryAfter)}.`,
    retryAfter,
    ...reference,
  });
}

/**
 * The problem for a list of accounts that Moov did not give. That it refused the list is about this portal's key, and says nothing about
 * the person or an account.
 */
export const explainNoAccounts = (outcome: Refused | Unclear): ProblemError =>
  explainUnclear(
    outcome.kind === 'unclear'
      ? outcome
      : {
          kind: 'unclear',
          reason: 'unavailable',
          mayHaveArrived: false,
          status: outcome.status,
          ...(outcome.upstreamRequestID !== undefined && { upstreamRequestID: outcome.upstreamRequestID }),
        },
  );
