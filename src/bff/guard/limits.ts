import { isIPv6 } from 'node:net';
import type { Logger } from 'pino';
import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterPostgres,
  RateLimiterRes,
} from 'rate-limiter-flexible';

const minute = 60;
/**
 * How often each thing may be done in `seconds`, counted per person or per address. Shared ones are counted in the
 * database, for all instances together; the others in this process alone, since a write for each reading would cost
 * more than the reading.
 */
const rules = (createPerMinute: number) =>
  ({
    /** per address, which a whole office may share: one sign-in takes two requests */
    signIn: { points: 600, seconds: 5 * minute, shared: true },
    /** per person */
    create: { points: createPerMinute, seconds: minute, shared: true },
    /** per person; paging through 10,000 tickets stays below */
    list: { points: 600, seconds: minute, shared: false },
    /** per person; every open page connects again after a lost connection */
    events: { points: 120, seconds: minute, shared: false },
    /** per address */
    webhooks: { points: 3000, seconds: minute, shared: false },
    /** per address */
    reports: { points: 60, seconds: minute, shared: false },
  }) as const;
export type LimitName = keyof ReturnType<typeof rules>;

export type Limited = {
  /** how often it may be done in one window */
  limit: number;
  /** `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10), and `Retry-After` where it is refused */
  headers: Record<string, string>;
} & ({ ok: true; remaining: number; resetSeconds: number } | { ok: false; retryAfterSeconds: number });

export type Limits = {
  /**
   * Counts one attempt. Never rejects: when the database does not answer, this process counts alone until it does, and
   * the log says so.
   * @param key whose attempt it is: a person's id, or what `addressKey` gives
   */
  take(name: LimitName, key: string): Promise<Limited>;
  close(): Promise<void>;
};

/** How long the database may take to count, in ms; a limit must not hold up what it guards. */
const patienceMs = 1000;
const secondsBetweenWarnings = 60;

/**
 * Limits on what one person or address may do. With `databaseURL` the table `limits` must exist:
 * `key varchar(255) primary key, points integer not null default 0, expire bigint`.
 */
export async function createLimits(
  options: { databaseURL?: string | undefined; createPerMinute: number },
  log: Logger,
): Promise<Limits> {
  const { default: pg } = await import('pg');
  const pool =
    options.databaseURL === undefined
      ? undefined
      : new pg.Pool({
          connectionString: options.databaseURL,
          max: 4,
          connectionTimeoutMillis: patienceMs,
          query_timeout: patienceMs,
          application_name: 'support-portal limits',
        });
  pool?.on('error', (error) => log.warn({ err: error }, 'an idle database connection of the limits broke'));

  let warnedAt = Number.NEGATIVE_INFINITY;
  const warn = (error: unknown) => {
    if (performance.now() - warnedAt < secondsBetweenWarnings * 1000) return;
    warnedAt = performance.now();
    log.warn({ err: error }, 'the database does not count limits: this instance counts alone meanwhile');
  };

  let clears = true;
  const limiterFor = (name: string, rule: { points: number; seconds: number; shared: boolean }) => {
    const common = { keyPrefix: name, points: rule.points, duration: rule.seconds };
    const alone = new RateLimiterMemory(common);
    if (pool === undefined || !rule.shared) return { rule, first: alone, alone };
    const shared = new RateLimiterPostgres({
      ...common,
      storeClient: pool,
      storeType: 'pool',
      tableName: 'limits',
      // The library would create it without waiting, and throw where nobody can catch it.
      tableCreated: true,
      // One of them sweeps the table for all.
      clearExpiredByTimeout: clears,
      // Who is over the limit is refused from memory, without asking the database again.
      inMemoryBlockOnConsumed: rule.points + 1,
    });
    clears = false;
    return { rule, first: shared, alone };
  };
  const given = rules(options.createPerMinute);
  const limiters = {
    signIn: limiterFor('signIn', given.signIn),
    create: limiterFor('create', given.create),
    list: limiterFor('list', given.list),
    events: limiterFor('events', given.events),
    webhooks: limiterFor('webhooks', given.webhooks),
    reports: limiterFor('reports', given.reports),
  } satisfies Record<LimitName, unknown>;

  return {
    async take(name, key) {
      const { rule, first, alone } = limiters[name];
      try {
        return answer(name, rule, await count(first, key));
      } catch (error) {
        warn(error);
        return answer(name, rule, await count(alone, key));
      }
    },
    async close() {
      await pool?.end();
    },
  };
}

/** Counts one attempt. @throws what the store throws, not the refusal */
async function count(limiter: RateLimiterAbstract, key: string): Promise<{ ok: boolean; state: RateLimiterRes }> {
  try {
    return { ok: true, state: await limiter.consume(key) };
  } catch (refusal) {
    if (refusal instanceof RateLimiterRes) return { ok: false, state: refusal };
    throw refusal;
  }
}

function answer(
  name: LimitName,
  rule: { points: number; seconds: number },
  { ok, state }: { ok: boolean; state: RateLimiterRes },
): Limited {
  const limit = rule.points;
  const remaining = Math.max(state.remainingPoints, 0);
  const seconds = Math.max(1, Math.ceil(state.msBeforeNext / 1000));
  const headers = {
    'ratelimit-policy': `"${name}";q=${limit};w=${rule.seconds}`,
    ratelimit: `"${name}";r=${ok ? remaining : 0};t=${seconds}`,
  };
  if (ok) return { ok, limit, remaining, resetSeconds: seconds, headers };
  return { ok: false, limit, retryAfterSeconds: seconds, headers: { ...headers, 'retry-after': String(seconds) } };
}

/**
 * Whom an address stands for: an IPv4 address for itself, an IPv6 one for its /64, since one customer has all of that.
 * @param address as the socket gives it, or a trusted proxy
 */
export function addressKey(address: string): string {
  const bare = address.replace(/%.*$/, '').toLowerCase();
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(bare)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(bare)) return bare.slice(0, 64);
  const [head = '', tail = ''] = new URL(`http://[${bare}]`).hostname.slice(1, -1).split('::');
  const [first, last] = [head, tail].map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: 8 - (first?.length ?? 0) - (last?.length ?? 0) }, () => '0');
  return `${[...(first ?? []), ...zeros, ...(last ?? [])].slice(0, 4).join(':')}::/64`;
}
