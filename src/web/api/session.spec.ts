import { afterEach, expect, test, vi } from 'vitest';
import * as z from 'zod/mini';
import type { Session } from '../../contract/session.ts';
import { createQueryClient } from './query-client.ts';
import { request } from './request.ts';
import { newsAfter, sessionQuery } from './session.ts';

const session = (id: string): Session => ({
  user: { id, name: 'Mel Roberts', role: 'merchant' },
  idleEndsOn: '2026-11-23T12:00:00Z',
  newsAfter: 7,
  endsOn: '2026-11-23T20:00:00Z',
});
const answer = (body: unknown, status = 200) => vi.stubGlobal('fetch', async () => Response.json(body, { status }));
const problem = { type: '/problems/not-signed-in', title: 'x', status: 401, detail: 'x', requestID: 'r' };
afterEach(() => vi.unstubAllGlobals());

test('nobody signed in is an answer and not an error', async () => {
  const client = createQueryClient();
  answer(problem, 401);
  expect(await client.fetchQuery(sessionQuery)).toEqual({ state: 'signed-out' });
});

test('a session that ends under the person is told apart from never having had one', async () => {
  const client = createQueryClient();
  answer(session('u1'));
  await client.fetchQuery(sessionQuery);
  answer(problem, 401);
  await request('GET', '/api/anything', { schema: z.unknown() });
  expect(client.getQueryData(sessionQuery.queryKey)).toEqual({ state: 'expired', userID: 'u1' });
  await client.fetchQuery({ ...sessionQuery, staleTime: 0 });
  expect(client.getQueryData(sessionQuery.queryKey)).toEqual({ state: 'expired', userID: 'u1' });
});

test('a fault of the server ends no session', async () => {
  const client = createQueryClient();
  answer(session('u1'));
  const signedIn = await client.fetchQuery(sessionQuery);
  answer({ ...problem, status: 503 }, 503);
  await expect(client.fetchQuery({ ...sessionQuery, staleTime: 0, retry: false })).rejects.toThrow();
  expect(client.getQueryData(sessionQuery.queryKey)).toEqual(signedIn);
});

test('a page follows the news from where they stood when it asked who is signed in, and from the beginning when nobody is', async () => {
  const client = createQueryClient();
  expect(newsAfter(client)).toBe(0);
  answer(session('u1'));
  await client.fetchQuery(sessionQuery);
  expect(newsAfter(client)).toBe(7);
});

test('what a page asks for is asked for the person for whom it is open', async () => {
  const asked = vi.fn(async (_path: string, _init: RequestInit) => Response.json(session('u9')));
  vi.stubGlobal('fetch', asked);
  await createQueryClient().fetchQuery(sessionQuery);
  await request('GET', '/api/anything', { schema: z.unknown() });
  expect(new Headers(asked.mock.lastCall?.[1].headers).get('x-person')).toBe('u9');
});

test('what one person has read is gone when another signs in, and stays when the same one comes back', async () => {
  const client = createQueryClient();
  client.setQueryData(['tickets', 'a'], 'secret');
  answer(session('u1'));
  await client.fetchQuery(sessionQuery);
  expect(client.getQueryData(['tickets', 'a'])).toBe('secret');
  await client.fetchQuery({ ...sessionQuery, staleTime: 0 });
  expect(client.getQueryData(['tickets', 'a'])).toBe('secret');
  answer(session('u2'));
  await client.fetchQuery({ ...sessionQuery, staleTime: 0 });
  expect(client.getQueryData(['tickets', 'a'])).toBeUndefined();
});

test('a refusal of what one person asked for does not sign out the next, who has signed in meanwhile', async () => {
  const client = createQueryClient();
  answer(session('u1'));
  await client.fetchQuery(sessionQuery);
  let refuse: () => void = () => undefined;
  vi.stubGlobal(
    'fetch',
    () =>
      new Promise((resolve) => {
        refuse = () => resolve(Response.json(problem, { status: 401 }));
      }),
  );
  const asked = request('GET', '/api/anything', { schema: z.unknown() });
  answer(session('u2'));
  await client.fetchQuery({ ...sessionQuery, staleTime: 0 });
  refuse();
  expect(await asked).toMatchObject({ ok: false, problem: { status: 401 } });
  expect(client.getQueryData(sessionQuery.queryKey)).toMatchObject({ state: 'signed-in' });
});
