import IconLogOut from 'lucide-react/icons/log-out';
import { useEffect, useState } from 'react';
import { call } from '../../contract/paths.ts';
import type { Problem } from '../../contract/problem.ts';
import { request } from '../api/request.ts';
import { Button } from '../ui/button.tsx';
import { aside, fetchAhead } from '../ui/later.ts';
import { commonWords } from '../words/common.ts';
import styles from './frame.module.css';

/** What would be lost: drafts that were begun and not sent, and the texts of tickets that are not delivered yet. */
export type Unsent = { drafts: number; tickets: number };

/** What is on the device and goes with an explicit sign-out. */
export type UnsentWork = {
  /** what there is of this person; undefined when nothing is */
  count(userID: string): Promise<Unsent | undefined>;
  wipe(userID: string): Promise<void>;
};

const load = () => import('./sign-out-dialogs.tsx');
const SignOutDialogs = aside(async () => (await load()).SignOutDialogs);

/** **Sign out**: asks first where texts would be lost, then ends the session here and at the identity provider. */
export function SignOut({ userID, unsent }: { userID: string; unsent: UnsentWork }) {
  const [asking, setAsking] = useState<Unsent>();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  // Fetched beforehand, since it may have to say that the line is lost.
  useEffect(() => fetchAhead(load), []);

  const leave = async () => {
    setBusy(true);
    setAsking(undefined);
    const result = await request('POST', call.logout(), { schema: (answers) => answers.signOutSchema });
    // Whoever was signed out before is signed out as well: the drafts go, and the page says so.
    if (result.ok || result.problem.status === 401) {
      await unsent.wipe(userID);
      // Back may bring this page out of the browser's memory as it stands, without asking anybody.
      document.documentElement.hidden = true;
      addEventListener('pageshow', ({ persisted }) => persisted && location.reload());
      location.assign(result.ok ? result.value.location : '/signed-out');
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
