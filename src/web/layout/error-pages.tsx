import IconCompass from 'lucide-react/icons/compass';
import IconKey from 'lucide-react/icons/key-round';
import IconLogOut from 'lucide-react/icons/log-out';
import { Link } from 'wouter';
import { call, page } from '../../contract/paths.ts';
import type { Session } from '../../contract/session.ts';
import { LinkButton } from '../ui/link-button.tsx';
import { commonWords } from '../words/common.ts';
import { standInWords } from '../words/stand-ins.ts';
import { StandIn } from './stand-in.tsx';

/** Says “not found”, in the same words for what does not exist and for what the person may not see. */
export const NotFoundPage = () => (
  <StandIn mark={<IconCompass aria-hidden="true" />} title={standInWords.notFound.title}>
    <p>{standInWords.notFound.detail}</p>
    <Link href={page.home()} asChild>
      <LinkButton href={page.home()}>{standInWords.notFound.home}</LinkButton>
    </Link>
  </StandIn>
);

/** For a person who has signed in but has no role in the portal. Says that the sign-in has worked, and whom to ask for access. */
export const NoAccessPage = ({ user }: { user: Session['user'] }) => (
  <StandIn
    mark={<IconKey aria-hidden="true" />}
    title={standInWords.noAccess.title}
    aside={user.email === undefined ? undefined : standInWords.noAccess.as(user.email)}
  >
    <p>{standInWords.noAccess.detail(user.name)}</p>
    <p>{standInWords.noAccess.ask}</p>
  </StandIn>
);

/** Shown after signing out. */
export const SignedOutPage = () => (
  <StandIn mark={<IconLogOut aria-hidden="true" />} title={standInWords.signedOut.title}>
    <p>{standInWords.signedOut.detail}</p>
    <LinkButton variant="primary" href={call.login(page.home())}>
      {commonWords.signIn}
    </LinkButton>
  </StandIn>
);
