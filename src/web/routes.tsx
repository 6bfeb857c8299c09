import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, Suspense, useEffect, useState } from 'react';
import { Redirect, Route, Switch, useLocation, useRoute } from 'wouter';
import type { Account } from '../contract/account.ts';
import { page, pattern, readID, ticketIDPattern } from '../contract/paths.ts';
import type { Problem } from '../contract/problem.ts';
import type { Session } from '../contract/session.ts';
import { pageTakenOver } from './api/hydration.ts';
import { problemOf } from './api/request.ts';
import { newsAfter, useSession } from './api/session.ts';
import { useAccount } from './layout/account-name.ts';
import { CrashBoundary } from './layout/crash-boundary.tsx';
import { Frame } from './layout/frame.tsx';
import { SubmissionPage, TicketPage } from './tickets/later-pages.ts';
import { isTypedInto } from './tickets/new-ticket-browser.ts';
import { NewTicketPage } from './tickets/new-ticket-page.tsx';
import { aside, later } from './ui/later.ts';
import { Skeleton } from './ui/skeleton.tsx';
import { commonWords } from './words/common.ts';
import { layoutWords } from './words/layout.ts';

// The new-ticket page is part of the main program, since most people open it first. All other pages are loaded when they are shown.
const AccountsPage = later(async () => (await import('./accounts/accounts-page.tsx')).AccountsPage);
const TicketsPage = later(async () => (await import('./tickets/tickets-page.tsx')).TicketsPage);
const WaitingAcross = aside(async () => (await import('./tickets/tickets-page-across.tsx')).WaitingAcross);
const AccountSwitch = aside(async () => (await import('./accounts/account-switch.tsx')).AccountSwitch);
const standIns = () => import('./layout/stand-in-pages.ts');
const SignInPage = later(async () => (await standIns()).SignInPage);
const SignedOutPage = later(async () => (await standIns()).SignedOutPage);
const SignInFailedPage = later(async () => (await standIns()).SignInFailedPage);
const NoAccessPage = later(async () => (await standIns()).NoAccessPage);
const NotFoundPage = later(async () => (await standIns()).NotFoundPage);
const ProblemNotice = later(async () => (await import('./layout/problem-notice.tsx')).ProblemNotice);
const loadingPage = <Skeleton label={commonWords.loading} lines={6} />;

const drafts = () => import('./tickets/draft.ts');
const recentAccounts = () => import('./accounts/recent-accounts.ts');
/** What the submission page does with the copy of a sent ticket. The code for drafts is loaded only when it is needed. */
const sentCopy = {
  restore: async (submissionID: string, userID: string, problem?: Problem) =>
    (await drafts()).restoreSent(submissionID, userID, problem),
  drop: async (submissionID: string) => (await drafts()).dropSent(submissionID),
};
/** What signing out does with the texts on this device: counts those that would be lost, and deletes them all. */
const unsent = {
  count: async (userID: string) => (await drafts()).unsent(userID),
  async wipe(userID: string) {
    (await recentAccounts()).forgetRecentAccounts(userID);
    await (await drafts()).wipeDrafts(userID);
  },
};

/** The whole portal: the frame, and the page that belongs to the address. */
export function Routes() {
  const [path, navigate] = useLocation();
  const { state, session } = useSession();
  const accountID = useAccountID();
  const [filing, newTicket] = useRoute(pattern.newTicket);
  useLiveNews(session);
  useRecentAccounts(session, accountID);
  // Here and not in the page: if that fails to render, the frame around it still needs answers.
  useEffect(() => pageTakenOver(), []);

  /** Goes to another account: from the new-ticket form to its form, from any other page to its tickets. */
  const switchTo = (account: Account) =>
    navigate(filing ? page.newTicket(account.accountID) : page.tickets(account.accountID));

  return (
    <Frame
      session={session}
      signedOut={state === 'signed-out'}
      accountID={accountID}
      unsent={unsent}
      accountSwitch={
        // The key closes it on going to another page, by Back for instance.
        session?.user.role === 'partner' && <AccountSwitch key={path} userID={session.user.id} onChoose={switchTo} />
      }
    >
      <CrashBoundary key={path}>
        {/* Not inside a Suspense, so that React hydrates the form in the same pass as the frame. A Suspense boundary is hydrated
            later: the session may be known by then, and what React renders would no longer match the HTML. */}
        {filing ? (
          <NewTicketScreen id={newTicket.accountID} />
        ) : (
          <Suspense fallback={loadingPage}>
            <Switch>
              <Route path={pattern.signedOut}>
                {session === undefined ? <SignedOutPage /> : <Home session={session} />}
              </Route>
              <Route path={pattern.signInFailed}>
                <SignInFailedPage />
              </Route>
              <Route path={pattern.home}>
                <SignedIn>{(who) => <Home session={who} />}</SignedIn>
              </Route>
              <Route path={pattern.accounts}>
                <SignedIn>
                  {(who) =>
                    who.user.role === 'partner' ? (
                      <AccountsPage
                        userID={who.user.id}
                        partnerAccountID={who.partnerAccountID}
                        waiting={(accounts) => <WaitingAcross accounts={accounts} />}
                      />
                    ) : (
                      <Home session={who} />
                    )
                  }
                </SignedIn>
              </Route>
              <Route path={pattern.account}>
                {(params) => <Redirect to={page.tickets(params.accountID)} replace />}
              </Route>
              <Route path={pattern.tickets}>
                {(params) => (
                  <InAccount id={params.accountID}>{(id) => <TicketsPage key={id} accountID={id} />}</InAccount>
                )}
              </Route>
              <Route path={pattern.ticket}>
                {({ accountID: id, ticketID }) => (
                  <InAccount id={id} exists={ticketIDPattern.test(ticketID)}>
                    {(account) => <TicketPage key={ticketID} accountID={account} ticketID={ticketID} />}
                  </InAccount>
                )}
              </Route>
              <Route path={pattern.submission}>
                {({ accountID: id, submissionID }) => (
                  <InAccount id={id} exists={readID(submissionID) !== undefined}>
                    {(account) => (
                      <SubmissionPage
                        key={submissionID}
                        accountID={account}
                        submissionID={submissionID}
                        sentCopy={sentCopy}
                      />
                    )}
                  </InAccount>
                )}
              </Route>
              <Route>
                <NotFoundPage />
              </Route>
            </Switch>
          </Suspense>
        )}
      </CrashBoundary>
    </Frame>
  );
}

