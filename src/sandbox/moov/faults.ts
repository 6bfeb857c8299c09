import { type FieldPath, fieldPaths } from './new-ticket.ts';
import type { NewTicket } from './store.ts';

/** What happens instead of, or in addition to, the usual answer to a request to create a ticket. */
export type Effect =
  | { do: 'answer'; status: 401 | 403 | 404 | 429 | 500 | 504; created?: true }
  | { do: 'error'; status: 400 | 409; error: string }
  | { do: 'fields'; fields: readonly FieldPath[] }
  | { do: 'cut'; created: boolean }
  | { do: 'hang' }
  | { do: 'wait'; ms: number }
  | { do: 'garble'; how: 'drift' | 'garbage' };

/** A failure that a person can cause by writing `title` anywhere into the title of a ticket. */
export type Fault = {
  title: string;
  /** `first`: the first attempt of a ticket fails and the next one succeeds; with ` always` in the title, all fail */
  lasts: 'first' | 'always';
  effect: Effect;
  /** what it does, for the help page */
  about: string;
};

/** How many seconds a 429 asks to wait. An attempt before they have passed is answered 429 again. */
export const retryAfterSeconds = 3;

/** The sentences of `fault:422`, worded as an API would. */
export const fieldSentences: Record<FieldPath, string> = {
  title: 'Title must say which payment, payout or account it is about.',
  body: 'Body must describe the problem in at least one full sentence.',
  author: 'Author must be the name of a person.',
  'contact.email': 'Contact email is on our list of addresses that bounce. Use another one.',
  'contact.name': 'Contact name must hold a first and a last name.',
  foreignID: 'Foreign ID is used by a ticket of another system.',
};

const fieldFault = (path: FieldPath): Fault => ({
  title: `fault:422 ${path}`,
  lasts: 'first',
  effect: { do: 'fields', fields: [path] },
  about: `422: “${fieldSentences[path]}”`,
});

/** All failures. The code, the help page and the tests follow this list. */
export const faults: readonly Fault[] = [
  {
    title: 'fault:400',
    lasts: 'first',
    effect: {
      do: 'error',
      status: 400,
      error: 'The request could not be understood: contact and title contradict each other.',
    },
    about: '400 with a sentence',
  },
  {
    title: 'fault:401',
    lasts: 'always',
    effect: { do: 'answer', status: 401 },
    about: '401, however often it is sent',
  },
  {
    title: 'fault:401-once',
    lasts: 'first',
    effect: { do: 'answer', status: 401 },
    about: '401 once, as if the token had just been revoked; then it is taken',
  },
  {
    title: 'fault:403',
    lasts: 'first',
    effect: { do: 'answer', status: 403 },
    about: '403: not allowed for this account',
  },
  { title: 'fault:404', lasts: 'first', effect: { do: 'answer', status: 404 }, about: '404: no such account' },
  {
    title: 'fault:409',
    lasts: 'first',
    effect: {
      do: 'error',
      status: 409,
      error: 'Support is closing this account. It takes no new tickets at the moment.',
    },
    about: '409 with a sentence; nothing is created',
  },
  ...fieldPaths.map(fieldFault),
  {
    title: 'fault:422 all',
    lasts: 'first',
    effect: { do: 'fields', fields: fieldPaths },
    about: '422 with a sentence for each of the six fields',
  },
  {
    title: 'fault:429',
    lasts: 'first',
    effect: { do: 'answer', status: 429 },
    about: `429 with Retry-After: ${retryAfterSeconds}; sent again too early, 429 again`,
  },
  { title: 'fault:500', lasts: 'first', effect: { do: 'answer', status: 500 }, about: '500; nothing is created' },
  {
    title: 'fault:500-after',
    lasts: 'first',
    effect: { do: 'answer', status: 500, created: true },
    about: '500, although the ticket is created',
  },
  { title: 'fault:504', lasts: 'first', effect: { do: 'answer', status: 504 }, about: '504; nothing is created' },
  {
    title: 'fault:drop-before',
    lasts: 'first',
    effect: { do: 'cut', created: false },
    about: 'the connection is cut; nothing is created',
  },
  {
    title: 'fault:drop-after',
    lasts: 'first',
    effect: { do: 'cut', created: true },
    about: 'the ticket is created, then the connection is cut',
  },
  { title: 'fault:hang', lasts: 'first', effect: { do: 'hang' }, about: 'no answer ever; nothing is created' },
  {
    title: 'fault:slow 3000',
    lasts: 'first',
    effect: { do: 'wait', ms: 3_000 },
    about: 'created and answered after so many milliseconds (any number up to 60000), even if nobody waits any more',
  },
  {
    title: 'fault:drift',
    lasts: 'always',
    effect: { do: 'garble', how: 'drift' },
    about: '200 with a body that has drifted from the documentation; its ticketID can be read',
  },
  {
    title: 'fault:garbage',
    lasts: 'always',
    effect: { do: 'garble', how: 'garbage' },
    about: '200 with a body that is not JSON at all, although the ticket is created',
  },
];

