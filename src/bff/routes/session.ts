import { Hono } from 'hono';
import type { Session } from '../../contract/session.ts';
import type { Hub } from '../events/hub.ts';
import { answerJSON } from '../guard/answer.ts';
import { ProblemError } from '../guard/problem.ts';
import type { App } from '../guard/request.ts';
import type { Accounts } from '../identity/accounts.ts';
import { findSession } from '../identity/sessions.ts';
import type { Settings } from '../settings.ts';
import type { Sessions } from '../store/sessions.ts';

/** `GET /api/session`: who is signed in. Asking does not prolong the session. */
export function sessionRoutes(parts: { settings: Settings; sessions: Sessions; accounts: Accounts; hub: Hub }) {
  const { settings, sessions, accounts, hub } = parts;
  return new Hono<App>().get('/', async (c) => {
    const session = await findSession(c, sessions);
    if (session === undefined) throw new ProblemError('not-signed-in', { detail: 'You are not signed in.' });
    const answer: Session = {
      user: {
        id: session.personID,
        name: session.name,
        ...(session.email !== undefined && { email: session.email }),
        role: session.role,
      },
      ...(session.accountID !== undefined && { account: await accounts.describe(session.accountID) }),
      ...(session.role === 'partner' && { partnerAccountID: settings.MOOV_PARTNER_ACCOUNT_ID }),
      newsAfter: hub.position(),
      idleEndsOn: session.idleEndsAt.toISOString(),
      endsOn: session.endsAt.toISOString(),
    };
    return answerJSON(c, answer);
  });
}
