import { type QueryClient, queryOptions, useQuery } from '@tanstack/react-query';
import { call } from '../../contract/paths.ts';
import type { Session } from '../../contract/session.ts';
import { askAs, onSignedOut, request, unwrap } from './request.ts';

/**
 * Who is signed in. `signed-out`: nobody is, and nobody was while this page has been open · `expired`: somebody was, a
 * moment ago, and may be in the middle of something.
 */
type SessionAnswer =
  | { state: 'signed-in'; session: Session }
  | { state: 'signed-out' }
  | { state: 'expired'; userID: string };

const sessionKey = ['session'];
const userOf = (answer: SessionAnswer | undefined) =>
  answer?.state === 'signed-in' ? answer.session.user.id : answer?.state === 'expired' ? answer.userID : undefined;
const ended = (before: SessionAnswer | undefined): SessionAnswer => {
  const userID = userOf(before);
  return userID === undefined ? { state: 'signed-out' } : { state: 'expired', userID };
};

/** Asked again when the person comes back to the page, so that signing in or out in another tab is noticed. */
export const sessionQuery = queryOptions({
  queryKey: sessionKey,
  queryFn: async ({ client, signal }): Promise<SessionAnswer> => {
    const before = client.getQueryData<SessionAnswer>(sessionKey);
    const result = await request('GET', call.session(), { schema: (answers) => answers.sessionSchema, signal });
    if (!result.ok && result.problem.status === 401) return ended(before);
    const session = unwrap(result);
    const userBefore = userOf(before);
    // Another person has signed in in another tab: nothing that the first one read may stay.
    if (userBefore !== undefined && userBefore !== session.user.id) {
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionKey[0] });
    }
    askAs(session.user.id);
    return { state: 'signed-in', session };
  },
  staleTime: 60_000,
  gcTime: Number.POSITIVE_INFINITY,
  refetchOnWindowFocus: 'always',
});

/** The number of the latest live news at the last answer about who is signed in; 0, the beginning, when nobody is. */
export function newsAfter(client: QueryClient): number {
  const answer = client.getQueryData(sessionQuery.queryKey);
  return answer?.state === 'signed-in' ? answer.session.newsAfter : 0;
}

/** Ends the session on the screen as soon as any call is answered 401. */
export function watchSession(client: QueryClient): void {
  onSignedOut(() => client.setQueryData(sessionQuery.queryKey, ended));
}

/**
 * Who is signed in, as state for the screen: `unknown` until the first answer is there (`error` says when it cannot be
 * had). `session` is there exactly when `state` is `signed-in`.
 */
export function useSession() {
  const { data, error, refetch } = useQuery(sessionQuery);
  return {
    state: data?.state ?? ('unknown' as const),
    session: data?.state === 'signed-in' ? data.session : undefined,
    error,
    refetch,
  };
}
