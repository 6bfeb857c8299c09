import type * as z from 'zod/mini';
import type { Problem } from '../../contract/problem.ts';
import { commonWords } from '../words/common.ts';
import { takenOver } from './hydration.ts';

type Answers = typeof import('./answers.ts');
/** The schema of a good answer: itself, or a function that picks one of the schemas in `answers.ts`, which are loaded later. */
type Expected<T> = z.ZodMiniType<T> | ((answers: Answers) => z.ZodMiniType<T>);

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';
/** The outcome of a request: the answer, or the problem why there is none. `status` is that of HTTP. */
export type Result<T> = { ok: true; status: number; value: T; requestID: string } | { ok: false; problem: Problem };

type RequestOptions<T> = {
  /** the schema of a good answer; `z.undefined()` for an answer without content */
  schema: Expected<T>;
  /** sent as JSON */
  body?: unknown;
  headers?: Record<string, string>;
  /** stops the request early; the outcome is then the problem `/problems/aborted` */
  signal?: AbortSignal;
  /** after this many milliseconds the outcome is the problem `/problems/timeout`; 20 seconds when left out */
  timeoutMs?: number;
  /** true for a request that a timer makes and not the person: it does not prolong the session */
  background?: boolean;
};

const deadlineMs = 20_000;

const signedOutListeners = new Set<() => void>();
/** Calls `listener` whenever an answer says that nobody is signed in (401). @returns stops listening */
export function onSignedOut(listener: () => void): () => void {
  signedOutListeners.add(listener);
  return () => signedOutListeners.delete(listener);
}

let person: string | undefined;
/**
 * Sets the person in whose name all further requests of this page are made (header `x-person`). All tabs share one session cookie, and
 * somebody else may sign in in another tab. The BFF refuses requests of this page then, instead of doing them in the other's name.
 */
export function askAs(userID: string): void {
  person = userID;
}

/** Types of the problems that arise in the browser itself: there was no answer, or the answer could not be read. */
export const localProblem = {
  offline: '/problems/offline',
  timeout: '/problems/timeout',
  unreadable: '/problems/unreadable',
  aborted: '/problems/aborted',
} as const;

/** Makes a problem that arose in the browser. `status` is that of the answer, or 0 when there was none. */
const madeHere = (kind: keyof typeof localProblem, status = 0, requestID = ''): Problem => ({
  type: localProblem[kind],
  status,
  requestID,
  ...commonWords.localProblems[kind],
});

/**
 * Calls the BFF. Never throws: whatever goes wrong is returned as a problem. Gives up after `timeoutMs`; only on a page that React has
 * not hydrated yet may it take longer, until React has (`takenOver`).
 * @param path one of `call` in contract/paths
 * @returns the parsed answer, or the problem why there is none
 */
export async function request<T>(method: Method, path: string, options: RequestOptions<T>): Promise<Result<T>> {
  const { schema, body, headers, signal, timeoutMs = deadlineMs, background = false } = options;
  const deadline = AbortSignal.timeout(timeoutMs);
  const asker = person;
  let status = 0;
  // Chosen here, so that there is a reference to quote when no answer comes, or one that is not the BFF's. The BFF logs it.
  let requestID: string = crypto.randomUUID();
  const schemas = import('./answers.ts');
  // Awaited below, where a failure is handled. Until then it must not count as an unhandled rejection.
  schemas.catch(() => undefined);
  try {
    const response = await fetch(path, {
      method,
      headers: {
        accept: 'application/json, application/problem+json',
        'x-request-id': requestID,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(background && { 'x-background': '1' }),
        // Encoded, because the id comes from an identity provider and may hold any character, and a header may not.
        ...(person !== undefined && { 'x-person': encodeURIComponent(person) }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
      // The BFF never redirects a call. A redirect comes from something in between, such as a hotel's sign-in page.
      redirect: 'error',
    });
    status = response.status;
    requestID = response.headers.get('x-request-id') ?? requestID;
    const text = await response.text();
    await takenOver();
    // If somebody else has signed in meanwhile, the refusal is not about them.
    if (status === 401 && asker === person) for (const listener of signedOutListeners) listener();
    const content = parseJSON(text);
    const answers = await Promise.race([schemas, passing(deadline)]);
    if (response.ok) {
      const value = (typeof schema === 'function' ? schema(answers) : schema).safeParse(content);
      return value.success
        ? { ok: true, status, value: value.data, requestID }
        : { ok: false, problem: madeHere('unreadable', status, requestID) };
    }
    const problem = answers.problemSchema.safeParse(content);
    return { ok: false, problem: problem.success ? problem.data : madeHere('unreadable', status, requestID) };
  } catch {
    // Whatever failed above, the reason is one of three: the caller gave up, the time was over, or the connection broke.
    if (signal?.aborted === true) return { ok: false, problem: madeHere('aborted') };
    if (deadline.aborted) return { ok: false, problem: madeHere('timeout', 0, requestID) };
    return { ok: false, problem: madeHere('offline', 0, requestID) };
  }
}

/** Never resolves; rejects when the deadline passes, or at once if it has passed. */
const passing = (deadline: AbortSignal) =>
  new Promise<never>((_, reject) => {
    if (deadline.aborted) reject(deadline.reason);
    deadline.addEventListener('abort', () => reject(deadline.reason), { once: true });
  });

function parseJSON(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // No schema accepts a symbol: what is not JSON is refused like JSON of another shape.
    return Symbol.for('not JSON');
  }
}

/** A problem as an error, to be thrown through react-query and error boundaries. */
export class ProblemError extends Error {
  override name = 'ProblemError';
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.title);
    this.problem = problem;
  }
}

/** Whether an error is a refusal (4xx): the same request would most likely be refused again. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof ProblemError && error.problem.status >= 400 && error.problem.status < 500;

/** Gives the answer in a good result. @throws {ProblemError} when the result is a problem */
export function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new ProblemError(result.problem);
}

/**
 * Makes a query function for react-query that reads one address of the BFF.
 * @returns a function that gives the parsed answer, and throws a `ProblemError` when there is none
 */
export const reading =
  <T>(path: string, schema: Expected<T>) =>
  async ({ signal }: { signal: AbortSignal }): Promise<T> =>
    unwrap(await request('GET', path, { schema, signal }));

/** Turns anything that was thrown into a problem that can be shown to the person. */
export const problemOf = (error: unknown): Problem =>
  error instanceof ProblemError ? error.problem : { ...madeHere('unreadable'), ...commonWords.crash };
