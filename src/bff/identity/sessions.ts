import type { Context, MiddlewareHandler } from 'hono';
import { readID } from '../../contract/paths.ts';
import { notFound, ProblemError } from '../guard/problem.ts';
import type { App } from '../guard/request.ts';
import { explainNoAccounts } from '../moov/explain.ts';
import type { Settings } from '../settings.ts';
import type { Sessions, StoredSession } from '../store/sessions.ts';
import type { Accounts } from './accounts.ts';
import { hashOf, readCookie, sessionCookie } from './cookies.ts';

/** How often the idle end of a session is moved on, at most: once a minute, or, if the idle time is short, every tenth of it (ms). */
const slideEveryMs = (idleMinutes: number) => Math.min(60_000, idleMinutes * 6_000);

/** The hash of the session id in a request's cookie, whether such a session exists or not; undefined without such a cookie. */
export function sessionHashOf(c: Context<App>): string | undefined {
  const known = c.get('sessionHash');
  if (known !== undefined) return known;
  const id = readCookie(c.req.header('cookie'), sessionCookie);
  if (id === undefined) return undefined;
  const idHash = hashOf(id);
  c.set('sessionHash', idHash);
  return idHash;
}

/** The session of a request, or undefined if it has none or the session has ended. Does not prolong it. */
export async function findSession(c: Context<App>, sessions: Sessions): Promise<StoredSession | undefined> {
  const idHash = sessionHashOf(c);
  return idHash === undefined ? undefined : sessions.find(idHash);
}

/**
 * Middleware that requires a session. If the page says for which person it is open (`x-person`), the session must be that person's:
 * somebody else may have signed in in another tab since. A call prolongs the session, unless the page made it by itself
 * (`x-background: 1`): an open page alone must not keep a session alive.
 * @throws {ProblemError} 401
 */
export function requireSession(
  sessions: Sessions,
  settings: Pick<Settings, 'SESSION_IDLE_MINUTES'>,
): MiddlewareHandler<App> {
  return async (c, next) => {
    const session = await findSession(c, sessions);
    if (session === undefined)
      throw new ProblemError('not-signed-in', {
        detail: 'Your session has ended, or you have not signed in. Sign in to go on; what you wrote is kept.',
      });
    const openFor = c.req.header('x-person');
    if (openFor !== undefined && openFor !== encodeURIComponent(session.personID))
      throw new ProblemError('somebody-else-signed-in', {
        detail: 'It was in this browser, since you opened this page. Nothing was done; sign in as yourself to go on.',
      });
    c.set('session', session);
    c.get('log').about.personID = session.personID;
    const idHash = sessionHashOf(c);
    if (
      idHash !== undefined &&
      c.req.header('x-background') === undefined &&
      Date.now() - session.seenAt.getTime() > slideEveryMs(settings.SESSION_IDLE_MINUTES)
    )
      await sessions.slide(idHash, settings.SESSION_IDLE_MINUTES);
    await next();
  };
}

/**
 * Checks the session again just before something is changed: a slow body may take seconds to arrive, and the session may have ended
 * in that time.
 * @throws {ProblemError} 401
 */
export async function requireSessionStill(c: Context<App>, sessions: Sessions): Promise<void> {
  if ((await findSession(c, sessions)) === undefined)
    throw new ProblemError('not-signed-in', {
      detail: 'Your session ended while this was being sent. Nothing was done; sign in and send it again.',
    });
}

/** The session that `requireSession` found. @throws when the route is not below `requireSession` */
export function sessionOf(c: Context<App>): StoredSession {
  const session = c.get('session');
  if (session === undefined) throw new Error('a route that needs a session stands outside requireSession');
  return session;
}

/**
 * The account in a route's path, after checking that this person may act for it.
 * @returns the session, the account, and `asItself`: whether a merchant acts for the own account (which decides the scopes at Moov)
 * @throws {ProblemError} 404 if the person may not, the same as for an account that does not exist; 503 or 504 when Moov cannot be asked
 */
export async function actingFor(
  c: Context<App>,
  accounts: Accounts,
): Promise<{ session: StoredSession; accountID: string; asItself: boolean }> {
  const session = sessionOf(c);
  const accountID = readID(c.req.param('accountID'));
  if (accountID === undefined) throw notFound();
  const allowed = await accounts.mayAct(session, accountID);
  if (allowed.kind !== 'ok') throw explainNoAccounts(allowed);
  if (!allowed.value) {
    c.get('log').warn({ accountID }, 'a person asked for an account that is not theirs');
    throw notFound();
  }
  c.get('log').about.accountID = accountID;
  return { session, accountID, asItself: session.role === 'merchant' };
}
