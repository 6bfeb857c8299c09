import IconCompass from 'lucide-react/icons/compass';
import IconKey from 'lucide-react/icons/key-round';
import IconLogOut from 'lucide-react/icons/log-out';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { call, page } from '../../contract/paths.ts';
import type { Session } from '../../contract/session.ts';
import { LinkButton } from '../ui/link-button.tsx';
import { standInWords } from '../words/stand-ins.ts';
import styles from './error-pages.module.css';
import { PageHeading } from './page-heading.tsx';

/** A page that is shown in the place of another: a mark, a heading, a few words, and a way on. */
export function StandIn({ mark, title, children }: { mark: ReactNode; title: string; children: ReactNode }) {
  return (
    <div className={styles.page}>
      <span className={styles.mark}>{mark}</span>
      <PageHeading title={title} />
      {children}
    </div>
  );
}

/** The same words for what does not exist and for what is not the person's to see. */
export const NotFoundPage = () => (
  <StandIn mark={<IconCompass aria-hidden="true" />} title={standInWords.notFound.title}>
    <p>{standInWords.notFound.detail}</p>
    <Link href={page.home()} asChild>
      <LinkButton href={page.home()}>{standInWords.notFound.home}</LinkButton>
    </Link>
  </StandIn>
);

/** For a person whose sign-in gives no role: that it works, and whom to ask. */
export const NoAccessPage = ({ user }: { user: Session['user'] }) => (
  <StandIn mark={<IconKey aria-hidden="true" />} title={standInWords.noAccess.title}>
    <p>{standInWords.noAccess.detail(user.name)}</p>
    <p>{standInWords.noAccess.ask}</p>
    {user.email !== undefined && <p className={styles.aside}>{standInWords.noAccess.as(user.email)}</p>}
  </StandIn>
);

/** Where signing out leads. */
export const SignedOutPage = () => (
  <StandIn mark={<IconLogOut aria-hidden="true" />} title={standInWords.signedOut.title}>
    <p>{standInWords.signedOut.detail}</p>
    <LinkButton variant="primary" href={call.login(page.home())}>
      {standInWords.signedOut.again}
    </LinkButton>
  </StandIn>
);
