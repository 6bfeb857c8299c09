import { type QueryClient, queryOptions, useQuery } from '@tanstack/react-query';
import { call } from '../../contract/paths.ts';
import type { Session } from '../../contract/session.ts';
import { askAs, onSignedOut, request, unwrap } from './request.ts';

/**
 * Who is signed in.
 * - `signed-out`: nobody is, and nobody has been since this page was opened.
 * - `expired`: nobody is any more, but somebody was while this page has been open, and may be in the middle of something.
 */
type SessionAnswer =
  | { state: 'signed-in'; session: Session }
  | { state: 'signed-out' }
  | { state: 'expired'; userID: string };

const sessionKey = ['session'];
const userOf = (answer: SessionAnswer | undefined) =>
  answer?.state === 'signed-in' ? answer.session.user.id : answer?.state === 'expired' ? answer.userID : undefined;
/** The state after a 401: `expired` if somebody was signed in before, else `signed-out`. */
const ended = (before: SessionAnswer | undefined): SessionAnswer => {
  const userID = userOf(before);
  return userID === undefined ? { state: 'signed-out' } : { state: 'expired', userID };
};

/** The query of who is signed in. It is read again each time the window gets the focus, to notice sign-ins and sign-outs in other tabs. */
export const sessionQuery = queryOptions({
  queryKey: sessionKey,
  queryFn: async ({ client, signal }): Promise<SessionAnswer> => {
    const before = client.getQueryData<SessionAnswer>(sessionKey);
    const result = await request('GET', call.session(), { schema: (answers) => answers.sessionSchema, signal });
    if (!result.ok && result.problem.status === 401) return ended(before);
    const session = unwrap(result);
    const userBefore = userOf(before);
    // Another person has signed in, in another tab: everything that the first person has read must go.
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

/** The number of the latest live event at the time of the last answer about the session; 0 (the beginning) when nobody is signed in. */
export function newsAfter(client: QueryClient): number {
  const answer = client.getQueryData(sessionQuery.queryKey);
  return answer?.state === 'signed-in' ? answer.session.newsAfter : 0;
}

/** Shows the session as ended as soon as any request is answered with 401. */
export function watchSession(client: QueryClient): void {
  onSignedOut(() => client.setQueryData(sessionQuery.queryKey, ended));
}

/**
 * Who is signed in, for components. `state` is `unknown` until the first answer is there; if there can be none, `error` says why.
 * `session` is defined exactly when `state` is `signed-in`.
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