const longestWaitMs = 60_000;

/** The fault that a title asks for: its name, with the word after it (`fault:422 title`) if there is such a fault, and ` always`. */
function findFault(title: string): { effect: Effect; lasts: Fault['lasts'] } | undefined {
  const [, name, argument] = /(fault:[a-z0-9-]+)(?: +(\S+))?/.exec(title) ?? [];
  if (name === undefined) return undefined;
  const lasts = /fault:.* always\b/.test(title) ? { lasts: 'always' as const } : {};
  if (name === 'fault:slow') {
    const ms = Number(argument ?? 3_000);
    return Number.isInteger(ms) && ms >= 0
      ? { effect: { do: 'wait', ms: Math.min(ms, longestWaitMs) }, lasts: 'first', ...lasts }
      : undefined;
  }
  const fault = faults.find((one) => one.title === `${name} ${argument}`) ?? faults.find((one) => one.title === name);
  return fault === undefined ? undefined : { effect: fault.effect, lasts: fault.lasts, ...lasts };
}

/** How many failed tickets are remembered. */
const most = 10_000;

/**
 * Remembers which tickets have failed already, to let their next attempt succeed. After most failures the same ticket is sent again, so
 * it is recognised by account, title and foreignID. After a refusal a person corrects it, so account and title must be enough.
 */
export function createFaultDesk(now: () => Date) {
  const failed = new Map<string, number>();
  return {
    /** The effect on this attempt, or undefined if it succeeds; `retryAfter` is in seconds, for a 429. */
    meet(accountID: string, ticket: NewTicket): { effect: Effect; retryAfter: number } | undefined {
      const fault = findFault(ticket.title);
      if (fault === undefined) return undefined;
      const { effect, lasts } = fault;
      if (lasts === 'always') return { effect, retryAfter: retryAfterSeconds };
      const isRefusal =
        effect.do === 'error' ||
        effect.do === 'fields' ||
        (effect.do === 'answer' && [403, 404].includes(effect.status));
      const key = JSON.stringify([accountID, ticket.title, isRefusal ? undefined : ticket.foreignID]);
      const at = now().getTime();
      const before = failed.get(key);
      if (before === undefined) {
        const [oldest] = failed.keys();
        if (failed.size >= most && oldest !== undefined) failed.delete(oldest);
        failed.set(key, at);
        return { effect, retryAfter: retryAfterSeconds };
      }
      const waitMs = before + retryAfterSeconds * 1000 - at;
      if (effect.do === 'answer' && effect.status === 429 && waitMs > 0)
        return { effect, retryAfter: Math.ceil(waitMs / 1000) };
      // This attempt succeeds, so it is forgotten: another ticket with the same title fails first again.
      failed.delete(key);
      return undefined;
    },
  };
}
export type FaultDesk = ReturnType<typeof createFaultDesk>;
