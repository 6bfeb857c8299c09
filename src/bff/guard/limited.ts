import type { Context, MiddlewareHandler } from 'hono';
import type { LimitName, Limits } from './limits.ts';
import type { Metrics } from './metrics.ts';
import { ProblemError } from './problem.ts';
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
  for (const [header, value] of Object.entries(taken.headers)) if (header !== 'retry-after') c.header(header, value);
  if (taken.ok) return;
  parts.metrics.limited(name);
  c.get('log').warn({ limit: name }, 'a limit was reached');
  throw new ProblemError('too-many-requests', {
    detail: `That was too much at once. Try again in ${taken.retryAfterSeconds} seconds; nothing is lost.`,
    retryAfter: taken.retryAfterSeconds,
  });
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
