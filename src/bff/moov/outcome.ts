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
      status?: number;
      /** of this machine's own error, where no answer came: `ENOTFOUND`, `CERT_HAS_EXPIRED` */
      code?: string;
      upstreamRequestID?: string;
    };

export type Unclear = Extract<Outcome<never>, { kind: 'unclear' }>;
export type Refused = Extract<Outcome<never>, { kind: 'refused' }>;
