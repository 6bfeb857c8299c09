import type { IncomingHttpHeaders } from 'node:http';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { type Dispatcher, Pool } from 'undici';
import type { WaitingReason } from '../../contract/submission.ts';
import { traceHeaders } from '../guard/trace.ts';
import type { Unclear } from './outcome.ts';
import { createUnchanged } from './unchanged.ts';

/** One exchange with the fixed upstream host, as it came over the wire. `json` is undefined where the body is not JSON. */
export type Answer = { status: number; json: unknown; upstreamRequestID?: string; retryAfterMs?: number; date?: Date };

/** Failures of a request that surely never left this machine. */
const neverLeft = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
/** A connection that was closed: often a kept one, at the very moment at which it was to be used again. */
const closed = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);
/** A page of 1,000 tickets is well below this. */
const largestAnswer = 8 * 1024 * 1024;

const leastWaitMs = 1_000;
const mostWaitMs = 3_600_000;

class AnswerTooLarge extends Error {}
class DeadlineOver extends Error {}

/**
 * Speaks HTTP to one fixed origin: never follows a redirect, caps answers in size and time, and sends nothing twice but a GET
 * whose connection was closed before anything came of the answer (RFC 9110 9.2.2: it changes nothing), once, on a new one.
 * `baseURL` may have a path, which stands before every call's path.
 */
