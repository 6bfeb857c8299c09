import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context } from 'hono';
import { Refusal, refuse, refuseFields, refuseWithError } from './answers.ts';
import { type Effect, fieldSentences } from './faults.ts';
import { toTree } from './new-ticket.ts';
import type { MoovEnv } from './parts.ts';
import type { Ticket } from './store.ts';

/** Thrown in process, where there is no socket to cut: the call fails as fetch does when a connection breaks. */
export class ConnectionCut extends TypeError {
  override name = 'ConnectionCut';
  constructor() {
    super('fetch failed: the sandbox cut the connection');
  }
}

/** Cuts the caller's connection without an answer. */
function cut(c: Context<MoovEnv>): Response {
  const socket = c.env?.incoming?.socket;
  if (socket === undefined) throw new ConnectionCut();
  socket.destroy();
  return RESPONSE_ALREADY_SENT;
}

/** Never answers; ends when the caller has gone. */
async function hang(c: Context<MoovEnv>): Promise<Response> {
  const outgoing = c.env?.outgoing;
  if (outgoing !== undefined) {
    if (!outgoing.closed) await once(outgoing, 'close');
    return RESPONSE_ALREADY_SENT;
  }
  const { signal } = c.req.raw;
  if (!signal.aborted) await once(signal, 'abort');
  throw signal.reason;
}

/** A ticket as a later version might answer it: types, names and a status that nobody has heard of. */
const drifted = ({ ticketID, number, title, contact }: Ticket) => ({
  ticketID,
  number: String(number),
  subject: title,
  contact: [contact],
  status: 'waiting-for-customer',
  created: { at: 'just now' },
});

/**
 * Plays a fault.
 * @param create does the work, once
 * @throws {Refusal | ConnectionCut}
 */
export async function carryOut(
  c: Context<MoovEnv>,
  { effect, retryAfter }: { effect: Effect; retryAfter: number },
  create: () => Ticket,
): Promise<Response> {
  switch (effect.do) {
    case 'answer':
      if (effect.created) create();
      throw refuse(effect.status, effect.status === 429 ? { 'retry-after': String(retryAfter) } : {});
    case 'error':
      throw refuseWithError(effect.status, effect.error);
    case 'fields':
      throw refuseFields(toTree(Object.fromEntries(effect.fields.map((path) => [path, fieldSentences[path]]))));
    case 'cut':
      if (effect.created) create();
      return cut(c);
    case 'hang':
      return hang(c);
    case 'wait':
      // It must not keep a sandbox alive that is being stopped.
      await pause(effect.ms, undefined, { ref: false });
      return c.json(create());
    case 'garble': {
      const ticket = create();
      if (effect.how === 'drift') return c.json(drifted(ticket));
      return c.html('<!doctype html><title>Thank you</title>');
    }
    default:
      throw new Refusal(501);
  }
}
