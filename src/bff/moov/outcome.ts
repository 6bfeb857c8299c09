import type { WaitingReason } from '../../contract/submission.ts';

/** The result of a call to Moov. `upstreamRequestID` is Moov's `x-request-id`, if Moov answered. */
export type Outcome<T> =
  | { kind: 'ok'; value: T; upstreamRequestID?: string }
  /** a definite no: 400, 403, 404, 409, 422 or another 4xx */
  | { kind: 'refused'; status: number; error?: string; fields?: Record<string, string>; upstreamRequestID?: string }
  /** no definite answer. `mayHaveArrived` is false only if the request surely had no effect. */
  | {
      kind: 'unclear';
      reason: WaitingReason;
      mayHaveArrived: boolean;
      retryAfterMs?: number;
      /** the HTTP status, if an answer began to come */
      status?: number;
      /** the code of the error on this machine, if no answer came: `ENOTFOUND`, `CERT_HAS_EXPIRED` */
      code?: string;
      upstreamRequestID?: string;
    };

export type Unclear = Extract<Outcome<never>, { kind: 'unclear' }>;
export type Refused = Extract<Outcome<never>, { kind: 'refused' }>;

/** Whether Moov answered 2xx with a body that could not be read. Then the request has been done and must never be repeated. */
export const isDone = ({ mayHaveArrived, status = 0 }: Unclear) => mayHaveArrived && status >= 200 && status < 300;