/** The id of the account in the address, in lower case; undefined when there is none, or when it is not a valid id. */
function useAccountID(): string | undefined {
  const [, params] = useRoute('/accounts/:accountID/*');
  return readID(params?.accountID);
}

/**
 * Shows its children only to a signed-in person with a role. To anybody else it shows the page that says what is missing (signing in,
 * a role), and until the session is known a placeholder, or the problem why it cannot be known.
 */
function SignedIn({ children }: { children: (session: Session) => ReactNode }) {
  const { state, session, error, refetch } = useSession();
  if (session !== undefined) {
    return session.user.role === null ? <NoAccessPage user={session.user} /> : children(session);
  }
  if (state !== 'unknown') return <SignInPage expired={state === 'expired'} />;
  if (error === null) return loadingPage;
  return (
    <ProblemNotice problem={problemOf(error)} onRetry={() => void refetch()}>
      <p>{layoutWords.sessionUnknown}</p>
    </ProblemNotice>
  );
}

type InAccountProps = {
  id: string;
  /** false when another id in the address, that of a ticket or a submission, is not valid */
  exists?: boolean;
  children: (accountID: string) => ReactNode;
};

/** Shows a page of an account that this person may see. Any other account is “not found”, whether it exists or not. */
function InAccount({ id, exists = true, children }: InAccountProps) {
  const accountID = readID(id);
  const { missing } = useAccount(accountID);
  return (
    <SignedIn>
      {() => (accountID === undefined || missing || !exists ? <NotFoundPage /> : children(accountID))}
    </SignedIn>
  );
}

/**
 * The new-ticket page, or the page that must be shown in its place. Unlike other pages it is shown before the session is known, so
 * that people can type at once. It also stays when the session ends while somebody writes: the form itself says so then. While the
 * form holds text that its program has not read yet, and which is therefore in no draft, no other page replaces it.
 */
function NewTicketScreen({ id }: { id: string }) {
  const [taken, setTaken] = useState(false);
  const accountID = readID(id);
  const { state, session } = useSession();
  const { name, missing } = useAccount(accountID);
  // Somebody who loses access to the account while writing keeps the form, with their text. They are told when they submit.
  const [known, setKnown] = useState<string>();
  const access = `${session?.user.id} ${accountID}`;
  if (name !== undefined && access !== known) setKnown(access);
  const standIn =
    state === 'signed-out' ? (
      <SignInPage expired={false} />
    ) : session?.user.role === null ? (
      <NoAccessPage user={session.user} />
    ) : (
      (accountID === undefined || (missing && access !== known)) && <NotFoundPage />
    );
  if (accountID === undefined || (standIn !== false && (taken || !isTypedInto())))
    return <Suspense fallback={loadingPage}>{standIn}</Suspense>;
  return <NewTicketPage key={accountID} accountID={accountID} onTaken={() => setTaken(true)} />;
}

/** The start page. Redirects partner staff to their accounts and merchants to their tickets. */
function Home({ session }: { session: Session }) {
  if (session.user.role === 'partner') return <Redirect to={page.accounts()} replace />;
  if (session.account !== undefined) return <Redirect to={page.tickets(session.account.accountID)} replace />;
  return <NoAccessPage user={session.user} />;
}

const liveNewsRetryMs = 15_000;

/** Follows live news for as long as somebody is signed in. The code for this is loaded a second after the page is shown. */
function useLiveNews(session: Session | undefined) {
  const client = useQueryClient();
  const userID = session?.user.role === null ? undefined : session?.user.id;
  useEffect(() => {
    if (userID === undefined) return;
    let stop: (() => void) | undefined;
    let over = false;
    // Everything on the screen was read after the answer about the session, so only news after that answer can change it.
    const after = newsAfter(client);
    let begin: ReturnType<typeof setTimeout>;
    const load = (afterMs: number) => {
      begin = setTimeout(() => {
        import('./tickets/ticket-queries-live.ts').then(
          ({ keepTicketsFresh }) => {
            if (!over) stop = keepTicketsFresh(client, after);
          },
          // The code could not be loaded, for example without a network. Until it can, the page works without live news.
          () => {
            if (!over) load(liveNewsRetryMs);
          },
        );
      }, afterMs);
    };
    load(1_000);
    return () => {
      over = true;
      clearTimeout(begin);
      stop?.();
    };
  }, [client, userID]);
}

/** Remembers on this device which accounts partner staff have visited, so that these come first in lists of accounts. */
function useRecentAccounts(session: Session | undefined, accountID: string | undefined) {
  const { name } = useAccount(accountID);
  const userID = session?.user.role === 'partner' ? session.user.id : undefined;
  useEffect(() => {
    if (userID === undefined || accountID === undefined || name === undefined) return;
    // Only a convenience: when the code cannot be loaded, nothing is remembered.
    recentAccounts().then(
      ({ rememberAccount }) => rememberAccount(userID, accountID, name),
      () => undefined,
    );
  }, [userID, accountID, name]);
}
