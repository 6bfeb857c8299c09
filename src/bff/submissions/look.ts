import { parseFragment } from 'parse5';
import type { NewTicket, Ticket } from '../../contract/ticket.ts';
import type { Moov } from '../moov/moov.ts';
import type { Outcome, Refused, Unclear } from '../moov/outcome.ts';
import type { StoredSubmission, Submissions } from '../store/submissions.ts';

/** How far Moov's clock and ours may still differ after the correction by Moov's `Date` header, which has whole seconds only. */
const clockToleranceMs = 3_000;
/** How far they may differ while no `Date` header has come. */
const unknownClockToleranceMs = 5 * 60_000;
/** A title at Moov of at least this many characters may be a longer one that was cut off. */
const shortestCutTitle = 50;
const mostPages = 10;
/** So many pages without tickets, one after the other, are taken for the end of a list, though Moov names a next page. */
const emptyPagesAtTheEnd = 3;

type Found =
  | { kind: 'found'; ticket: Ticket; upstreamRequestID?: string }
  | { kind: 'not-found' }
  | { kind: 'not-known' }
  | { kind: 'wait' }
  | Refused
  | Unclear;

/**
 * Looks at Moov whether an earlier attempt of a submission has arrived after all, by listing the tickets with its reference (`foreignID`).
 * - A reference that the portal made belongs to one submission only: a ticket with it is the right one.
 * - A reference that a person gave may be on several tickets. Those that another submission has claimed are left out; the right one
 *   must match by time, title and body. If its contact or author differs, it may belong to a “twin”, another submission with the same
 *   reference. So it is left to the twin as long as that is being looked for, and taken afterwards, since Moov may have changed them.
 * - If Moov has confirmed an equal twin in an answer that could not be read, a ticket that fits both is left to the twin. The twin is
 *   never sent again by itself, so without this ticket it would be looked for without end.
 * @returns `found` with the ticket; `not-found`; `not-known`, if it may be among what could not be read; `wait`, if another submission with
 *   the same reference is being sent or looked for, whose ticket could be mistaken for this one; or unclear or refused, if the look could
 *   not be finished
 */
export async function lookFor(
  submission: StoredSubmission,
  moov: Pick<Moov, 'listTickets' | 'listMessages' | 'clockAheadMs'>,
  submissions: Pick<Submissions, 'twinOnTheWire' | 'twinLookedFor' | 'twinCreated' | 'claimedByOthers'>,
): Promise<Found> {
  const { payload } = submission;
  if (payload === undefined) return { kind: 'not-found' };
  if (await submissions.twinOnTheWire(submission)) return { kind: 'wait' };
  const isOwnPortalReference = submission.foreignID !== payload.foreignID;

  const listed = await listWithReference(submission, moov);
  if (listed.kind !== 'ok') return listed;
  const { upstreamRequestID } = listed;
  const { tickets, earliest, isReadToItsEnd } = listed.value;
  const candidates = tickets.filter(
    (ticket) =>
      (isOwnPortalReference && ticket.foreignID === submission.foreignID) ||
      // The list was asked for by the reference, so a ticket without one in the answer may match too.
      ((ticket.foreignID === undefined || ticket.foreignID === submission.foreignID) &&
        // A title that could not be read tells nothing. What the ticket says decides then.
        (ticket.title === '' || isSameTitle(ticket.title, payload.title)) &&
        !isBefore(ticket.createdOn, earliest)),
  );
  const taken = await submissions.claimedByOthers(
    submission.accountID,
    submission.submissionID,
    candidates.map((ticket) => ticket.ticketID),
  );
  // Oldest first: if there are several, the first one is taken for ours, and a later one would be a double.
  const free = candidates
    .filter((ticket) => !taken.has(ticket.ticketID))
    .sort((a, b) => Date.parse(a.createdOn) - Date.parse(b.createdOn));
  const found = (ticket: Ticket): Found => ({
    kind: 'found',
    ticket,
    ...(upstreamRequestID !== undefined && { upstreamRequestID }),
  });
  let alike: Ticket | undefined;
  let isAnyUnknown = false;
  for (const ticket of free) {
    if (isOwnPortalReference && ticket.foreignID !== undefined) return found(ticket);
    const compared = await compare(submission, payload, ticket, moov);
    if (compared.kind !== 'ok') return compared;
    if (compared.value === 'same') {
      const isLeft = submission.reason !== 'unreadable' && (await submissions.twinCreated(submission));
      return isLeft ? { kind: 'wait' } : found(ticket);
    }
    if (compared.value === 'alike') alike ??= ticket;
    isAnyUnknown ||= compared.value === 'unknown';
  }
  if (alike !== undefined) return (await submissions.twinLookedFor(submission)) ? { kind: 'wait' } : found(alike);
  return isReadToItsEnd && !isAnyUnknown ? { kind: 'not-found' } : { kind: 'not-known' };
}

/**
 * Lists the tickets with a submission's reference, newest first, back to when its ticket can have been created, in ten pages at most.
 * @returns `earliest`: that time (`earliestArrival`); `isReadToItsEnd`: whether no ticket since then is missing
 */
