import type { FetchBody } from 'openid-client';

/** Metadata, keys, tokens and user-info are a few kilobytes. */
const largestAnswer = 512 * 1024;

/** The text of an answer without the members that are null, which the library takes for wrong instead of absent. */
function withoutNulls(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text, (_, value) => value ?? undefined)) ?? text;
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

/**
 * Fetch for an identity provider: no redirect is followed, an answer of more than half a megabyte, unfolded, is given up
 * instead of being held in memory, and what is null in JSON is as if it had been left out.
 */
export async function cappedFetch(
  url: string,
  options: { method: string; headers: HeadersInit; body?: FetchBody; signal?: AbortSignal | undefined },
): Promise<Response> {
  const { method, headers: sent, body, signal } = options;
  const answer = await fetch(url, {
    method,
    headers: sent,
    body: body instanceof Uint8Array ? new Uint8Array(body) : (body ?? null),
    signal: signal ?? null,
    redirect: 'manual',
  });
  if (answer.body === null) return answer;
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  // Leaving the loop early cancels the rest.
  for await (const piece of answer.body) {
    size += piece.length;
    if (size > largestAnswer) throw new Error('the identity provider answered with more than half a megabyte');
    pieces.push(new Uint8Array(piece));
  }
  const text = withoutNulls(await new Blob(pieces).text());
  const { status, statusText, headers } = answer;
  return new Response(status === 204 || status === 205 || status === 304 ? null : text, {
    status,
    statusText,
    headers,
  });
}
