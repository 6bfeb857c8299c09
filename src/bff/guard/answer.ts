import type { Context } from 'hono';
import { limitHeaders } from './limits.ts';
import { onceOfEach } from './once.ts';
import type { App } from './request.ts';

/**
 * Answers with JSON, and sets every header at once. Middleware that adds a header later makes Hono build a web `Headers` object
 * first, which takes longer than everything else that the portal does with a list of tickets.
 * @param headers in addition to those of every answer
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
/** Answers 200 with an object that nobody changes any more. If the same object is answered again, its JSON is not made again. */
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

/** Whether the answer was made by `answerJSON` or `answerUnchanged`, so that middleware need not add headers to it. */
export const isWhole = (c: Context<App>): boolean => c.res === c.get('whole');
