import * as z from 'zod/mini';
import { call } from '../../contract/paths.ts';
import { type Submission, submissionSchema } from '../../contract/submission.ts';
import { type NewTicket, type Ticket, ticketSchema } from '../../contract/ticket.ts';
import { type Result, request } from '../api/request.ts';

const acceptedSchema = z.union([ticketSchema, submissionSchema]);
/** What comes of a submission: the ticket (201), or that it is kept and not delivered yet (202). */
export type Accepted = Ticket | Submission;

/** Files a ticket. Sent again with the same key, it is the same ticket. */
export const fileTicket = (accountID: string, ticket: NewTicket, idempotencyKey: string): Promise<Result<Accepted>> =>
  request('POST', call.tickets(accountID), {
    schema: acceptedSchema,
    body: ticket,
    headers: { 'idempotency-key': idempotencyKey },
  });
