import type { WaitingReason } from '../../contract/submission.ts';

/** What Moov made of a call. `upstreamRequestID` is Moov's own reference, wherever Moov answered. */
export type Outcome<T> =
  | { kind: 'ok'; value: T; upstreamRequestID?: string }
  /** a definite no: 400, 403, 404, 409, 422 or another 4xx */
  | { kind: 'refused'; status: number; error?: string; fields?: Record<string, string>; upstreamRequestID?: string }
  /** no definite answer. `mayHaveArrived` is false only where the request surely did nothing. */
  | {
      kind: 'unclear';
      reason: WaitingReason;
      mayHaveArrived: boolean;
      retryAfterMs?: number;
      /** where an answer began to come */
      status?: number;
      /** of this machine's own error, where no answer came: `ENOTFOUND`, `CERT_HAS_EXPIRED` */
      code?: string;
      upstreamRequestID?: string;
    };

export type Unclear = Extract<Outcome<never>, { kind: 'unclear' }>;
export type Refused = Extract<Outcome<never>, { kind: 'refused' }>;

/** Whether Moov has said yes, though what it said with it could not be read: what was asked for is done, and never asked for again. */
export const isDone = ({ mayHaveArrived, status = 0 }: Unclear) => mayHaveArrived && status >= 200 && status < 300;
