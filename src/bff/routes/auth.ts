import { type Context, Hono } from 'hono';
import { page } from '../../contract/paths.ts';
import type { Metrics } from '../guard/metrics.ts';
import { ProblemError } from '../guard/problem.ts';
import { type App, readText } from '../guard/request.ts';
import { hashOf, loginCookie, randomID, readCookie, sessionCookie, writeCookie } from '../identity/cookies.ts';
import { isAway, type Provider } from '../identity/provider.ts';
import { safeReturnTo } from '../identity/return-to.ts';
import { sessionHashOf } from '../identity/sessions.ts';
import type { Settings } from '../settings.ts';
import type { Sessions } from '../store/sessions.ts';

/** How long a person may take to sign in at the identity provider: long enough to find a second factor. */
const loginLifeSeconds = 15 * 60;

/**
 * `POST /auth/backchannel-logout`: the identity provider tells that somebody has signed out there. It is not a browser, so it proves
 * itself by the signature of its token instead of by an origin.
 */
export function backChannelRoutes(parts: { sessions: Sessions; provider: Provider }) {
  const { sessions, provider } = parts;
  return new Hono<App>().post('/backchannel-logout', async (c) => {
    let ended: Awaited<ReturnType<Provider['readLogoutToken']>>;
    try {
      const form = new URLSearchParams(await readText(c, 64 * 1024));
      ended = await provider.readLogoutToken(form.get('logout_token') ?? '');
    } catch (error) {
      // The body was too large, or has broken off.
      if (error instanceof ProblemError) throw error;
      c.get('log').warn({ err: error }, 'a logout token was refused');
      throw new ProblemError('malformed-request', { detail: 'The logout token is not valid.' });
    }
    const count = await sessions.endAll(ended, hashOf(ended.tokenID));
    c.get('log').info({ personID: ended.personID, count }, 'sessions ended by the identity provider');
    return c.body(null, 200);
  });
}

/** `/auth`: signing in and out. The identity provider's tokens never leave this process. */
export function authRoutes(parts: {
  settings: Settings;
  sessions: Sessions;
  provider: Provider;
  metrics: Pick<Metrics, 'signIn'>;
}) {
  const { settings, sessions, provider, metrics } = parts;
  /** Logs and counts that the identity provider cannot be reached. @returns the problem to throw */
  function away(c: Context<App>, error: unknown) {
    c.get('log').error({ err: error }, 'the identity provider cannot be reached');
    metrics.signIn('unavailable');
    return new ProblemError('upstream-unavailable', {
      title: 'Signing in is not possible right now',
      detail: 'The sign-in service cannot be reached. Try again in a minute.',
      retryAfter: 60,
    });
  }
  /** One step of a sign-in in the database. One that fails is counted: for people it is as if the provider were away. */
  const counted = <T>(step: Promise<T>): Promise<T> =>
    step.catch((error: unknown) => {
      metrics.signIn('unavailable');
      throw error;
    });
  return new Hono<App>()
    .get('/login', async (c) => {
      const returnTo = safeReturnTo(c.req.query('returnTo'), settings.PUBLIC_ORIGIN);
      c.set('returnTo', returnTo);
      const state = randomID();
      const nonce = randomID();
      let begun: Awaited<ReturnType<Provider['begin']>>;
      try {
        begun = await provider.begin(state, nonce);
      } catch (error) {
        throw away(c, error);
      }
      // One cookie serves all sign-ins of this browser (several tabs). Each sign-in has a row of its own, which can be used once.
      const browser = readCookie(c.req.header('cookie'), loginCookie) ?? randomID();
      await counted(
        sessions.beginLogin({
          stateHash: hashOf(state),
          browserHash: hashOf(browser),
          nonce,
          codeVerifier: begun.codeVerifier,
          returnTo,
          // The session cookie is SameSite=Strict and will not come with the way back from the provider: note now which session to replace.
          sessionHash: sessionHashOf(c),
          lifeSeconds: loginLifeSeconds,
        }),
      );
      c.header('set-cookie', writeCookie(loginCookie, browser, 'Lax', loginLifeSeconds));
      return c.redirect(begun.location, 303);
    })
    .get('/callback', async (c) => {
      const state = c.req.query('state');
      const browser = readCookie(c.req.header('cookie'), loginCookie);
      const login =
        state === undefined || browser === undefined
          ? undefined
          : await counted(sessions.takeLogin(hashOf(state), hashOf(browser)));
      if (state === undefined || login === undefined) {
        c.get('log').warn({}, 'a sign-in came back that this browser did not begin, or too late');
        metrics.signIn('outdated');
        throw new ProblemError('sign-in-outdated', {
          detail: 'It was begun in another browser, took too long, or was used already. Sign in again.',
        });
      }
      c.set('returnTo', login.returnTo);
      let identity: Awaited<ReturnType<Provider['complete']>>;
      try {
        identity = await provider.complete(
          new URL(c.req.url).search,
          { state, nonce: login.nonce, codeVerifier: login.codeVerifier },
          c.get('log'),
        );
      } catch (error) {
        if (isAway(error)) throw away(c, error);
        c.get('log').warn({ err: error }, 'a sign-in was not completed');
        metrics.signIn('refused');
        throw new ProblemError('sign-in-not-confirmed', {
          detail: 'The sign-in service did not confirm who you are, or you cancelled. Sign in again.',
        });
      }
      const id = randomID();
      await counted(
        sessions.begin({
          idHash: hashOf(id),
          replaces: [login.sessionHash, sessionHashOf(c)].filter((idHash) => idHash !== undefined),
          person: identity.person,
          role: identity.role,
          accountID: identity.accountID,
          providerSid: identity.providerSid,
          idleMinutes: settings.SESSION_IDLE_MINUTES,
          maxHours: settings.SESSION_MAX_HOURS,
        }),
      );
      c.get('log').info({ personID: identity.person.personID, role: identity.role }, 'signed in');
      metrics.signIn('ok');
      c.header('set-cookie', writeCookie(sessionCookie, id, 'Strict'));
      return c.redirect(login.returnTo, 303);
    })
    .post('/logout', async (c) => {
      const idHash = sessionHashOf(c);
      if (idHash !== undefined) await sessions.end(idHash);
      const location = await provider.endSession().catch((error: unknown) => {
        // The session here has ended. If the provider cannot be asked, the person is signed out of the portal all the same.
        c.get('log').warn({ err: error }, 'the identity provider cannot be reached to sign out there');
        return undefined;
      });
      c.header('set-cookie', writeCookie(sessionCookie, '', 'Strict', 0));
      c.header('clear-site-data', '"cache"');
      return c.json({ location: location ?? settings.PUBLIC_ORIGIN + page.signedOut() });
    });
}
