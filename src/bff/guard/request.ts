import { randomUUID } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { Logger } from 'pino';
import type * as z from 'zod/mini';
import { readID, ticketIDPattern } from '../../contract/paths.ts';
import type { ProblemKind } from '../../contract/problem.ts';
import type { StoredSession } from '../store/sessions.ts';
import { isWhole } from './answer.ts';
import { isCall } from './headers.ts';
import type { Limited } from './limits.ts';
import { RequestLog } from './logger.ts';
import type { Metrics } from './metrics.ts';
import { notFound, ProblemError } from './problem.ts';
import { inTrace, readTrace } from './trace.ts';

/** The variables of a request in Hono's context (`c.get`, `c.set`). */
type RequestVariables = {
  requestID: string;
  /** when the request came (ms since 1970) */
  startedAt: number;
  log: RequestLog;
  /** the hash of the session id in its cookie, once `sessionHashOf` has been called */
  sessionHash?: string;
  session?: StoredSession;
  /** during a sign-in: the path of the portal to which the person was going */
  returnTo?: string;
  /** the problem that it is answered with, and Moov's request id if a call of Moov was the cause */
  problem?: { kind: ProblemKind; upstreamRequestID?: string | undefined };
  /** the limits that it was counted against */
  limited?: Limited[];
  /** the headers of its answer, whatever the answer is */
  headers: Readonly<Record<string, string>>;
  /** its answer, if `answerJSON` or `answerUnchanged` made it with all its headers */
  whole?: Response;
};
export type App = { Variables: RequestVariables };

const largestBody = 1024 * 1024;
const wellFormedID = /^[\w-]{8,64}$/;

/**
 * Gives each request an id, in the log and as `x-request-id` on the answer. An id that the caller sends is used if it is
 * well-formed. If the caller sends a trace (`traceparent`), its id is in the log too, and calls to Moov continue it.
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

/** The pattern of the route that a request matched; if there is none, that of the branch it belongs to (`/api/*`). */
function patternOf(c: Context): string {
  const routes = matchedRoutes(c);
  // Not simply the last match: middleware for a whole branch may be registered after the route that answers.
  return (routes.findLast(({ path }) => !path.endsWith('*')) ?? routes.at(-1))?.path ?? '*';
}

/** Counts and times every answer, and logs those to calls. It uses the pattern of the route, because an address could hold an id. */
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
 * Refuses state-changing requests that this portal's own pages did not make (OWASP CSRF cheat sheet). `Origin` must be the public
 * origin, and `Sec-Fetch-Site`, if sent, must be `same-origin`; without an `Origin`, `Sec-Fetch-Site: same-origin` is required.
 * `same-site` is not enough. A body must be JSON, because a form of another site cannot send that.
 * @throws {ProblemError} 403; 415 or 413 for the body
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
 * @param how `anyType` accepts every content type: only for calls that are protected against forms of other sites in another way
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
      // Connections are lost, and strangers break theirs off. An operator need not look at that, so it is `info`.
      c.get('log').info({ err: error }, 'a request broke off');
      throw new ProblemError('malformed-request', {
        detail: 'The connection was lost before the whole request had come. Nothing was done.',
      });
    }),
  );
}

async function readBytes(c: Context<App>, most: number): Promise<ArrayBuffer | Uint8Array> {
  // Node never hands on more than the announced content-length, so the pieces need counting only if none is announced.
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
 * Parses the query string of a call by a schema. A parameter with an empty value counts as left out.
 * @throws {ProblemError} 422 with one sentence for each field at fault
 */
export function readQuery<Schema extends z.ZodMiniType>(c: Context<App>, schema: Schema): z.output<Schema> {
  return parseOr422(schema, Object.fromEntries(Object.entries(c.req.query()).filter(([, value]) => value !== '')));
}

/** Parses a value from a request by a schema. @throws {ProblemError} 422 with one sentence for each field at fault */
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

/** The id of the submission in a route's path. @throws {ProblemError} 404 if it is not a UUID */
export function submissionIDOf(c: Context<App>): string {
  const submissionID = readID(c.req.param('submissionID'));
  if (submissionID === undefined) throw notFound();
  return submissionID;
}

/** The id of the ticket in a route's path, unchanged. @throws {ProblemError} 404 if it does not have the form of one */
export function ticketIDOf(c: Context<App>): string {
  const ticketID = c.req.param('ticketID') ?? '';
  if (!ticketIDPattern.test(ticketID)) throw notFound();
  return ticketID;
}
