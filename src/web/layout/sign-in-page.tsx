import IconCheck from 'lucide-react/icons/check';
import { useLocation, useSearch } from 'wouter';
import { call, page } from '../../contract/paths.ts';
import { LinkButton } from '../ui/link-button.tsx';
import { commonWords } from '../words/common.ts';
import { layoutWords } from '../words/layout.ts';
import { PageHeading } from './page-heading.tsx';
import styles from './sign-in-page.module.css';

/** The address of signing in such that the person comes back to where they are now. */
export function useSignInAddress(): string {
  // Both hooks are here for their news alone: what they give is decoded, and must come back as it stood in the address.
  useLocation();
  useSearch();
  return call.login(location.pathname + location.search);
}

/** What a signed-out person sees in place of any page; `expired` when they were signed in a moment ago. */
export function SignInPage({ expired }: { expired: boolean }) {
  const address = useSignInAddress();
  const [path] = useLocation();
  const words = layoutWords.signIn;
  return (
    <div className={styles.page}>
      <PageHeading title={expired ? words.title401 : words.title} />
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
      <LinkButton variant="primary" href={address} className={styles.action}>
        {commonWords.signIn}
      </LinkButton>
      {!expired && path !== page.home() && <p className={styles.aside}>{words.returns}</p>}
    </div>
  );
}
