import * as z from 'zod/mini';

/** An error on the wire: RFC 9457 problem details, `application/problem+json`. */
export const problemSchema = z.object({
  /** `/problems/<kind>` */
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string(),
  /** the portal's reference, to quote */
  requestID: z.string(),
  /** Moov's reference, where Moov was asked */
  upstreamRequestID: z.optional(z.string()),
  /** dotted paths of the request to one sentence each */
  fields: z.optional(z.record(z.string(), z.string())),
  /** seconds after which it makes sense to try again */
  retryAfter: z.optional(z.number()),
});
export type Problem = z.infer<typeof problemSchema>;

/** Every kind of problem the BFF answers with; the last part of `type`. */
export type ProblemKind =
  | 'malformed-request'
  | 'not-signed-in'
  | 'somebody-else-signed-in'
  | 'sign-in-outdated'
  | 'sign-in-not-confirmed'
  | 'foreign-origin'
  | 'not-found'
  | 'method-not-allowed'
  | 'too-large'
  | 'wrong-content-type'
  | 'invalid'
  | 'idempotency-key-missing'
  | 'idempotency-key-malformed'
  | 'idempotency-key-reused'
  | 'refused'
  | 'conflict'
  | 'not-cancellable'
  | 'given-up'
  | 'too-many-requests'
  | 'forbidden-upstream'
  | 'not-found-upstream'
  | 'upstream-unavailable'
  | 'upstream-timeout'
  | 'unavailable'
  | 'internal';
/** The kinds with which a sign-in can fail. There is no form to show the problem in, so the person gets a page about it. */
export const signInFailures = [
  'sign-in-outdated',
  'sign-in-not-confirmed',
  'upstream-unavailable',
  'too-many-requests',
  'unavailable',
  'internal',
] as const satisfies ProblemKind[];
/** The `type` of a problem of this kind. */
export const problemType = (kind: ProblemKind) => `/problems/${kind}`;