export async function listWithReference(
  submission: StoredSubmission,
  moov: Pick<Moov, 'listTickets' | 'clockAheadMs'>,
): Promise<Outcome<{ tickets: Ticket[]; earliest: number; isReadToItsEnd: boolean }>> {
  const tickets: Ticket[] = [];
  let cursor: string | undefined;
  let emptyPages = 0;
  let isPartial = false;
  for (let pages = 1; ; pages += 1) {
    const listed = await moov.listTickets(submission.accountID, submission.asItself, {
      foreignID: submission.foreignID,
      count: 200,
      ...(cursor !== undefined && { cursor }),
    });
    if (listed.kind !== 'ok') return listed;
    const { items, nextPage } = listed.value;
    tickets.push(...items);
    isPartial ||= listed.value.isPartial === true;
    // Not taken before: the answer may have told for the first time how far Moov's clock is ahead.
    const earliest = earliestArrival(submission, moov);
    cursor = nextPage?.cursor;
    const oldest = items.at(-1);
    // One page without tickets says nothing about the next: an API that cuts its pages before it filters them gives such.
    emptyPages = oldest === undefined ? emptyPages + 1 : 0;
    const isEnd =
      cursor === undefined ||
      emptyPages === emptyPagesAtTheEnd ||
      (oldest !== undefined && isBefore(oldest.createdOn, earliest));
    if (isEnd || pages === mostPages)
      return { ...listed, value: { tickets, earliest, isReadToItsEnd: isEnd && !isPartial } };
  }
}

/** The earliest time, by Moov's clock, at which a ticket of this submission can have been created (ms since 1970). */
export function earliestArrival(
  submission: Pick<StoredSubmission, 'firstSentAt' | 'createdAt'>,
  moov: Pick<Moov, 'clockAheadMs'>,
): number {
  const aheadMs = moov.clockAheadMs();
  const sentAt = (submission.firstSentAt ?? submission.createdAt).getTime();
  return aheadMs === undefined ? sentAt - unknownClockToleranceMs : sentAt + aheadMs - clockToleranceMs;
}

/** Whether a date of Moov is before a time (ms since 1970). Of a date that cannot be read nobody knows it. */
export const isBefore = (date: string, time: number) => Date.parse(date) < time;

const normal = (text: string) => text.normalize('NFKC').replace(/\s+/g, ' ').trim();
/**
 * Whether a title at Moov is the one that was sent, even if Moov has changed white space or Unicode forms, has escaped it as HTML (Go's
 * `html.EscapeString`), or has cut off its end.
 */
function isSameTitle(given: string, sent: string): boolean {
  const title = normal(given)
    .replace(/(…|\.\.\.)$/, '')
    .trimEnd();
  const whole = normal(sent);
  return (
    normal(given) === whole ||
    textOf(given) === whole.replaceAll(' ', '') ||
    (title.length >= shortestCutTitle && whole.startsWith(title))
  );
}

/** Whether a text at Moov is the one that was sent. A text that is missing, or could not be read, tells nothing. */
const isSameOrMissing = (given: string, sent: string) =>
  given === '' || normal(given).toLowerCase() === normal(sent).toLowerCase();

/**
 * Compares a ticket of the right title and time with a submission. Its text must be that of the submission, apart from formatting and
 * white space: equal, not only contained, or a longer ticket with the same reference, filed elsewhere just before, would be taken
 * for this one. A ticket whose own text cannot be read counts as equal, since its time, title and reference have matched.
 * @returns `same`; `alike`, if only the contact's address or the author is another; `other`; or `unknown`, if neither its title nor its
 *   text can be read
 */
async function compare(
  submission: StoredSubmission,
  payload: NewTicket,
  ticket: Ticket,
  moov: Pick<Moov, 'listMessages'>,
): Promise<Outcome<'same' | 'alike' | 'other' | 'unknown'>> {
  const listed = await moov.listMessages(submission.accountID, submission.asItself, ticket.ticketID);
  if (listed.kind !== 'ok') return listed;
  const text = textOf(payload.body);
  // The first message should be the ticket's own. All are compared, because a message that cannot be read is missing in the list.
  const { messages, lacksFirst } = listed.value;
  const own = messages.find((message) => textOf(message.body) === text);
  if (own === undefined && messages.length > 0 && !lacksFirst) return { kind: 'ok', value: 'other' };
  if (own === undefined && ticket.title === '') return { kind: 'ok', value: 'unknown' };
  const isSame =
    isSameOrMissing(ticket.contact.email, payload.contact.email) &&
    isSameOrMissing(own?.author ?? '', payload.author ?? submission.personName);
  return { kind: 'ok', value: isSame ? 'same' : 'alike' };
}

/** The text of a piece of HTML without tags and white space, in one normal form. Only for comparing. */
export const textOf = (html: string) =>
  parseFragment(withoutTags(html).replaceAll('<', '&lt;'))
    .childNodes.map((node) => ('value' in node ? node.value : ''))
    .join('')
    .normalize('NFKC')
    .replace(/\s+/g, '');

/** Not a regular expression: for each `<` that is never closed it would search all the rest, minutes for half a megabyte of them. */
function withoutTags(html: string): string {
  const pieces: string[] = [];
  let at = 0;
  for (;;) {
    const start = html.indexOf('<', at);
    const end = start === -1 ? -1 : html.indexOf('>', start);
    if (end === -1) return pieces.join('') + html.slice(at);
    pieces.push(html.slice(at, start));
    at = end + 1;
  }
}
