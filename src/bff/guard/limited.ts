import type { Context, MiddlewareHandler } from 'hono';
import { isWhole } from './answer.ts';
import { type Limited, type LimitName, type Limits, limitHeaders } from './limits.ts';
import type { Metrics } from './metrics.ts';
import { inSeconds, ProblemError } from './problem.ts';
import type { App } from './request.ts';

/**
 * Counts an attempt, tells the caller where they stand, and refuses one too many.
 * @throws {ProblemError} 429, with the seconds to wait
 */
export async function countAttempt(
  c: Context<App>,
  parts: { limits: Limits; metrics: Metrics },
  name: LimitName,
  key: string,
): Promise<void> {
  const taken = await parts.limits.take(name, key);
  c.set('limited', [...(c.get('limited') ?? []), taken]);
  refuseBeyond(c, parts, name, taken);
}

function refuseBeyond(c: Context<App>, parts: { metrics: Metrics }, name: LimitName, taken: Limited) {
  if (taken.ok) return;
  parts.metrics.limited(name);
  c.get('log').warn({ limit: name }, 'a limit was reached');
  throw new ProblemError('too-many-requests', {
    detail: `That was too much at once. Try again ${inSeconds(taken.retryAfterSeconds)}; nothing is lost.`,
    retryAfter: taken.retryAfterSeconds,
  });
}

/** Says on every answer, refusals and errors included, where the caller stands with each limit that it was counted against. */
export function tellLimits(): MiddlewareHandler<App> {
  return async (c, next) => {
    await next();
    if (isWhole(c)) return;
    for (const [name, value] of Object.entries(limitHeaders(c.get('limited')))) c.res.headers.set(name, value);
  };
}

/** Limits every call below it, by whom `keyOf` tells. */
export function limitBy(
  parts: { limits: Limits; metrics: Metrics },
  name: LimitName,
  keyOf: (c: Context<App>) => string,
): MiddlewareHandler<App> {
  return async (c, next) => {
    await countAttempt(c, parts, name, keyOf(c));
    await next();
  };
}

/**
 * Counts the calls of an address that bring a session that is none, and refuses that address's calls with a session once
 * there were too many, before the database is asked about another: guessing costs the guesser alone. Calls without
 * anything that has the form of a session cost nothing and go on.
 */
export function limitStrangers(
  parts: { limits: Limits; metrics: Metrics },
  brings: (c: Context<App>) => boolean,
  addressOf: (c: Context<App>) => string,
): MiddlewareHandler<App> {
  return async (c, next) => {
    if (!brings(c)) return next();
    const address = addressOf(c);
    const standing = parts.limits.look('strangers', address);
    if (!standing.ok) c.set('limited', [...(c.get('limited') ?? []), standing]);
    refuseBeyond(c, parts, 'strangers', standing);
    await next();
    if (c.res.status === 401)
      c.set('limited', [...(c.get('limited') ?? []), await parts.limits.take('strangers', address)]);
  };
}
