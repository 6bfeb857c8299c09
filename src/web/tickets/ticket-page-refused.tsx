import { useSyncExternalStore } from 'react';
import type { Problem } from '../../contract/problem.ts';
import type { Ticket } from '../../contract/ticket.ts';
import { useSession } from '../api/session.ts';
import { announce } from '../layout/announcer.tsx';
import { ProblemNotice } from '../layout/problem-notice.tsx';
import { Button } from '../ui/button.tsx';
import { ticketWords } from '../words/tickets.ts';
import { titleOf } from './ticket-title.ts';

const words = ticketWords.ticket;

type Refused = { userID: string | undefined; accountID: string; ticket: Ticket; problem: Problem };
let all: readonly Refused[] = [];
const listeners = new Set<() => void>();
const become = (next: readonly Refused[]) => {
  all = next;
  for (const listener of listeners) listener();
};
const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** Reports that a ticket could not be closed, when the person has left the page of the ticket and would not see it there. */
export function tellRefused(refused: Refused): void {
  announce(words.closeFailedOf(titleOf(refused.ticket)));
  become([...all.filter(({ ticket }) => ticket.ticketID !== refused.ticket.ticketID), refused]);
}

/** Shows the tickets of an account that this person could not close, as reported by `tellRefused`, each until it is dismissed. */
export function RefusedClosings({ accountID, className }: { accountID: string; className?: string | undefined }) {
  const refused = useSyncExternalStore(subscribe, () => all);
  const { session } = useSession();
  return refused
    .filter((each) => each.accountID === accountID && each.userID === session?.user.id)
    .map((each) => (
      <ProblemNotice key={each.ticket.ticketID} problem={each.problem} className={className}>
        <p>{words.closeFailedOf(titleOf(each.ticket))}</p>
        <Button onClick={() => become(all.filter((other) => other !== each))}>{words.closeFailedNoted}</Button>
      </ProblemNotice>
    ));
}
