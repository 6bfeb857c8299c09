import type { Context } from 'hono';
import { limitHeaders } from './limits.ts';
import { onceOfEach } from './once.ts';
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
  return answerText(c, JSON.stringify(value), status, headers);
}

const textOf = onceOfEach((value) => JSON.stringify(value));
/** Answers with a value that may have been answered before and that nobody changes: its JSON is written once. */
export const answerUnchanged = (c: Context<App>, value: object): Response => answerText(c, textOf(value), 200);

function answerText(
  c: Context<App>,
  text: string,
  status: number,
  headers?: Readonly<Record<string, string>>,
): Response {
  const answer = new Response(text, {
    status,
    headers: { ...c.get('headers'), ...limitHeaders(c.get('limited')), 'content-type': 'application/json', ...headers },
  });
  c.set('whole', answer);
  return answer;
}

/** Whether the answer was made by `answerJSON`, so that nothing needs to be put on it. */
export const isWhole = (c: Context<App>): boolean => c.res === c.get('whole');
