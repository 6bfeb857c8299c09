import type { Problem } from '../../contract/problem.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { signOutWords as words } from '../words/sign-out.ts';
import { ProblemNotice } from './problem-notice.tsx';
import type { Unsent } from './sign-out.tsx';

type SignOutDialogsProps = {
  /** what would be lost; asks about it unless undefined */
  unsent: Unsent | undefined;
  /** why signing out has failed; says so unless undefined */
  problem: Problem | undefined;
  onStay: () => void;
  onLeave: () => void;
};

/** The two dialogs of signing out: the question before texts are lost, and the problem when it has failed. */
export function SignOutDialogs({ unsent, problem, onStay, onLeave }: SignOutDialogsProps) {
  const { drafts, tickets } = unsent ?? { drafts: 0, tickets: 0 };
  return (
    <>
      <Dialog
        open={unsent !== undefined}
        onClose={onStay}
        title={words.title(drafts, tickets)}
        dismiss={words.stay}
        actions={
          <Button variant="danger" onClick={onLeave}>
            {words.leave}
          </Button>
        }
      >
        <p>{words.detail(drafts + tickets)}</p>
        {tickets > 0 && <p>{words.undelivered}</p>}
      </Dialog>
      <Dialog open={problem !== undefined} onClose={onStay} title={words.failed} dismiss={words.stay}>
        {problem !== undefined && <ProblemNotice problem={problem} />}
      </Dialog>
    </>
  );
}
