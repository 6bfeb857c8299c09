import { afterEach, expect, test, vi } from 'vitest';
import * as z from 'zod/mini';
import type { Session } from '../../contract/session.ts';
import { createQueryClient } from './query-client.ts';
import { request } from './request.ts';
import { sessionQuery } from './session.ts';

const session = (id: string): Session => ({
  user: { id, name: 'Mel Roberts', role: 'merchant' },
  idleEndsOn: '2026-11-23T12:00:00Z',
  newsAfter: 0,
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

test('what one person has read is gone when another signs in, and stays when the same one comes back', async () => {
  const client = createQueryClient();
  answer(session('u1'));
  await client.fetchQuery(sessionQuery);
  client.setQueryData(['tickets', 'a'], 'secret');
  await client.fetchQuery({ ...sessionQuery, staleTime: 0 });
  expect(client.getQueryData(['tickets', 'a'])).toBe('secret');
  answer(session('u2'));
  await client.fetchQuery({ ...sessionQuery, staleTime: 0 });
  expect(client.getQueryData(['tickets', 'a'])).toBeUndefined();
});
