import IconLogOut from 'lucide-react/icons/log-out';
import { useState } from 'react';
import { call } from '../../contract/paths.ts';
import type { Problem } from '../../contract/problem.ts';
import { signOutSchema } from '../../contract/session.ts';
import { request } from '../api/request.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { commonWords } from '../words/common.ts';
import { layoutWords } from '../words/layout.ts';
import styles from './frame.module.css';
import { ProblemNotice } from './problem-notice.tsx';

/** What is on the device and goes with an explicit sign-out. */
export type UnsentWork = {
  /** how many drafts of this person were begun and not sent */
  count(userID: string): Promise<number>;
  wipe(userID: string): Promise<void>;
};

const words = layoutWords.signOut;

/** **Sign out**: asks first where drafts would be lost, then ends the session here and at the identity provider. */
export function SignOut({ userID, unsent }: { userID: string; unsent: UnsentWork }) {
  const [asking, setAsking] = useState<number>();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  const leave = async () => {
    setBusy(true);
    setAsking(undefined);
    const result = await request('POST', call.logout(), { schema: signOutSchema });
    // Signed out already is signed out: the drafts go, and the page says where one stands.
    if (result.ok || result.problem.status === 401) {
      await unsent.wipe(userID);
      location.assign(result.ok ? result.value.location : '/signed-out');
      return;
    }
    setBusy(false);
    setProblem(result.problem);
  };
  const begin = async () => {
    const count = await unsent.count(userID);
    if (count === 0) await leave();
    else setAsking(count);
  };

  const count = asking ?? 0;
  return (
    <>
      <Button variant="quiet" busy={busy} onClick={() => void begin()} className={styles.signOut}>
        {!busy && <IconLogOut aria-hidden="true" />}
        {commonWords.signOut}
      </Button>
      <Dialog
        open={asking !== undefined}
        onClose={() => setAsking(undefined)}
        title={words.title(count)}
        actions={
          <>
            <Button onClick={() => setAsking(undefined)}>{words.stay}</Button>
            <Button variant="danger" onClick={() => void leave()}>
              {words.leave}
            </Button>
          </>
        }
      >
        <p>{words.detail(count)}</p>
      </Dialog>
      <Dialog
        open={problem !== undefined}
        onClose={() => setProblem(undefined)}
        title={words.failed}
        actions={<Button onClick={() => setProblem(undefined)}>{words.stay}</Button>}
      >
        {problem !== undefined && <ProblemNotice problem={problem} />}
      </Dialog>
    </>
  );
}
