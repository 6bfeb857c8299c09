import IconLogOut from 'lucide-react/icons/log-out';
import { useEffect, useState } from 'react';
import { call, page } from '../../contract/paths.ts';
import type { Problem } from '../../contract/problem.ts';
import { request } from '../api/request.ts';
import { Button } from '../ui/button.tsx';
import { aside, fetchAhead } from '../ui/later.ts';
import { commonWords } from '../words/common.ts';
import styles from './frame.module.css';

/** How many texts would be lost: drafts that were not sent, and tickets that are not delivered to Moov yet. */
export type Unsent = { drafts: number; tickets: number };

/** The texts on this device, which signing out deletes. */
export type UnsentWork = {
  /** how many texts of this person there are; undefined when there are none */
  count(userID: string): Promise<Unsent | undefined>;
  wipe(userID: string): Promise<void>;
};

const load = () => import('./sign-out-dialogs.tsx');
const SignOutDialogs = aside(async () => (await load()).SignOutDialogs);

/**
 * The “Sign out” button. Asks first if texts would be lost. Then ends the session in the portal and at the identity provider, and deletes
 * the person's texts on this device.
 */
export function SignOut({ userID, unsent }: { userID: string; unsent: UnsentWork }) {
  const [asking, setAsking] = useState<Unsent>();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  // Loaded ahead of need: the dialog may have to say that there is no connection.
  useEffect(() => fetchAhead(load), []);

  const leave = async () => {
    setBusy(true);
    setAsking(undefined);
    const result = await request('POST', call.logout(), { schema: (answers) => answers.signOutSchema });
    // 401: the session was over already. The person wants to be signed out, so this counts as success.
    if (result.ok || result.problem.status === 401) {
      await unsent.wipe(userID);
      // After “Back” the browser may show this page from its memory (bfcache), without a request. So hide it, and reload it then.
      document.documentElement.hidden = true;
      addEventListener('pageshow', ({ persisted }) => persisted && location.reload());
      location.assign(result.ok ? result.value.location : page.signedOut());
      return;
    }
    setBusy(false);
    setProblem(result.problem);
  };
  const begin = async () => {
    setBusy(true);
    const count = await unsent.count(userID);
    if (count === undefined) return leave();
    setBusy(false);
    setAsking(count);
  };

  return (
    <>
      <Button variant="quiet" busy={busy} onClick={() => void begin()} className={styles.signOut}>
        {!busy && <IconLogOut aria-hidden="true" />}
        <span>{commonWords.signOut}</span>
      </Button>
      {(asking !== undefined || problem !== undefined) && (
        <SignOutDialogs
          unsent={asking}
          problem={problem}
          onStay={() => {
            setAsking(undefined);
            setProblem(undefined);
          }}
          onLeave={() => void leave()}
        />
      )}
    </>
  );
}
