/** Larger answers are rare, and are read anew. */
const largestKept = 64 * 1024;
/** What an answer takes beside its own bytes, about: without it those that are empty would be kept for ever. */
const aroundIt = 512;

/**
 * Reads JSON, and gives what was read the last time where an answer to the same question is the same to the byte: pages read
 * lists again and again, and most of the time nothing has changed.
 * @param mostBytes of all answers that are kept; the oldest give way
 */
export function createUnchanged(read: (body: Buffer) => unknown, mostBytes = 1024 * 1024) {
  const kept = new Map<string, { body: Uint8Array; json: unknown }>();
  let bytes = 0;
  const forget = (question: string) => {
    const last = kept.get(question);
    if (last !== undefined) bytes -= last.body.length + aroundIt;
    kept.delete(question);
  };
  return (question: string, body: Buffer): unknown => {
    const last = kept.get(question);
    if (last !== undefined && body.equals(last.body)) return last.json;
    forget(question);
    const json = read(body);
    if (body.length > largestKept) return json;
    // A copy: what came may be a small part of all that the connection has read.
    kept.set(question, { body: Uint8Array.from(body), json });
    bytes += body.length + aroundIt;
    for (const oldest of kept.keys()) {
      if (bytes <= mostBytes) break;
      forget(oldest);
    }
    return json;
  };
}
