import type * as z from 'zod/mini';
import type { Problem } from '../../contract/problem.ts';
import { commonWords } from '../words/common.ts';
import { takenOver } from './hydration.ts';

type Answers = typeof import('./answers.ts');
/** What an answer looks like: a schema, or, for what is asked before the schemas have come, one of theirs. */
type Expected<T> = z.ZodMiniType<T> | ((answers: Answers) => z.ZodMiniType<T>);

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';
/** What came of a request: what was asked for, or the problem why not. */
export type Result<T> = { ok: true; status: number; value: T; requestID: string } | { ok: false; problem: Problem };

type RequestOptions<T> = {
  /** what a good answer looks like; `z.undefined()` for one without content */
  schema: Expected<T>;
  /** sent as JSON */
  body?: unknown;
  headers?: Record<string, string>;
  /** to give up early; the answer is then the problem `/problems/aborted` */
  signal?: AbortSignal;
  /** milliseconds until the problem `/problems/timeout` */
  timeoutMs?: number;
  /** asked by a timer and not by a person: must not prolong the session */
  background?: boolean;
};

const deadlineMs = 20_000;

const signedOutListeners = new Set<() => void>();
/** Calls `listener` whenever an answer says that nobody is signed in (401). Returns how to stop listening. */
export function onSignedOut(listener: () => void): () => void {
  signedOutListeners.add(listener);
  return () => signedOutListeners.delete(listener);
}

let person: string | undefined;
/**
 * Says from now on for whom the page is open. Another tab may sign somebody else in, with the one cookie that all tabs
 * have: what this page asks for then must not be done in that person's name.
 */
export function askAs(userID: string): void {
  person = userID;
}

/** Kinds of problem that arise in the browser itself, where no answer came or it could not be read. */
export const localProblem = {
  offline: '/problems/offline',
  timeout: '/problems/timeout',
  unreadable: '/problems/unreadable',
  aborted: '/problems/aborted',
} as const;

const madeHere = (kind: keyof typeof localProblem, status = 0, requestID = ''): Problem => ({
  type: localProblem[kind],
  status,
  requestID,
  ...commonWords.localProblems[kind],
});

/**
 * Calls the BFF and gives its answer, or the problem why there is none. Never throws, never waits for ever.
 * @param path one of `call` in contract/paths
 */
export async function request<T>(method: Method, path: string, options: RequestOptions<T>): Promise<Result<T>> {
  const { schema, body, headers, signal, timeoutMs = deadlineMs, background = false } = options;
  const deadline = AbortSignal.timeout(timeoutMs);
  let status = 0;
  let requestID = '';
  const schemas = import('./answers.ts');
  // Not awaited yet: what a failure of this means is decided below.
  schemas.catch(() => undefined);
  try {
    const response = await fetch(path, {
      method,
      headers: {
        accept: 'application/json, application/problem+json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(background && { 'x-background': '1' }),
        // Encoded, since an id may hold any letter that its provider likes, and a header takes few.
        ...(person !== undefined && { 'x-person': encodeURIComponent(person) }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
      // A redirect means that something stands between us and the BFF, such as a hotel's sign-in page.
      redirect: 'error',
    });
    status = response.status;
    requestID = response.headers.get('x-request-id') ?? '';
    const text = await response.text();
    await takenOver();
    if (status === 401) for (const listener of signedOutListeners) listener();
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
    // fetch, and reading the body, fail in the same ways: the caller gave up, the deadline passed, or the line broke.
    if (signal?.aborted === true) return { ok: false, problem: madeHere('aborted') };
    if (deadline.aborted) return { ok: false, problem: madeHere('timeout', 0, requestID) };
    return { ok: false, problem: madeHere('offline', 0, requestID) };
  }
}

/** @throws when the deadline has passed */
const passing = (deadline: AbortSignal) =>
  new Promise<never>((_, reject) => {
    deadline.addEventListener('abort', () => reject(deadline.reason), { once: true });
  });

function parseJSON(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON is as unreadable as JSON of another shape; the schema says so.
    return Symbol.for('not JSON');
  }
}

/** A problem on its way through react-query and error boundaries. */
export class ProblemError extends Error {
  override name = 'ProblemError';
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.title);
    this.problem = problem;
  }
}

/** Whether it was refused (4xx): asked again, it would be again. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof ProblemError && error.problem.status >= 400 && error.problem.status < 500;

/** The value of a good result. @throws {ProblemError} otherwise */
export function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new ProblemError(result.problem);
}

/** A query function that reads one address of the BFF. @throws {ProblemError} */
export const reading =
  <T>(path: string, schema: Expected<T>) =>
  async ({ signal }: { signal: AbortSignal }): Promise<T> =>
    unwrap(await request('GET', path, { schema, signal }));

/** The problem behind anything thrown: what the person is shown, whatever went wrong. */
export const problemOf = (error: unknown): Problem =>
  error instanceof ProblemError ? error.problem : { ...madeHere('unreadable'), ...commonWords.crash };
