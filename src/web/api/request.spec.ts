import { afterEach, describe, expect, test, vi } from 'vitest';
import * as z from 'zod/mini';
import { askAs, onSignedOut, ProblemError, problemOf, reading, request, unwrap } from './request.ts';

const schema = z.object({ number: z.number() });
const answering = (make: (path: string, init: RequestInit) => Promise<Response> | Response) => {
  const fetched = vi.fn(async (path: string, init: RequestInit) => make(path, init));
  vi.stubGlobal('fetch', fetched);
  return fetched;
};
const sentHeaders = (fetched: ReturnType<typeof answering>) => new Headers(fetched.mock.calls[0]?.[1].headers);
afterEach(() => vi.unstubAllGlobals());

describe('what is sent', () => {
  test('a body goes as JSON, and only a body has a content type', async () => {
    const fetched = answering(() => Response.json({ number: 1 }));
    await request('POST', '/api/x', { schema, body: { a: 1 }, headers: { 'idempotency-key': 'k' } });
    expect(fetched.mock.calls[0]?.[1].body).toBe('{"a":1}');
    expect(fetched.mock.calls[0]?.[1].redirect, 'to nobody else').toBe('error');
    expect(sentHeaders(fetched).get('content-type')).toBe('application/json');
    expect(sentHeaders(fetched).get('idempotency-key')).toBe('k');

    const read = answering(() => Response.json({ number: 1 }));
    await request('GET', '/api/x', { schema });
    expect(sentHeaders(read).has('content-type')).toBe(false);
    expect(sentHeaders(read).has('x-background')).toBe(false);
  });

  test('a call of a timer says so, so that it does not prolong the session', async () => {
    const fetched = answering(() => Response.json({ number: 1 }));
    await request('GET', '/api/x', { schema, background: true });
    expect(sentHeaders(fetched).get('x-background')).toBe('1');
  });

  test('a call says for whom the page is open, whatever letters are in an id', async () => {
    const fetched = answering(() => Response.json({ number: 1 }));
    askAs('auth0|Jürgen 5');
    await request('GET', '/api/x', { schema });
    expect(sentHeaders(fetched).get('x-person')).toBe('auth0%7CJ%C3%BCrgen%205');
  });
});

describe('what comes back', () => {
  test('a good answer is parsed and carries the request id', async () => {
    answering(() => Response.json({ number: 7, more: true }, { status: 201, headers: { 'x-request-id': 'r1' } }));
    expect(await request('GET', '/api/x', { schema })).toEqual({
      ok: true,
      status: 201,
      value: { number: 7 },
      requestID: 'r1',
    });
  });

  test('a problem comes through as it is', async () => {
    const problem = { type: '/problems/refused', title: 'No', status: 400, detail: 'Why', requestID: 'r2' };
    answering(() => Response.json(problem, { status: 400 }));
    expect(await request('GET', '/api/x', { schema })).toEqual({ ok: false, problem });
  });

  test.each([
    ['a good status with another shape', () => Response.json({ number: 'seven' }), 200],
    ['a good status with something that is no JSON', () => new Response('<html>'), 200],
    ['a bad status with the page of a proxy', () => new Response('<html>', { status: 502 }), 502],
  ])('%s is an unreadable answer with its real status', async (_name, make, status) => {
    answering(make);
    const result = await request('GET', '/api/x', { schema });
    expect(result).toMatchObject({ ok: false, problem: { type: '/problems/unreadable', status } });
  });

  test.each([
    ['an answer without one', () => new Response('<html>', { status: 502 })],
    ['a lost network', () => Promise.reject(new TypeError('Failed to fetch'))],
    ['a deadline', (_path: string, init: RequestInit) => untilAborted(init)],
  ])('%s leaves a reference to quote: the one that was sent, which the portal’s log has', async (_name, make) => {
    const fetched = answering(make);
    const result = await request('GET', '/api/x', { schema, timeoutMs: 20 });
    expect(sentHeaders(fetched).get('x-request-id')).toMatch(/^[\w-]{36}$/);
    expect(result).toMatchObject({ problem: { requestID: sentHeaders(fetched).get('x-request-id') } });
  });

  test('an answer without content can be asked for', async () => {
    answering(() => new Response(null, { status: 204 }));
    expect(await request('DELETE', '/api/x', { schema: z.undefined() })).toMatchObject({ ok: true, status: 204 });
  });

  test('a lost network is a problem and not an exception', async () => {
    answering(() => Promise.reject(new TypeError('Failed to fetch')));
    expect(await request('GET', '/api/x', { schema })).toMatchObject({
      ok: false,
      problem: { type: '/problems/offline', status: 0 },
    });
  });

  test.each([
    ['waits', {}],
    ['may give up earlier', { signal: new AbortController().signal }],
  ])('a server that never answers is a problem at the deadline, where who asks %s', async (_, given) => {
    answering((_path, init) => untilAborted(init));
    expect(await request('GET', '/api/x', { schema, timeoutMs: 20, ...given })).toMatchObject({
      ok: false,
      problem: { type: '/problems/timeout', status: 0 },
    });
  });

  test('a body that breaks off is a lost network', async () => {
    const body = new ReadableStream({ pull: (stream) => stream.error(new TypeError('network error')) });
    answering(() => new Response(body));
    expect(await request('GET', '/api/x', { schema })).toMatchObject({ problem: { type: '/problems/offline' } });
  });

  test('giving up is told apart from a deadline', async () => {
    const fetched = answering((_path, init) => untilAborted(init));
    const giveUp = new AbortController();
    const result = request('GET', '/api/x', { schema, signal: giveUp.signal });
    const read = reading('/api/x', schema)({ signal: giveUp.signal });
    giveUp.abort();
    expect(fetched.mock.calls.map(([, { signal }]) => signal?.aborted)).toEqual([true, true]);
    expect(await result).toMatchObject({ problem: { type: '/problems/aborted' } });
    await expect(read).rejects.toThrow(ProblemError);
  });

  test('any 401 tells the page that nobody is signed in', async () => {
    const heard = vi.fn();
    const stop = onSignedOut(heard);
    answering(() => new Response('', { status: 401 }));
    await request('GET', '/api/x', { schema });
    expect(heard).toHaveBeenCalledOnce();
    stop();
    await request('GET', '/api/x', { schema });
    expect(heard).toHaveBeenCalledOnce();
  });
});

test('a problem survives being thrown, and anything else thrown becomes one', () => {
  const problem = { type: '/problems/refused', title: 'No', status: 400, detail: 'Why', requestID: 'r' };
  expect(() => unwrap({ ok: false, problem })).toThrow(ProblemError);
  expect(problemOf(new ProblemError(problem))).toBe(problem);
  expect(problemOf(new RangeError('x'))).toMatchObject({ status: 0, title: expect.any(String) });
});

const untilAborted = ({ signal }: RequestInit) =>
  new Promise<Response>((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason));
  });
