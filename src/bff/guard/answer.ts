import type { Context } from 'hono';
import { limitHeaders } from './limits.ts';
import type { App } from './request.ts';

/**
 * Answers with JSON and every header that an answer has, at once: headers that are put on afterwards make a web `Headers` of
 * them first, which takes longer than all that the portal does with a list of tickets.
 * @param headers beside the usual ones
 */
export function answerJSON(
  c: Context<App>,
  value: unknown,
  status = 200,
  headers?: Readonly<Record<string, string>>,
): Response {
  const answer = new Response(JSON.stringify(value), {
    status,
    headers: { ...c.get('headers'), ...limitHeaders(c.get('limited')), 'content-type': 'application/json', ...headers },
  });
  c.set('whole', answer);
  return answer;
}

/** Whether the answer was made by `answerJSON`, so that nothing needs to be put on it. */
export const isWhole = (c: Context<App>): boolean => c.res === c.get('whole');
