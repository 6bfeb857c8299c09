import type { Context, MiddlewareHandler } from 'hono';
import { isWhole } from './answer.ts';
import { type Limited, type LimitName, type Limits, limitHeaders } from './limits.ts';
import type { Metrics } from './metrics.ts';
import { inSeconds, ProblemError } from './problem.ts';
import type { App } from './request.ts';

/**
 * Counts an attempt against a limit and notes the result for the headers of the answer (`limitHeaders`).
 * @param key who or what is counted: see `Limits.take`
 * @throws {ProblemError} 429 with the seconds to wait, if it is one too many
 */
export async function countAttempt(
  c: Context<App>,
  parts: { limits: Limits; metrics: Metrics },
  name: LimitName,
  key: string,
): Promise<void> {
  const taken = await parts.limits.take(name, key);
  note(c, taken);
  refuseBeyond(c, parts, name, taken);
}

/** Notes, for the headers of the answer, where the caller stands with a limit. */
const note = (c: Context<App>, standing: Limited) => c.set('limited', [...(c.get('limited') ?? []), standing]);

function refuseBeyond(c: Context<App>, parts: { metrics: Metrics }, name: LimitName, taken: Limited) {
  if (taken.ok) return;
  parts.metrics.limited(name);
  c.get('log').warn({ limit: name }, 'a limit was reached');
  throw new ProblemError('too-many-requests', {
    detail: `That was too much at once. Try again ${inSeconds(taken.retryAfterSeconds)}; nothing is lost.`,
    retryAfter: taken.retryAfterSeconds,
  });
}

/** Adds to every answer, refusals and errors included, where the caller stands with each limit that the request was counted against. */
export function tellLimits(): MiddlewareHandler<App> {
  return async (c, next) => {
    await next();
    if (isWhole(c)) return;
    for (const [name, value] of Object.entries(limitHeaders(c.get('limited')))) c.res.headers.set(name, value);
  };
}

/** Middleware that counts each request against a limit, under the key that `keyOf` gives. */
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
 * Limits guessing of session ids. It counts, for each address, the calls that bring a session cookie and are answered 401. After
 * too many, calls with a session cookie from that address are refused before the database is asked. Calls without a
 * session cookie are not counted and pass.
 * @param brings whether a call brings something that has the form of a session
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
    if (!standing.ok) note(c, standing);
    refuseBeyond(c, parts, 'strangers', standing);
    await next();
    if (c.res.status === 401) note(c, await parts.limits.take('strangers', address));
  };
}
