import { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { bodyOf, type Listening, listen } from './listen.ts';

/** One request that the portal sent to the API. */
type Received = {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: string;
};

/**
 * What happens to a request instead of the API's answer. `status`: the line answers, and the API does not see the request.
 * `afterwards`: the API does the work, but another answer is given. `cut-before`: the connection breaks before the API sees
 * the request. `cut-after`: the API does the work, but the connection breaks instead of an answer. `hang`: no answer ever.
 */
type Trouble =
  | { status: number; headers?: Record<string, string>; body?: string }
  | { afterwards: (body: string) => { status: number; headers?: Record<string, string>; body?: string } }
  | 'cut-before'
  | 'cut-after'
  | 'hang';

/** A proxy between the portal and the API. It notes every request, and fails on demand. Each new trouble replaces the one before. */
export type Line = Listening & {
  /** every request so far, oldest first */
  received: Received[];
  /** those that create a ticket */
  creations(): Received[];
  /** from now on, requests that create a ticket meet this, `times` times (for ever by default) */
  creating(trouble: Trouble, times?: number): void;
  /** from now on, requests that close a ticket meet this */
  closing(trouble: Trouble): void;
  /** from now on, every request meets this, the minting of tokens included */
  everything(trouble: Trouble): void;
  /** the API answers again; hanging requests break */
  mend(): void;
};

const isCreation = ({ method, path }: { method: string; path: string }) =>
  method === 'POST' && /^\/accounts\/[^/]+\/tickets$/.test(path);

/** Starts a line to the API at `target`. */
export async function startLine(target: string): Promise<Line> {
  const received: Received[] = [];
  const hanging = new Set<ServerResponse>();
  let troubles: { applies: (one: Received) => boolean; trouble: Trouble; times: number }[] = [];

  const breakOff = (response: ServerResponse) => response.socket?.destroy();
  const plain = (
    response: ServerResponse,
    answer: { status: number; headers?: Record<string, string>; body?: string },
  ) =>
    response
      .writeHead(answer.status, {
        'x-request-id': `line-${received.length}`,
        ...(answer.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...answer.headers,
      })
      .end(answer.body);

  async function handle(request: IncomingMessage, response: ServerResponse) {
    const url = new URL(request.url ?? '/', target);
    const one: Received = {
      method: request.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: await bodyOf(request),
    };
    received.push(one);
    const met = troubles.find(({ applies, times }) => times > 0 && applies(one));
    if (met !== undefined) met.times -= 1;
    const trouble = met?.trouble;
    if (trouble === 'cut-before') {
      breakOff(response);
      return;
    }
    if (trouble === 'hang') {
      hanging.add(response);
      response.once('close', () => hanging.delete(response));
      return;
    }
    if (typeof trouble === 'object' && 'status' in trouble) {
      plain(response, trouble);
      return;
    }
    const answer = await new Promise<{ status: number; headers: IncomingHttpHeaders; body: string }>(
      (resolve, reject) => {
        // The headers are passed on as they came, because the API checks them (`Origin`, the token).
        const onward = send(
          url,
          { method: one.method, headers: { ...one.headers, host: url.host, connection: 'close' } },
          (reply) => {
            bodyOf(reply).then(
              (body) => resolve({ status: reply.statusCode ?? 502, headers: reply.headers, body }),
              reject,
            );
          },
        );
        onward.once('error', reject);
        onward.end(one.body);
      },
    );
    if (trouble === 'cut-after') {
      breakOff(response);
      return;
    }
    if (trouble !== undefined) {
      plain(response, trouble.afterwards(answer.body));
      return;
    }
    const { connection: _, 'keep-alive': __, 'transfer-encoding': ___, ...headers } = answer.headers;
    response.writeHead(answer.status, headers).end(answer.body);
  }

  const server = await listen((request, response) => {
    handle(request, response).catch(() => breakOff(response));
  });
  return {
    ...server,
    received,
    creations: () => received.filter(isCreation),
    creating(trouble, times = Number.POSITIVE_INFINITY) {
      troubles = [{ applies: isCreation, trouble, times }];
    },
    closing(trouble) {
      troubles = [{ applies: ({ method }) => method === 'PATCH', trouble, times: Number.POSITIVE_INFINITY }];
    },
    everything(trouble) {
      troubles = [{ applies: () => true, trouble, times: Number.POSITIVE_INFINITY }];
    },
    mend() {
      troubles = [];
      for (const response of hanging) breakOff(response);
    },
  };
}
