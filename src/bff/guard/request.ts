import { randomUUID } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { Logger } from 'pino';
import type * as z from 'zod/mini';
import type { ProblemKind } from '../../contract/problem.ts';
import type { StoredSession } from '../store/sessions.ts';
import { isWhole } from './answer.ts';
import { isCall } from './headers.ts';
import type { Limited } from './limits.ts';
import { RequestLog } from './logger.ts';
import type { Metrics } from './metrics.ts';
import { ProblemError } from './problem.ts';
import { inTrace, readTrace } from './trace.ts';

/** What every request carries through the routes. */
type RequestVariables = {
  requestID: string;
  /** when it came (ms since 1970) */
  startedAt: number;
  log: RequestLog;
  /** the hash of the session id that it brings, once that has been asked for */
  sessionHash?: string;
  session?: StoredSession;
  /** where a person who signs in was going; a path of the portal */
  returnTo?: string;
  /** what stood in its way, and Moov's id of the call that met it */
  problem?: { kind: ProblemKind; upstreamRequestID?: string | undefined };
  /** what it was counted against */
  limited?: Limited[];
  /** the headers of its answer, whatever the answer is */
  headers: Readonly<Record<string, string>>;
  /** its answer, where that was made with all its headers at once */
  whole?: Response;
};
export type App = { Variables: RequestVariables };

const largestBody = 1024 * 1024;
const wellFormedID = /^[\w-]{8,64}$/;

/**
 * Gives each request an id, taken over from the caller when it is well-formed, and tells it on the answer. A trace that the
 * caller began goes on: its id stands in the log, and calls to Moov carry it.
 */
export function nameRequests(log: Logger): MiddlewareHandler<App> {
  return async (c, next) => {
    const given = c.req.header('x-request-id');
    const requestID = given !== undefined && wellFormedID.test(given) ? given : randomUUID();
    c.set('requestID', requestID);
    c.set('startedAt', Date.now());
    const trace = readTrace(c.req.header('traceparent'), c.req.header('tracestate'));
    c.set('log', new RequestLog(log, { requestID, ...(trace !== undefined && { traceID: trace.traceID }) }));
    c.set('headers', { 'x-request-id': requestID });
    await (trace === undefined ? next() : inTrace(trace, next));
    if (!isWhole(c)) c.res.headers.set('x-request-id', requestID);
  };
}

/** The pattern that names a request's address; where none does, that of the branch in which it is (`/api/*`). */
function patternOf(c: Context): string {
  const routes = matchedRoutes(c);
  // Middleware for a whole branch may be registered after the route that answers.
  return (routes.findLast(({ path }) => !path.endsWith('*')) ?? routes.at(-1))?.path ?? '*';
}

/** Counts and times every answer, by the pattern of its route: an address could hold an id. */
export function measureRequests(metrics: Metrics): MiddlewareHandler<App> {
  return async (c, next) => {
    await next();
    const ms = Date.now() - c.get('startedAt');
    const route = patternOf(c);
    const { status } = c.res;
    metrics.request({ method: c.req.method, route, status, seconds: ms / 1000 });
    const level = status >= 500 ? 'warn' : 'info';
    if (isCall(c.req.path) && c.get('log').isLevelEnabled(level))
      c.get('log')[level](
        {
          method: c.req.method,
          route,
          status,
          ms,
          problem: c.get('problem')?.kind,
          upstreamRequestID: c.get('problem')?.upstreamRequestID,
        },
        'answered',
      );
  };
}

const safe = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses state-changing requests that this portal's own pages did not make: `Origin` must be the public origin, or,
 * where a browser sends none, `Sec-Fetch-Site` must say same-origin (OWASP CSRF cheat sheet; `same-site` is not enough).
 */
