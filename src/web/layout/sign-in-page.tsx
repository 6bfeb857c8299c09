import IconCheck from 'lucide-react/icons/check';
import { useEffect, useRef } from 'react';
import { useLocation } from 'wouter';
import { page } from '../../contract/paths.ts';
import { LinkButton } from '../ui/link-button.tsx';
import { commonWords } from '../words/common.ts';
import { standInWords } from '../words/stand-ins.ts';
import { useSignInAddress } from './sign-in-address.ts';
import styles from './sign-in-page.module.css';
import { StandIn } from './stand-in.tsx';

/** Shown in place of any page to a person who is not signed in. `expired`: they were signed in until a moment ago. */
export function SignInPage({ expired }: { expired: boolean }) {
  const address = useSignInAddress();
  const [path] = useLocation();
  const words = standInWords.signIn;
  const heading = useRef<HTMLHeadingElement>(null);
  // It replaces a page that was being read, and whatever had the focus there may be gone.
  useEffect(() => {
    if (expired && document.activeElement === document.body) heading.current?.focus();
  }, [expired]);
  return (
    <StandIn
      heading={heading}
      title={expired ? words.title401 : words.title}
      aside={expired || path === page.home() ? undefined : words.returns}
    >
      <p className={styles.lead}>{expired ? words.lead401 : words.lead}</p>
      {!expired && (
        <ul className={styles.points}>
          {words.points.map((point) => (
            <li key={point}>
              <IconCheck aria-hidden="true" />
              {point}
            </li>
          ))}
        </ul>
      )}
      {!navigator.cookieEnabled && <p>{words.cookies}</p>}
      <LinkButton variant="primary" href={address}>
        {commonWords.signIn}
      </LinkButton>
    </StandIn>
  );
}
