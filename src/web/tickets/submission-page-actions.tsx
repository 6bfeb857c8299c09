import { type QueryClient, useMutation, useQueryClient } from '@tanstack/react-query';
import { type RefObject, useState } from 'react';
import { useLocation } from 'wouter';
import * as z from 'zod/mini';
import { call, page } from '../../contract/paths.ts';
import type { Problem } from '../../contract/problem.ts';
import type { Submission } from '../../contract/submission.ts';
import { problemOf, request, unwrap } from '../api/request.ts';
import { useSession } from '../api/session.ts';
import { useHere } from '../layout/here.ts';
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

/** What can be done with the copy of a sent ticket, which is on the device where it was written. */
export type SentCopy = {
  /** turns the copy into a draft again, if it is this person's; `problem` says why the ticket was refused */
  restore(submissionID: string, userID: string, problem?: Problem): Promise<RestoredCopy>;
  /** deletes the copy */
  drop(submissionID: string): Promise<void>;
};

type SubmissionActionsProps = {
  accountID: string;
  submission: Submission;
  sentCopy: SentCopy;
  /** the heading of the page, which may get the focus */
  heading: RefObject<HTMLHeadingElement | null>;
};

/** The buttons of a submission: cancel it while it waits, or get its text back when it will not be delivered. */
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

/** Cancels a submission that waits, or removes one that was refused from the list. */
const remove = (accountID: string, submissionID: string) =>
  request('DELETE', call.submission(accountID, submissionID), { schema: z.unknown() });

const refreshList = (client: QueryClient, accountID: string) =>
  client.invalidateQueries({ queryKey: submissionsQuery(accountID).queryKey });

/** For a submission that will not be delivered: puts its text back into the form. A refused one can also be removed from the list. */
function Undelivered({ accountID, submission, sentCopy }: Omit<SubmissionActionsProps, 'heading'>) {
  const { submissionID, state, problem } = submission;
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const [restored, setRestored] = useState<RestoredCopy>();
  const { session } = useSession();
  const here = useHere();
  const dismiss = useMutation({
    mutationFn: async () => unwrap(await remove(accountID, submissionID)),
    onSuccess: async () => {
      if (here.current) navigate(page.tickets(accountID));
      await refreshList(client, accountID);
    },
  });
  const restore = useMutation({
    mutationFn: async () => {
      const outcome = await sentCopy.restore(submissionID, session?.user.id ?? '', problem);
      setRestored(outcome);
      if (outcome !== 'restored') return;
      if (here.current) navigate(page.newTicket(accountID));
      if (state !== 'rejected') return;
      await remove(accountID, submissionID);
      await refreshList(client, accountID);
    },
  });

  // An error means that the code for drafts could not be loaded, so the device was not read.
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

/**
 * The “Cancel” button, which asks for confirmation. If cancelling failed, it says so, even when the submission is settled by then and can
 * no longer be cancelled.
 */
function Cancelling({ accountID, submission, heading }: Omit<SubmissionActionsProps, 'sentCopy'>) {
  const { submissionID, state, cancellable } = submission;
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const cancel = useMutation({
    mutationFn: async () => unwrap(await remove(accountID, submissionID)),
    // Also after a failure: then the submission has often been delivered meanwhile.
    onSettled: () => refreshList(client, accountID),
  });
  // While an attempt to deliver is under way, which is mostly short, the button and the dialog stay, and wait for its end.
  const offered = cancellable || state === 'sending';
  // The submission may be settled while the dialog is open, in another tab or by Moov: to confirm would mean something else then.
  if (asking && !offered) setAsking(false);
  // When the button disappears, the focus goes to the heading, which says what has become of the ticket.
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
