import * as z from 'zod/mini';
import { call } from '../../contract/paths.ts';
import { type Submission, submissionSchema } from '../../contract/submission.ts';
import { type NewTicket, type Ticket, ticketSchema } from '../../contract/ticket.ts';
import { type Result, request } from '../api/request.ts';

const acceptedSchema = z.union([ticketSchema, submissionSchema]);
/** The answer to an accepted ticket: the ticket at Moov (201), or a submission that the portal keeps and will deliver (202). */
export type Accepted = Ticket | Submission;

/** Files a ticket. If it is sent again with the same idempotency key, no second ticket comes of it. */
export const fileTicket = (accountID: string, ticket: NewTicket, idempotencyKey: string): Promise<Result<Accepted>> =>
  request('POST', call.tickets(accountID), {
    schema: acceptedSchema,
    body: ticket,
    headers: { 'idempotency-key': idempotencyKey },
  });
