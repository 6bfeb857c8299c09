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

// The form, the first page for most, does not wait for the others.
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
/** What the page of a submission needs of the drafts. */
const sentCopy = {
  restore: async (submissionID: string, userID: string, problem?: Problem) =>
    (await drafts()).restoreSent(submissionID, userID, problem),
  drop: async (submissionID: string) => (await drafts()).dropSent(submissionID),
};
/** What signing out needs of them. */
const unsent = {
  count: async (userID: string) => (await drafts()).unsent(userID),
  async wipe(userID: string) {
    (await recentAccounts()).forgetRecentAccounts(userID);
    await (await drafts()).wipeDrafts(userID);
  },
};

/** Every screen of the portal, on one page. */
export function Routes() {
  const [path, navigate] = useLocation();
  const { state, session } = useSession();
  const accountID = useAccountID();
  const [filing, newTicket] = useRoute(pattern.newTicket);
  useLiveNews(session);
  useRecentAccounts(session, accountID);

  /** Another account is shown the same way: its form when one was writing, else its tickets. */
  const switchTo = (account: Account) =>
    navigate(filing ? page.newTicket(account.accountID) : page.tickets(account.accountID));

  return (
    <Frame
      session={session}
      signedOut={state === 'signed-out'}
      accountID={accountID}
      unsent={unsent}
      accountSwitch={session?.user.role === 'partner' && <AccountSwitch userID={session.user.id} onChoose={switchTo} />}
    >
      <CrashBoundary key={path}>
        {/* Outside of every Suspense, so that the form in the HTML is taken over in one go with the frame: a part that
            is taken over later may know the session by then, and would no longer match what is there. */}
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

/** The account in the address, in its one spelling; undefined where there is none or it cannot exist. */
function useAccountID(): string | undefined {
  const [, params] = useRoute('/accounts/:accountID/*');
  return readID(params?.accountID);
}

/** What only a signed-in person with a role sees; for anybody else, what is missing. */
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
  /** false where another id of the address is none */
  exists?: boolean;
  children: (accountID: string) => ReactNode;
};

/** A page of an account that this person may see; not found for any other, existing or not. */
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
 * The form is there before it is known who is signed in, so that it can be typed into at once, and stays as it is when
 * the session ends in the middle of it: it says so itself. What was typed before its program has come is in no draft yet,
 * and nothing takes its place until then.
 */
function NewTicketScreen({ id }: { id: string }) {
  useEffect(() => pageTakenOver(), []);
  const [taken, setTaken] = useState(false);
  const accountID = readID(id);
  const { state, session } = useSession();
  const { name, missing } = useAccount(accountID);
  // Who may not file for it any more is told so when they submit: what they are writing is not taken from them.
  const [known, setKnown] = useState<string>();
  if (name !== undefined && accountID !== known) setKnown(accountID);
  const standIn =
    state === 'signed-out' ? (
      <SignInPage expired={false} />
    ) : session?.user.role === null ? (
      <NoAccessPage user={session.user} />
    ) : (
      (accountID === undefined || (missing && accountID !== known)) && <NotFoundPage />
    );
  if (accountID === undefined || (standIn !== false && (taken || !isTypedInto())))
    return <Suspense fallback={loadingPage}>{standIn}</Suspense>;
  return <NewTicketPage key={accountID} accountID={accountID} onTaken={() => setTaken(true)} />;
}

/** The start page leads to where the person's work is. */
function Home({ session }: { session: Session }) {
  if (session.user.role === 'partner') return <Redirect to={page.accounts()} replace />;
  if (session.account !== undefined) return <Redirect to={page.tickets(session.account.accountID)} replace />;
  return <NoAccessPage user={session.user} />;
}

const liveNewsRetryMs = 15_000;

/** Live news for as long as somebody is signed in; their program is fetched after the page stands. */
function useLiveNews(session: Session | undefined) {
  const client = useQueryClient();
  const userID = session?.user.role === null ? undefined : session?.user.id;
  useEffect(() => {
    if (userID === undefined) return;
    let stop: (() => void) | undefined;
    let over = false;
    // What is on the screen was read after this answer, so that news from here on are all that can change it.
    const after = newsAfter(client);
    let begin: ReturnType<typeof setTimeout>;
    const load = (afterMs: number) => {
      begin = setTimeout(() => {
        import('./tickets/ticket-queries-live.ts').then(
          ({ keepTicketsFresh }) => {
            if (!over) stop = keepTicketsFresh(client, after);
          },
          // Without a network it cannot be fetched: the page works without news until it can.
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

/** Staff find the accounts where they were last first. */
function useRecentAccounts(session: Session | undefined, accountID: string | undefined) {
  const { name } = useAccount(accountID);
  const userID = session?.user.role === 'partner' ? session.user.id : undefined;
  useEffect(() => {
    if (userID === undefined || accountID === undefined || name === undefined) return;
    // Only a convenience: what cannot be fetched is not missed.
    recentAccounts().then(
      ({ rememberAccount }) => rememberAccount(userID, accountID, name),
      () => undefined,
    );
  }, [userID, accountID, name]);
}
