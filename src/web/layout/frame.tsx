import IconLifeBuoy from 'lucide-react/icons/life-buoy';
import type { ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { page } from '../../contract/paths.ts';
import type { Session } from '../../contract/session.ts';
import { commonWords } from '../words/common.ts';
import { layoutWords } from '../words/layout.ts';
import { useAccount } from './account-name.ts';
import { Announcer } from './announcer.tsx';
import { Banner } from './banner.tsx';
import styles from './frame.module.css';
import { SignOut, type UnsentWork } from './sign-out.tsx';

type FrameProps = {
  /** undefined until it is known who is signed in, and when nobody is */
  session: Session | undefined;
  /** true once it is known that nobody is signed in */
  signedOut: boolean;
  /** the account that the page is about, if there is one */
  accountID: string | undefined;
  unsent: UnsentWork;
  /** shown to partner staff beside the account's name: the way to another account */
  accountSwitch: ReactNode;
  children: ReactNode;
};

/** What every page has around it: the account, the person, links, sign-out, and a banner when something is wrong at the moment. */
export function Frame({ session, signedOut, accountID, unsent, accountSwitch, children }: FrameProps) {
  return (
    <div className={styles.frame}>
      <a href="#main" className={styles.skip}>
        {layoutWords.skip}
      </a>
      <header className={styles.header}>
        <div className={styles.bar}>
          <Link href={page.home()} className={styles.brand} aria-label={layoutWords.home}>
            <span className={styles.mark}>
              <IconLifeBuoy aria-hidden="true" />
            </span>
            <span>{commonWords.product}</span>
          </Link>
          <AccountLine session={session} signedOut={signedOut} accountID={accountID} accountSwitch={accountSwitch} />
          {session !== undefined && (
            <div className={styles.person}>
              <span className={styles.personName}>{session.user.name}</span>
              <SignOut userID={session.user.id} unsent={unsent} />
            </div>
          )}
        </div>
      </header>
      <Banner signedIn={session !== undefined} />
      <main id="main" tabIndex={-1} className={styles.main}>
        {children}
      </main>
      <footer className={styles.footer}>
        <p>{layoutWords.footer}</p>
      </footer>
      <Announcer />
    </div>
  );
}

/** The name of the account that the page is about. Takes up its space before the name is known, so that nothing moves later. */
function AccountLine({ session, signedOut, accountID, accountSwitch }: Omit<FrameProps, 'unsent' | 'children'>) {
  const { name, missing } = useAccount(accountID);
  const [path] = useLocation();
  const staff = session?.user.role === 'partner';
  if (
    signedOut ||
    (session !== undefined && !staff && name === undefined) ||
    (!staff && accountID === undefined) ||
    path === page.accounts()
  )
    return <div />;
  return (
    <div className={styles.account}>
      {(name !== undefined || (staff && accountID !== undefined && !missing)) && (
        <span className={styles.accountName}>{name !== undefined && (staff ? layoutWords.filingFor(name) : name)}</span>
      )}
      {staff && (
        <span className={styles.accountWays}>
          {accountSwitch}
          <Link href={page.accounts()} className={styles.way}>
            {layoutWords.accounts}
          </Link>
        </span>
      )}
    </div>
  );
}
