import { type Problem, type ProblemKind, problemType } from '../../contract/problem.ts';

/** Status and title of every kind of problem, in one place; the stable ids are in `contract/problem.ts`. */
const kinds: Record<ProblemKind, { status: number; title: string }> = {
  'malformed-request': { status: 400, title: 'The request could not be read' },
  'not-signed-in': { status: 401, title: 'You are not signed in' },
  'somebody-else-signed-in': { status: 401, title: 'Somebody else has signed in' },
  'sign-in-outdated': { status: 400, title: 'This sign-in cannot be completed' },
  'sign-in-not-confirmed': { status: 400, title: 'This sign-in was not completed' },
  'foreign-origin': { status: 403, title: 'The request came from another site' },
  'not-found': { status: 404, title: 'Not found' },
  'method-not-allowed': { status: 405, title: 'Not possible here' },
  'too-large': { status: 413, title: 'The request is too large' },
  'wrong-content-type': { status: 415, title: 'The request is not JSON' },
  invalid: { status: 422, title: 'Some fields need attention' },
  'idempotency-key-missing': { status: 400, title: 'The idempotency key is missing' },
  'idempotency-key-malformed': { status: 400, title: 'The idempotency key is malformed' },
  'idempotency-key-reused': { status: 422, title: 'The idempotency key was used for another ticket' },
  refused: { status: 400, title: 'The request was refused' },
  conflict: { status: 409, title: 'Moov did not accept this' },
  'not-cancellable': { status: 409, title: 'Too late to cancel' },
  'given-up': { status: 409, title: 'Whether this ticket has arrived could not be found out' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  'forbidden-upstream': { status: 403, title: 'Not allowed for this account' },
  'not-found-upstream': { status: 404, title: 'Not found' },
  'upstream-unavailable': { status: 503, title: 'Moov is not available' },
  'upstream-timeout': { status: 504, title: 'The Moov API did not answer in time' },
  unavailable: { status: 503, title: 'The portal cannot do this just now' },
  internal: { status: 500, title: 'Something went wrong' },
};

/** The time after which to try again, as words for a sentence: “in 5 seconds”. */
export const inSeconds = (seconds: number): string => `in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}`;

/** The details of one problem. `title` and `status`, if given, replace those of its kind. */
export type ProblemDetails = Pick<Problem, 'detail'> &
  Partial<Pick<Problem, 'title' | 'status' | 'upstreamRequestID' | 'fields' | 'retryAfter'>>;

/** A problem to answer with. Thrown anywhere below a route; `app.onError` turns it into the answer. A `cause` is logged as an error. */
export class ProblemError extends Error {
  override name = 'ProblemError';
  readonly kind: ProblemKind;
  readonly details: ProblemDetails;
  constructor(kind: ProblemKind, details: ProblemDetails, options?: ErrorOptions) {
    super(kind, options);
    this.kind = kind;
    this.details = details;
  }
}

/** The problem as it goes over the wire (RFC 9457). */
export function makeProblem(kind: ProblemKind, details: ProblemDetails, requestID: string): Problem {
  return { type: problemType(kind), title: kinds[kind].title, status: kinds[kind].status, requestID, ...details };
}

/** The answer that carries a problem. Middleware adds the headers that every answer has. */
export function answerProblem(problem: Problem): Response {
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: {
      'content-type': 'application/problem+json',
      ...(problem.retryAfter !== undefined && { 'retry-after': String(Math.ceil(problem.retryAfter)) }),
    },
  });
}

/** Said of everything that does not exist or that the person may not see: one sentence, so that nobody can tell the two apart. */
export const nothingHere =
  'There is nothing here, or you may not see it. Check the address, or ask whoever gave it to you.';
/** The problem that says so. */
export const notFound = () => new ProblemError('not-found', { detail: nothingHere });
