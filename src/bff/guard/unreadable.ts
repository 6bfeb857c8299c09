import { randomUUID } from 'node:crypto';
import { type RequestListener, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { Problem, ProblemKind } from '../../contract/problem.ts';
import { makeProblem, type ProblemDetails } from './problem.ts';

type Unreadable = { kind: ProblemKind; details: ProblemDetails };

const malformed: Unreadable = {
  kind: 'malformed-request',
  details: { detail: 'The request is not valid HTTP. Nothing was done.' },
};
/** The answer to an `Expect` header that asks for anything but 100-continue. */
const unexpected: Unreadable = {
  kind: 'malformed-request',
  details: { status: 417, detail: 'The request expects what this server does not know. Nothing was done.' },
};
/** Other answers, by the code of Node's error. */
const others: Record<string, Unreadable> = {
  ERR_HTTP_REQUEST_TIMEOUT: {
    kind: 'malformed-request',
    details: { status: 408, detail: 'The request took too long to come. Nothing was done. Try again.' },
  },
  HPE_HEADER_OVERFLOW: {
    kind: 'too-large',
    details: {
      status: 431,
      detail: 'The headers of the request are too large. Delete the cookies of this site, and try again.',
    },
  },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: {
    kind: 'too-large',
    details: { detail: 'The parts of the request say too much of themselves. Nothing was done.' },
  },
};

function problemOf({ kind, details }: Unreadable, log: Logger, code: string | undefined): Problem {
  const problem = makeProblem(kind, details, randomUUID());
  log.info({ requestID: problem.requestID, status: problem.status, code }, 'a request could not be read');
  return problem;
}

/** The answer to a request whose host or address is not valid. For the `errorHandler` of Hono's listener, which cannot ask the app. */
export const answerNoRequest = (log: Logger) => (error: unknown) => {
  const problem = problemOf(malformed, log, error instanceof Error ? error.name : undefined);
  const body = JSON.stringify(problem);
  return new Response(body, { status: problem.status, headers: headersOf(problem, body) });
};

/** Answers with a problem and a request id where Node's own answer would have neither. */
const refuse = (response: ServerResponse, problem: Problem) => {
  const body = JSON.stringify(problem);
  response.writeHead(problem.status, headersOf(problem, body)).end(body);
};

/**
 * Refuses HTTP/1.1 requests without a `Host` header (RFC 9112, section 3.2) and hands all others to the listener. For a server
 * whose `requireHostHeader` is off: HTTP/1.0 does not need the header, and some load balancers use it for health checks.
 */
export const withHostOnly =
  (listener: RequestListener, log: Logger): RequestListener =>
  (request, response) => {
    if (request.headers.host === undefined && request.httpVersion === '1.1')
      refuse(response, problemOf(malformed, log, 'ERR_NO_HOST'));
    else listener(request, response);
  };

/**
 * Answers requests that Node cannot parse, and so does not give to the listener, with a problem and a request id, as all other
 * requests are answered. Node's own answers have neither.
 */
export function answerUnreadable(server: Server, log: Logger): void {
  const latest = new WeakMap<Duplex, ServerResponse>();
  server.on('request', ({ socket }, response) => latest.set(socket, response));
  server.on('checkExpectation', (_, response: ServerResponse) =>
    refuse(response, problemOf(unexpected, log, undefined)),
  );
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const answer = latest.get(socket);
    const isInAnswer = answer?.headersSent === true && !answer.writableFinished;
    if (socket.writable && !isInAnswer && error.code !== 'ECONNRESET')
      socket.write(inWords(problemOf(others[error.code ?? ''] ?? malformed, log, error.code)));
    socket.destroy(error);
  });
}

const headersOf = (problem: Problem, body: string) => ({
  'content-type': 'application/problem+json',
  'content-length': String(Buffer.byteLength(body)),
  'x-request-id': problem.requestID,
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  connection: 'close',
});

/** A whole HTTP answer as text, for a socket without a response object. */
function inWords(problem: Problem): string {
  const body = JSON.stringify(problem);
  const headers = Object.entries(headersOf(problem, body)).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`, ...headers, '', body].join('\r\n');
}