export function createTransport(baseURL: string) {
  const { origin, pathname } = new URL(baseURL);
  const prefix = pathname.replace(/\/$/, '');
  const pool = new Pool(origin, { connections: 128, connectTimeout: 5_000, keepAliveTimeout: 4_000, pipelining: 1 });
  /** For second tries: none of its connections is used again. */
  const fresh = new Pool(origin, { connections: 128, connectTimeout: 5_000, pipelining: 1 });
  const unchanged = createUnchanged(readJSON);

  /**
   * @param timeoutMs a deadline for the whole exchange
   * @returns what came back, or why nothing did
   */
  function exchange(
    method: 'GET' | 'POST' | 'PATCH',
    path: string,
    headers: Record<string, string>,
    body: string | undefined,
    timeoutMs: number,
  ): Promise<Answer | Unclear> {
    const options: Dispatcher.DispatchOptions = {
      method,
      path: prefix + path,
      headers: {
        ...headers,
        // Without it any coding would do (RFC 9110 12.5.3).
        'accept-encoding': 'identity',
        ...traceHeaders(),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      body: body ?? null,
      // The one deadline is for everything.
      headersTimeout: 0,
      bodyTimeout: 0,
    };
    return new Promise((resolve) => {
      const again = () => fresh.dispatch({ ...options, reset: true }, received);
      const received =
        method === 'GET'
          ? new Received(timeoutMs, resolve, (answer) => unchanged(path, answer), again)
          : new Received(timeoutMs, resolve, readJSON);
      try {
        pool.dispatch(options, received);
      } catch (error) {
        received.fail(error);
      }
    });
  }
  return {
    exchange,
    async close() {
      await Promise.all([pool.destroy(), fresh.destroy()]);
    },
  };
}

/**
 * One exchange as undici reports it, at its lowest level: its streams and abort signals, made for answers of any size, would
 * cost more than all that the portal does with an answer.
 */
class Received implements Dispatcher.DispatchHandler {
  #settle: ((result: Answer | Unclear) => void) | undefined;
  #again: (() => void) | undefined;
  readonly #read: (body: Buffer) => unknown;
  readonly #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  readonly #chunks: Buffer[] = [];
  #size = 0;

  /** @param again sends the request once more, where that may be done */
  constructor(
    timeoutMs: number,
    settle: (result: Answer | Unclear) => void,
    read: (body: Buffer) => unknown,
    again?: () => void,
  ) {
    this.#settle = settle;
    this.#read = read;
    this.#again = again;
    this.#timer = setTimeout(() => this.#breakOff(new DeadlineOver()), timeoutMs);
  }

  onRequestStart(controller: Dispatcher.DispatchController) {
    // It waited for a connection until its deadline was over.
    if (this.#settle === undefined) controller.abort(new DeadlineOver());
    this.#controller = controller;
  }
  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders) {
    this.#status = status;
    this.#headers = headers;
  }
  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer) {
    this.#size += chunk.length;
    if (this.#size > largestAnswer) this.#breakOff(new AnswerTooLarge());
    else this.#chunks.push(chunk);
  }
  onResponseEnd() {
    const requestID = one(this.#headers['x-request-id']);
    const date = Date.parse(one(this.#headers.date) ?? '');
    const retryAfterMs = readRetryAfter(this.#headers);
    const [first = Buffer.alloc(0), ...others] = this.#chunks;
    this.#finish({
      status: this.#status,
      json: this.#read(decoded(others.length === 0 ? first : Buffer.concat(this.#chunks), this.#headers)),
      ...(requestID !== undefined && { upstreamRequestID: requestID.slice(0, 200) }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
      ...(!Number.isNaN(date) && { date: new Date(date) }),
    });
  }
  onResponseError(_: Dispatcher.DispatchController, error: Error) {
    this.fail(error);
  }
  fail(error: unknown) {
    const code = codeOf(error);
    const again = this.#again;
    this.#again = undefined;
    const because = (reason: WaitingReason, mayHaveArrived: boolean) =>
      this.#finish({
        kind: 'unclear',
        reason,
        mayHaveArrived,
        // What the answer began with counts, though the rest of it never came.
        ...(this.#status !== 0 && { status: this.#status }),
        ...(code !== '' && { code }),
      });
    if (again !== undefined && this.#settle !== undefined && this.#status === 0 && closed.has(code)) again();
    else if (neverLeft.has(code)) because(code === 'UND_ERR_CONNECT_TIMEOUT' ? 'timeout' : 'unavailable', false);
    else if (error instanceof AnswerTooLarge) because('unreadable', true);
    else because(error instanceof DeadlineOver ? 'timeout' : 'broken', true);
  }

  #breakOff(reason: Error) {
    this.fail(reason);
    this.#controller?.abort(reason);
  }
  #finish(result: Answer | Unclear) {
    clearTimeout(this.#timer);
    this.#settle?.(result);
    this.#settle = undefined;
  }
}

const one = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value);

function codeOf(error: unknown): string {
  // Happy eyeballs: every address of the host was tried, and only the last had its whole time.
  if (error instanceof AggregateError) return codeOf(error.errors.at(-1));
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

const decoders = new Map([
  ['gzip', gunzipSync],
  ['x-gzip', gunzipSync],
  ['deflate', inflateSync],
  ['br', brotliDecompressSync],
]);
/** The body without the coding that something on the way gave it all the same; nothing where that cannot be undone. */
function decoded(body: Buffer, headers: IncomingHttpHeaders): Buffer {
  const coding = one(headers['content-encoding'])?.trim().toLowerCase() ?? 'identity';
  if (coding === 'identity' || body.length === 0) return body;
  try {
    return decoders.get(coding)?.(body, { maxOutputLength: largestAnswer }) ?? nothing;
  } catch {
    return nothing;
  }
}
const nothing = Buffer.alloc(0);

function readJSON(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * Moov's page says only that "a header" tells how long to wait: Retry-After in seconds or as a date (RFC 9110 10.2.3), or the common
 * X-RateLimit-Reset. Less than a second, or a time that is over by our clock, is no wait at all: whoever asks again pauses as
 * without it, longer each time.
 */
export function readRetryAfter(headers: Record<string, string | string[] | undefined>): number | undefined {
  const raw =
    one(headers['retry-after']) ??
    one(headers['x-ratelimit-reset']) ??
    one(headers['ratelimit-reset']) ??
    one(headers['x-retry-after']);
  if (raw === undefined) return undefined;
  const seconds = Number(raw);
  const ms = Number.isFinite(seconds)
    ? seconds > 1_000_000_000
      ? seconds * 1000 - Date.now()
      : seconds * 1000
    : Date.parse(raw) - Date.now();
  return ms >= leastWaitMs ? Math.min(ms, mostWaitMs) : undefined;
}
