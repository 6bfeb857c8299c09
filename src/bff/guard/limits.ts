import { isIPv6 } from 'node:net';
import type { Logger } from 'pino';
import type { Tally } from '../store/tally.ts';
import { createGathered } from './gathered.ts';
import { within } from './within.ts';

const minute = 60;
/**
 * How often (`points`) each thing may be done in `seconds`, counted per person, account or address, for all instances together.
 * Where one too many would do harm (`atOnce`), each attempt is counted in the database before it passes. The others are counted
 * in this process, which tells the database once a second (`gathered.ts`): a write for each reading would cost more than the reading.
 */
const rules = (createPerMinute: number) =>
  ({
    /** per address, which a whole office may share: one sign-in takes two requests */
    signIn: { points: 600, seconds: 5 * minute, atOnce: true },
    /** per person */
    create: { points: createPerMinute, seconds: minute, atOnce: true },
    /** per account: ten people may file for it at their full speed */
    createForAccount: { points: 10 * createPerMinute, seconds: minute, atOnce: false },
    /** per person: every call that changes something. Counted before its body is read, so that a flood of refused calls costs little */
    change: { points: Math.max(600, 4 * createPerMinute), seconds: minute, atOnce: false },
    /** per person; enough to page through 10,000 tickets. Grows with the limit on filing: twenty readings for each ticket */
    list: { points: Math.max(600, 20 * createPerMinute), seconds: minute, atOnce: false },
    /** per person: opening a stream of live news, which every open page does again when its connection is lost */
    events: { points: Math.max(120, 4 * createPerMinute), seconds: minute, atOnce: false },
    /** per address: Moov's webhooks and the identity provider's back-channel logouts */
    webhooks: { points: 3000, seconds: minute, atOnce: false },
    /** per address: calls with a session cookie that are answered 401; each one costs a query of the database */
    strangers: { points: 3000, seconds: minute, atOnce: false },
    /** per address: reports of the content security policy */
    reports: { points: 60, seconds: minute, atOnce: false },
  }) as const;
export type LimitName = keyof ReturnType<typeof rules>;
export const limitNames: readonly string[] = Object.keys(rules(1));

/** The limits that this process counts itself (not `atOnce`), so that it can tell where somebody stands without a query. */
type GatheredName = {
  [Name in LimitName]: ReturnType<typeof rules>[Name]['atOnce'] extends false ? Name : never;
}[LimitName];

/** Where somebody stands with a limit. */
export type Limited = {
  name: LimitName;
  /** how often it may be done in one window of `windowSeconds` */
  limit: number;
  windowSeconds: number;
} & ({ ok: true; remaining: number; resetSeconds: number } | { ok: false; retryAfterSeconds: number });

export type Limits = {
  /**
   * Counts one attempt. Never rejects: when the database does not answer, this process counts alone until it does, and
   * the log says so.
   * @param key whose attempt it is: the id of a person or an account, or what `addressKey` gives
   */
  take(name: LimitName, key: string): Promise<Limited>;
  /** Where somebody stands with a limit that this process counts itself. Counts nothing. */
  look(name: GatheredName, key: string): Limited;
  close(): Promise<void>;
};

/** How long the database may take to count (ms): a limit must not hold up the call that it guards. */
const patienceMs = 1000;
const secondsBetweenWarnings = 60;

/**
 * Limits on how often one person, account or address may do something.
 * @param options `tally`: the counter that several instances share; without it this process counts alone.
 *   `createPerMinute`: tickets that one person may file in a minute
 */
export function createLimits(
  options: { tally?: Pick<Tally, 'add'> | undefined; createPerMinute: number },
  log: Logger,
): Limits {
  const { tally } = options;
  let warnedAt = Number.NEGATIVE_INFINITY;
  const warn = (error: unknown) => {
    if (performance.now() - warnedAt < secondsBetweenWarnings * 1000) return;
    warnedAt = performance.now();
    log.warn({ err: error }, 'the database does not count limits: this instance counts alone meanwhile');
  };
  async function addInTime(shared: Pick<Tally, 'add'>, attempts: Parameters<Tally['add']>[0]) {
    const added = await within(patienceMs, shared.add(attempts));
    if (added === undefined) throw new Error(`no answer within ${patienceMs} ms`);
    return added;
  }
  const gathered = createGathered(tally && { add: (attempts) => addInTime(tally, attempts) }, warn);
  const given = rules(options.createPerMinute);
  return {
    async take(name, key) {
      const rule = given[name];
      const whole = `${name}:${key}`;
      return answer(name, rule, rule.atOnce ? await gathered.takeTogether(whole, rule) : gathered.take(whole, rule));
    },
    look: (name, key) => answer(name, given[name], gathered.look(`${name}:${key}`, given[name])),
    close: () => gathered.close(),
  };
}

/** The headers `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10) for the limits that counted a request. */
export function limitHeaders(limited: readonly Limited[] = []): Record<string, string> {
  if (limited.length === 0) return {};
  return {
    ratelimit: limited
      .map(
        (one) => `"${one.name}";r=${one.ok ? one.remaining : 0};t=${one.ok ? one.resetSeconds : one.retryAfterSeconds}`,
      )
      .join(', '),
    'ratelimit-policy': limited
      .map(({ name, limit, windowSeconds }) => `"${name}";q=${limit};w=${windowSeconds}`)
      .join(', '),
  };
}

function answer(
  name: LimitName,
  rule: { points: number; seconds: number },
  { ok, remainingPoints, msBeforeNext }: { ok: boolean; remainingPoints: number; msBeforeNext: number },
): Limited {
  const seconds = Math.max(1, Math.ceil(msBeforeNext / 1000));
  const about = { name, limit: rule.points, windowSeconds: rule.seconds };
  return ok
    ? { ...about, ok, remaining: remainingPoints, resetSeconds: seconds }
    : { ...about, ok, retryAfterSeconds: seconds };
}

/**
 * The key under which an address is counted: an IPv4 address itself, or the /64 network of an IPv6 address, because providers give
 * each customer a whole /64.
 * @param address as the socket or a trusted proxy gives it
 */
export function addressKey(address: string): string {
  const bare = address.replace(/%.*$/, '').toLowerCase();
  if (!isIPv6(bare)) return bare.slice(0, 64);
  const short = new URL(`http://[${bare}]`).hostname.slice(1, -1);
  // An IPv4 address written as an IPv6 one (RFC 4291 2.5.5.2) counts as IPv4: all of these share one /64.
  const [, high, low] = /^::ffff:([\da-f]+):([\da-f]+)$/.exec(short) ?? [];
  if (high !== undefined && low !== undefined)
    return [high, low].flatMap((half) => [Number.parseInt(half, 16) >> 8, Number.parseInt(half, 16) & 255]).join('.');
  const [head = '', tail = ''] = short.split('::');
  const [first, last] = [head, tail].map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: 8 - (first?.length ?? 0) - (last?.length ?? 0) }, () => '0');
  return `${[...(first ?? []), ...zeros, ...(last ?? [])].slice(0, 4).join(':')}::/64`;
}
