import type { IncomingHttpHeaders } from 'node:http';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { type Dispatcher, Pool } from 'undici';
import type { WaitingReason } from '../../contract/submission.ts';
import { codeOf } from '../guard/error-code.ts';
import { traceHeaders } from '../guard/trace.ts';
import type { Unclear } from './outcome.ts';
import { createUnchanged } from './unchanged.ts';

/** An answer of Moov as it came over the wire. `json` is undefined if the body is not JSON; `date` is the `Date` header. */
export type Answer = { status: number; json: unknown; upstreamRequestID?: string; retryAfterMs?: number; date?: Date };

/** Codes of errors after which the request surely was not sent: no connection, or a certificate that is not valid. */
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
/** Codes of errors of a connection that was closed. Often it is a kept connection that Moov closes just when we use it again. */
const closed = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);
/** In bytes. A page of 1,000 tickets is well below this. */
const largestAnswer = 8 * 1024 * 1024;

const leastWaitMs = 1_000;
const mostWaitMs = 3_600_000;

class AnswerTooLarge extends Error {}
class DeadlineOver extends Error {}

/**
 * Speaks HTTP to one fixed origin. It never follows a redirect, and limits answers in size and time. It repeats only a GET whose
 * connection was closed before any of the answer had come: once, on a new connection. A GET changes nothing, so it may be repeated
 * (RFC 9110, section 9.2.2).
 * @param baseURL may have a path, which is put before every call's path
 */
export function createTransport(baseURL: string) {
  const { origin, pathname } = new URL(baseURL);
  const prefix = pathname.replace(/\/$/, '');
  const pool = new Pool(origin, { connections: 128, connectTimeout: 5_000, keepAliveTimeout: 4_000, pipelining: 1 });
  /** For repeated requests. Each gets a new connection (`reset: true`), which no other request has used. */
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
        // Without this header Moov might compress its answers in any way (RFC 9110, section 12.5.3).
        'accept-encoding': 'identity',
        ...traceHeaders(),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      body: body ?? null,
      // No separate timeouts: the one deadline of `Received` covers everything.
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
 * Receives one answer at undici's lowest level. undici's streams and abort signals would cost more than everything that the portal
 * does with an answer.
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

  /** @param again sends the request once more; only given if it may be repeated */
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
    // The request waited for a free connection until its deadline was over: it must not be sent any more.
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
    const code = lastCodeOf(error) ?? '';
    const again = this.#again;
    this.#again = undefined;
    const because = (reason: WaitingReason, mayHaveArrived: boolean) =>
      this.#finish({
        kind: 'unclear',
        reason,
        mayHaveArrived,
        // If an answer began to come, its status counts, even if the rest never came.
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

/** The code of the error that counts. Node tried all addresses of the host (“happy eyeballs”, RFC 8305): only the last had its whole time. */
function lastCodeOf(error: unknown): string | undefined {
  return error instanceof AggregateError ? lastCodeOf(error.errors.at(-1)) : codeOf(error);
}

const decoders = new Map([
  ['gzip', gunzipSync],
  ['x-gzip', gunzipSync],
  ['deflate', inflateSync],
  ['br', brotliDecompressSync],
]);
/** The decompressed body, in case a proxy on the way compressed it although we asked for `identity`; empty if that fails. */
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
 * How long Moov asks to wait (ms, at most an hour). Moov's page says only that "a header" tells it, so these are read: `Retry-After`, in
 * seconds or as a date (RFC 9110, section 10.2.3), and the common `X-RateLimit-Reset` and its like, in seconds or as a Unix time.
 * @returns undefined without such a header, for less than a second, and for a time that has passed by our clock: the caller
 *   then chooses its own pause, longer each time
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
