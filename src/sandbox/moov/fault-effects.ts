import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context } from 'hono';
import { refuse, refuseFields, refuseWithError } from './answers.ts';
import { type Effect, fieldSentences } from './faults.ts';
import { toTree } from './new-ticket.ts';
import type { MoovEnv } from './parts.ts';
import type { Ticket } from './store.ts';

/** Thrown when the stand-in is called in process and there is no socket to cut: the call fails as `fetch` does on a broken connection. */
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

/** Never answers. Ends when the caller has gone. */
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

/** A ticket as a later version of Moov might answer it: with other types and names, and an unknown status. */
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
 * @param create creates the ticket; called at most once
 * @throws {Refusal} when the fault is a refusal; {ConnectionCut} when it cuts the connection of a call in process
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
      // `ref: false`: the timer must not keep a sandbox alive that is being stopped.
      await pause(effect.ms, undefined, { ref: false });
      return c.json(create());
    case 'garble': {
      const ticket = create();
      if (effect.how === 'drift') return c.json(drifted(ticket));
      return c.html('<!doctype html><title>Thank you</title>');
    }
  }
}