export function requireSameOrigin(publicOrigin: string): MiddlewareHandler<App> {
  return async (c, next) => {
    if (!safe.has(c.req.method)) {
      const origin = c.req.header('origin');
      const site = c.req.header('sec-fetch-site');
      const own =
        origin === undefined
          ? site === 'same-origin'
          : origin === publicOrigin && (site === undefined || site === 'same-origin');
      if (!own)
        throw new ProblemError('foreign-origin', {
          detail: `Changes must come from the portal's own pages at ${publicOrigin}. Open the portal there and try again.`,
        });
      const length = c.req.header('content-length');
      const hasBody = (length !== undefined && length !== '0') || c.req.header('transfer-encoding') !== undefined;
      if (hasBody) requireJSON(c);
    }
    await next();
  };
}

function requireJSON(c: Context<App>, { anyType = false } = {}) {
  const type = c.req.header('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
  const encoding = c.req.header('content-encoding');
  if ((type !== 'application/json' && !anyType) || (encoding !== undefined && encoding !== 'identity'))
    throw new ProblemError('wrong-content-type', {
      detail: 'Send the request as uncompressed JSON, with content-type: application/json.',
    });
  if (Number(c.req.header('content-length') ?? 0) > largestBody) throw tooLarge();
}

const tooLarge = () =>
  new ProblemError('too-large', {
    detail: 'The request is larger than 1 MB. Shorten the message and try again; nothing was filed.',
  });

/**
 * Reads a JSON body of at most 1 MB and parses it by a schema.
 * @param how `anyType` takes it whatever its content type says: only where something else keeps forms of other sites away
 * @throws {ProblemError} 413, 415, 400 (broken JSON) or 422 with one sentence for each field at fault
 */
export async function readBody<Schema extends z.ZodMiniType>(
  c: Context<App>,
  schema: Schema,
  how: { anyType?: boolean } = {},
): Promise<z.output<Schema>> {
  requireJSON(c, how);
  let json: unknown;
  try {
    json = JSON.parse(await readText(c, largestBody));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError)
      throw new ProblemError('malformed-request', {
        detail: 'The request is not valid JSON in UTF-8. Nothing was done.',
      });
    throw error;
  }
  return parseOr422(schema, json);
}

const utf8 = new TextDecoder('utf-8', { fatal: true });
/**
 * Reads a body of UTF-8 text of at most `most` bytes.
 * @throws {ProblemError} 413, or 400 when the connection ended before all of it had come; {TypeError} when it is not UTF-8
 */
export async function readText(c: Context<App>, most: number): Promise<string> {
  return utf8.decode(
    await readBytes(c, most).catch((error: unknown) => {
      if (error instanceof ProblemError) throw error;
      // People lose their connection, and strangers break theirs off: nothing that an operator must look at.
      c.get('log').info({ err: error }, 'a request broke off');
      throw new ProblemError('malformed-request', {
        detail: 'The connection was lost before the whole request had come. Nothing was done.',
      });
    }),
  );
}

async function readBytes(c: Context<App>, most: number): Promise<ArrayBuffer | Uint8Array> {
  // A server never hands on more than the length that was announced; only without one must the pieces be counted.
  if (Number(c.req.header('content-length') ?? Number.NaN) <= most) return c.req.raw.arrayBuffer();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of c.req.raw.body ?? []) {
    size += chunk.length;
    if (size > most) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * Reads what a call asks for in its address, and parses it by a schema; a name with nothing after it asks for nothing.
 * @throws {ProblemError} 422 with one sentence for each field at fault
 */
export function readQuery<Schema extends z.ZodMiniType>(c: Context<App>, schema: Schema): z.output<Schema> {
  return parseOr422(schema, Object.fromEntries(Object.entries(c.req.query()).filter(([, value]) => value !== '')));
}

/** Parses what came from a browser. @throws {ProblemError} 422 with one sentence for each field at fault */
function parseOr422<Schema extends z.ZodMiniType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const fields: Record<string, string> = {};
  for (const { path, message } of parsed.error.issues)
    if (path.length > 0) fields[path.map(String).join('.')] ??= message;
    else fields.request = 'Send a JSON object with the fields that are expected here.';
  throw new ProblemError('invalid', {
    detail: 'Some fields need attention. Each sentence stands beside its field.',
    fields,
  });
}
