import { type Context, Hono } from 'hono';
import { call, readID } from '../../contract/paths.ts';
import { ticketChangeSchema, ticketQuerySchema } from '../../contract/requests.ts';
import { type NewTicket, newTicketSchema } from '../../contract/ticket.ts';
import { answerJSON, answerUnchanged } from '../guard/answer.ts';
import { countAttempt } from '../guard/limited.ts';
import type { Limits } from '../guard/limits.ts';
import type { Metrics } from '../guard/metrics.ts';
import { answerProblem, ProblemError } from '../guard/problem.ts';
import { type App, readBody, readQuery, ticketIDOf } from '../guard/request.ts';
import type { Accounts } from '../identity/accounts.ts';
import { hashOf } from '../identity/cookies.ts';
import { actingFor, requireSessionStill } from '../identity/sessions.ts';
import { cleanMessage } from '../messages/clean-message.ts';
import { explainRefusal, explainUnclear } from '../moov/explain.ts';
import type { Moov } from '../moov/moov.ts';
import type { Outcome } from '../moov/outcome.ts';
import type { Readings } from '../moov/readings.ts';
import type { Settings } from '../settings.ts';
import type { Audit } from '../store/audit.ts';
import type { Events } from '../store/events.ts';
import type { Sessions } from '../store/sessions.ts';
import type { FilingDesk } from '../submissions/filing.ts';
import { fingerprintOf } from '../submissions/fingerprint.ts';
import { presentSubmission } from '../submissions/present.ts';

/** How many tickets are remembered as counted. */
const mostCounted = 10_000;
/** The part of `ANSWER_WITHIN_MS` that is reserved for the way back to the browser (ms). */
const wayBackMs = 50;

/** `/api/accounts/:accountID/tickets`: file, list, read and close tickets of an account. */
export function ticketRoutes(parts: {
  settings: Settings;
  moov: Moov;
  readings: Readings;
  accounts: Accounts;
  filing: FilingDesk;
  audit: Audit;
  events: Pick<Events, 'tell'>;
  sessions: Sessions;
  limits: Limits;
  metrics: Metrics;
}) {
  const { settings, moov, readings, accounts, filing, audit, events, sessions } = parts;
  const countTicket = createTicketCounter(parts);
  return new Hono<App>()
    .post('/', async (c) => {
      const { session, accountID, asItself } = await actingFor(c, accounts);
      const idempotencyKey = readIdempotencyKey(c.req.header('idempotency-key'));
      const ticket = await readBody(c, newTicketSchema);
      await requireSessionStill(c, sessions);
      await countTicket(c, session.personID, accountID, idempotencyKey, ticket);
      const cleaned = cleanMessage(ticket.body);
      if (!cleaned.ok)
        throw new ProblemError(
          'invalid',
          { detail: 'The message needs attention.', fields: { body: cleaned.fault } },
          { cause: cleaned.cause },
        );
      const filed = await filing.file({
        accountID,
        personID: session.personID,
        personName: session.name,
        asItself,
        idempotencyKey,
        ticket: { ...ticket, body: cleaned.html },
        requestID: c.get('requestID'),
        answerBy: c.get('startedAt') + settings.ANSWER_WITHIN_MS - Math.min(wayBackMs, settings.ANSWER_WITHIN_MS / 10),
      });
      switch (filed.kind) {
        case 'created':
          readings.changed(accountID);
          return answerJSON(c, { ...filed.ticket, filedBy: session.name }, 201, {
            location: call.ticket(accountID, filed.ticket.ticketID),
          });
        case 'kept':
          return answerJSON(c, presentSubmission(filed.submission), 202, {
            location: call.submission(accountID, filed.submission.submissionID),
          });
        case 'rejected':
          return answerProblem({ ...filed.problem, requestID: c.get('requestID') });
        case 'key-reused':
          throw new ProblemError('idempotency-key-reused', {
            detail: 'This idempotency key was used for a ticket with another content. Use a new key for a new ticket.',
          });
      }
    })
    .get('/', async (c) => {
      const { accountID, asItself } = await actingFor(c, accounts);
      const query = readQuery(c, ticketQuerySchema);
      return answerUnchanged(c, readable(await readings.listTickets(accountID, asItself, query)));
    })
    .get('/:ticketID', async (c) => {
      const { accountID, asItself } = await actingFor(c, accounts);
      const ticketID = ticketIDOf(c);
      const [ticket, filedBy] = await Promise.all([
        readings.getTicket(accountID, asItself, ticketID),
        filing.recorded(accountID).then(() => audit.filedBy(accountID, ticketID)),
      ]);
      return answerJSON(c, { ...readable(ticket), ...(filedBy !== undefined && { filedBy }) });
    })
    .get('/:ticketID/messages', async (c) => {
      const { accountID, asItself } = await actingFor(c, accounts);
      return answerUnchanged(c, readable(await readings.listMessages(accountID, asItself, ticketIDOf(c))));
    })
    .patch('/:ticketID', async (c) => {
      const { session, accountID, asItself } = await actingFor(c, accounts);
      const ticketID = ticketIDOf(c);
      await readBody(c, ticketChangeSchema);
      await requireSessionStill(c, sessions);
      const closed = await moov.closeTicket(accountID, asItself, ticketID);
      readings.changed(accountID);
      const note = (action: 'ticket-closed' | 'ticket-close-unclear') =>
        audit.record({
          personID: session.personID,
          personName: session.name,
          accountID,
          action,
          ticketID,
          requestID: c.get('requestID'),
          upstreamRequestID: closed.upstreamRequestID,
        });
      if (closed.kind === 'unclear') {
        // Moov may have closed it all the same, and nobody else could say by whom.
        if (closed.mayHaveArrived) await note('ticket-close-unclear');
        throw explainUnclear(closed);
      }
      if (closed.kind === 'refused') throw explainRefusal(closed, 'close');
      await note('ticket-closed');
      await events.tell({ accountID, ticketID, kind: 'updated' });
      if (closed.value.ticket !== undefined) return answerJSON(c, closed.value.ticket);
      const read = await moov.getTicket(accountID, asItself, ticketID);
      if (read.kind === 'ok') return answerJSON(c, read.value);
      throw new ProblemError('upstream-unavailable', {
        title: 'The ticket is closed',
        detail: 'Moov has closed the ticket, but cannot show it right now. Look at it again in a moment.',
        retryAfter: 5,
        ...(read.upstreamRequestID !== undefined && { upstreamRequestID: read.upstreamRequestID }),
      });
    });
}

