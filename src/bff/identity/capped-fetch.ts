import type { FetchBody } from 'openid-client';

/** In bytes. Metadata, keys, tokens and user-info take a few kilobytes. */
const largestAnswer = 512 * 1024;

/** JSON without the members that are null: openid-client refuses a null, but some providers write it for what is absent. */
function withoutNulls(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text, (_, value) => value ?? undefined)) ?? text;
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

/**
 * `fetch` for an identity provider. It follows no redirect, gives up on an answer of more than half a megabyte (decompressed)
 * instead of holding it in memory, and leaves out members that are null in JSON.
 * @throws as fetch does, and when the answer is too large
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
