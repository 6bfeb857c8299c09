import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';

/** A trace that the caller began and that the portal continues (W3C Trace Context). */
type Trace = {
  /** 32 lower-case hexadecimal digits */
  traceID: string;
  /** whether the caller records it */
  sampled: boolean;
  /** `tracestate`: data of the caller's tracing systems, passed on unchanged */
  state?: string;
};

const wellFormed = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?$/;
/** A list of `key=value` in printable ASCII. Every system must be able to pass on 512 characters (W3C Trace Context 3.3.1.5). */
const wellFormedState = /^[\x20-\x7e]{1,512}$/;

/**
 * Reads the headers `traceparent` and `tracestate`.
 * @returns the trace, or undefined where there is none or it is malformed (W3C Trace Context 3.2: such a header is ignored)
 */
export function readTrace(traceparent: string | undefined, tracestate: string | undefined): Trace | undefined {
  const [, version, traceID, flags, more] =
    (traceparent?.length ?? 0) <= 200 ? (wellFormed.exec(traceparent ?? '') ?? []) : [];
  if (traceID === undefined || flags === undefined || (version === '00' && more !== undefined)) return undefined;
  return {
    traceID,
    // `sampled` is the one flag that every version of the header has.
    sampled: (Number.parseInt(flags, 16) & 1) === 1,
    ...(tracestate !== undefined && wellFormedState.test(tracestate) && { state: tracestate }),
  };
}

const current = new AsyncLocalStorage<Trace>();

/** Runs `work` within a trace: the calls of Moov that it makes continue the trace. */
export const inTrace = <T>(trace: Trace, work: () => T): T => current.run(trace, work);

/** The headers with which a call to Moov continues the current trace, with a new span id; none outside a trace. */
export function traceHeaders(): Record<string, string> {
  const trace = current.getStore();
  if (trace === undefined) return {};
  return {
    traceparent: `00-${trace.traceID}-${randomBytes(8).toString('hex')}-${trace.sampled ? '01' : '00'}`,
    ...(trace.state !== undefined && { tracestate: trace.state }),
  };
}
