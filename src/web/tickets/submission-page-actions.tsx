import { type QueryClient, useMutation, useQueryClient } from '@tanstack/react-query';
import { type RefObject, useState } from 'react';
import { useLocation } from 'wouter';
import * as z from 'zod/mini';
import { call, page } from '../../contract/paths.ts';
import type { Problem } from '../../contract/problem.ts';
import type { Submission } from '../../contract/submission.ts';
import { problemOf, request, unwrap } from '../api/request.ts';
import { useSession } from '../api/session.ts';
import { useLostFocus } from '../layout/lost-focus.ts';
import { ProblemNotice } from '../layout/problem-notice.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Notice } from '../ui/notice.tsx';
import { ticketWords } from '../words/tickets.ts';
import type { RestoredCopy } from './draft.ts';
import styles from './submission-page.module.css';
import { submissionsQuery } from './ticket-queries.ts';

const words = ticketWords.submission;

/** The copy of what was sent, on the device where it was written. */
export type SentCopy = {
  /** turns this person's own into a draft again, with what is wrong with it */
  restore(submissionID: string, userID: string, problem?: Problem): Promise<RestoredCopy>;
  drop(submissionID: string): Promise<void>;
};

type SubmissionActionsProps = {
  accountID: string;
  submission: Submission;
  sentCopy: SentCopy;
  /** of the page */
  heading: RefObject<HTMLHeadingElement | null>;
};

/** What can be done with a submission: cancel it while it waits, get its text back once it will not be delivered. */
export function SubmissionActions({ accountID, submission, sentCopy, heading }: SubmissionActionsProps) {
  const { state } = submission;
  return (
    <div className={styles.actions}>
      {(state === 'rejected' || state === 'cancelled') && (
        <Undelivered accountID={accountID} submission={submission} sentCopy={sentCopy} />
      )}
      <Cancelling accountID={accountID} submission={submission} heading={heading} />
    </div>
  );
}

/** Cancels one that waits, and takes one that was refused off the list. */
const remove = (accountID: string, submissionID: string) =>
  request('DELETE', call.submission(accountID, submissionID), { schema: z.unknown() });

const refreshList = (client: QueryClient, accountID: string) =>
  client.invalidateQueries({ queryKey: submissionsQuery(accountID).queryKey });

/** Of one that will not be delivered: its text goes back into the form; a refused one stands in the list until it is dealt with. */
function Undelivered({ accountID, submission, sentCopy }: Omit<SubmissionActionsProps, 'heading'>) {
  const { submissionID, state, problem } = submission;
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const [restored, setRestored] = useState<RestoredCopy>();
  const { session } = useSession();
  const dismiss = useMutation({
    mutationFn: async () => unwrap(await remove(accountID, submissionID)),
    onSuccess: async () => {
      navigate(page.tickets(accountID));
      await refreshList(client, accountID);
    },
  });
  const restore = useMutation({
    mutationFn: async () => {
      const outcome = await sentCopy.restore(submissionID, session?.user.id ?? '', problem);
      setRestored(outcome);
      if (outcome !== 'restored') return;
      navigate(page.newTicket(accountID));
      if (state !== 'rejected') return;
      await remove(accountID, submissionID);
      await refreshList(client, accountID);
    },
  });

  // It failed: not even the program that asks the device could be fetched.
  const notRestored = restore.isError ? 'unread' : restored;
  return (
    <>
      <Button variant="primary" onClick={() => restore.mutate()} busy={restore.isPending}>
        {words.restore}
      </Button>
      {state === 'rejected' && (
        <Button variant="quiet" onClick={() => dismiss.mutate()} busy={dismiss.isPending}>
          {words.dismiss}
        </Button>
      )}
      {notRestored !== undefined && notRestored !== 'restored' && (
        <Notice tone="info" role="status">
          <p>{words.notRestored[notRestored]}</p>
        </Notice>
      )}
      {dismiss.isError && <ProblemNotice problem={problemOf(dismiss.error)} />}
    </>
  );
}

/** **Cancel** asks once. That it failed is said even when the submission is settled, and so can be cancelled no more. */
function Cancelling({ accountID, submission, heading }: Omit<SubmissionActionsProps, 'sentCopy'>) {
  const { submissionID, state, cancellable } = submission;
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const cancel = useMutation({
    mutationFn: async () => unwrap(await remove(accountID, submissionID)),
    // When it could not be cancelled, it has often been delivered meanwhile.
    onSettled: () => refreshList(client, accountID),
  });
  // An attempt is most often over in a moment: what is offered and asked stays where it is, and waits for that.
  const offered = cancellable || state === 'sending';
  // It may be settled while one is asked, in another tab or at Moov: to confirm would then mean something else.
  if (asking && !offered) setAsking(false);
  // The heading says what has become of the ticket.
  useLostFocus(offered, heading);

  return (
    <>
      {offered && (
        <Button
          variant="danger"
          onClick={() => setAsking(true)}
          busy={cancel.isPending}
          aria-disabled={cancellable ? undefined : true}
        >
          {words.cancel}
        </Button>
      )}
      {!offered && state === 'queued' && <p className={styles.quiet}>{words.notCancellable}</p>}
      {cancel.isError && (
        <ProblemNotice problem={problemOf(cancel.error)}>
          <p>{words.cancelFailed}</p>
        </ProblemNotice>
      )}
      <Dialog
        open={asking}
        onClose={() => setAsking(false)}
        title={words.cancelTitle}
        dismiss={words.keep}
        actions={
          <Button
            variant="danger"
            busy={!cancellable}
            onClick={() => {
              setAsking(false);
              cancel.mutate();
            }}
          >
            {words.cancelConfirm}
          </Button>
        }
      >
        <p>{words.cancelDetail}</p>
      </Dialog>
    </>
  );
}
