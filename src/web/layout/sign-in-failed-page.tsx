import IconKey from 'lucide-react/icons/key-round';
import { useSearch } from 'wouter/use-browser-location';
import * as z from 'zod/mini';
import { call, page } from '../../contract/paths.ts';
import { signInFailures } from '../../contract/problem.ts';
import { LinkButton } from '../ui/link-button.tsx';
import { commonWords } from '../words/common.ts';
import { signInFailedWords as words } from '../words/sign-in-failed.ts';
import { standInWords } from '../words/stand-ins.ts';
import { References } from './problem-notice.tsx';
import { StandIn } from './stand-in.tsx';

/**
 * What the address says about the failure. Anybody can write such a link, not only the BFF: so only known kinds are accepted, and only a
 * reference that looks like one.
 */
const failureSchema = z.object({
  kind: z.catch(z.enum(signInFailures), 'internal'),
  reference: z.catch(z.string().check(z.regex(/^[\w-]{8,64}$/)), ''),
  returnTo: z.catch(z.string(), page.home()),
});

/** Shown after a sign-in that has failed. Says what happened, gives a reference to quote, and offers to sign in again. */
export function SignInFailedPage() {
  const { kind, reference, returnTo } = failureSchema.parse(Object.fromEntries(new URLSearchParams(useSearch())));
  return (
    <StandIn mark={<IconKey aria-hidden="true" />} title={words.title}>
      <p>{navigator.cookieEnabled ? words.happened[kind] : standInWords.signIn.cookies}</p>
      <p>{words.kept}</p>
      <LinkButton variant="primary" href={call.login(returnTo)}>
        {commonWords.signIn}
      </LinkButton>
      {reference !== '' && (
        <>
          <p>{words.ask}</p>
          <References problem={{ requestID: reference }} />
        </>
      )}
    </StandIn>
  );
}