/**
 * Counts filed tickets against the limits. The same ticket that comes again with the same key is not a new one, so it counts only as a
 * reading.
 */
function createTicketCounter(parts: { limits: Limits; metrics: Metrics }) {
  /** The tickets that were counted lately, each with the promise of its counting. One that a limit refused is forgotten: it is new again. */
  const counted = new Map<string, Promise<void>>();
  async function countNew(c: Context<App>, personID: string, accountID: string) {
    await countAttempt(c, parts, 'create', personID);
    await countAttempt(c, parts, 'createForAccount', accountID);
  }
  return async function countTicket(
    c: Context<App>,
    personID: string,
    accountID: string,
    key: string,
    ticket: NewTicket,
  ) {
    // A digest saves memory: for 10,000 tickets the four texts would take some 4 MB.
    const whole = hashOf(`${personID} ${accountID} ${key} ${fingerprintOf(ticket)}`);
    const before = counted.get(whole);
    if (before !== undefined) {
      await before;
      return countAttempt(c, parts, 'list', personID);
    }
    const counting = countNew(c, personID, accountID);
    counted.set(whole, counting);
    counting.catch(() => counted.delete(whole));
    const oldest = counted.keys().next();
    if (counted.size > mostCounted && oldest.done !== true) counted.delete(oldest.value);
    await counting;
  };
}

/**
 * Reads the `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a UUID, bare or in quotation marks (a structured-field
 * string). @returns it in lower case @throws {ProblemError} 400
 */
function readIdempotencyKey(header: string | undefined): string {
  if (header === undefined || header.trim() === '')
    throw new ProblemError('idempotency-key-missing', {
      detail: 'Send an Idempotency-Key header with a UUID, the same one whenever the same ticket is sent again.',
    });
  const key = readID(header.trim().replace(/^"(.*)"$/, '$1'));
  if (key === undefined)
    throw new ProblemError('idempotency-key-malformed', { detail: 'The Idempotency-Key header must be a UUID.' });
  return key;
}

/** The value of an outcome of reading. @throws {ProblemError} for any outcome that is not ok */
function readable<T>(outcome: Outcome<T>): T {
  if (outcome.kind === 'ok') return outcome.value;
  throw outcome.kind === 'refused' ? explainRefusal(outcome, 'read') : explainUnclear(outcome);
}
