import { type TicketStatus, ticketStatuses } from '../../contract/ticket.ts';
import { Badge } from '../ui/badge.tsx';
import { ticketWords } from '../words/tickets.ts';

const tones = {
  new: 'info',
  'in-progress': 'success',
  'on-hold': 'warning',
  closed: 'neutral',
} as const satisfies Record<TicketStatus, string>;

const known = (status: string): TicketStatus | undefined => ticketStatuses.find((each) => each === status);

/** The name of a status: our word for the four that Moov documents, otherwise Moov's own word. */
export const statusName = (status: string): string => {
  const ours = known(status);
  return ours === undefined ? status : ticketWords.status[ours].name;
};

/** What a status means for the person who filed the ticket. */
export const statusMeaning = (status: string): string => {
  const ours = known(status);
  return ours === undefined ? ticketWords.otherStatus : ticketWords.status[ours].meaning;
};

export const isClosed = (ticket: { status: string }): boolean => ticket.status === 'closed';

export function StatusBadge({ status }: { status: string }) {
  const ours = known(status);
  return (
    <Badge tone={ours === undefined ? 'neutral' : tones[ours]} title={statusMeaning(status)}>
      {statusName(status)}
    </Badge>
  );
}
