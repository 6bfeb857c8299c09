/** In bytes. Larger answers are rare, and are parsed each time. */
const largestKept = 64 * 1024;
/** About what each entry takes in addition to the body (bytes). Without it, empty answers would count as nothing and be kept for ever. */
const aroundIt = 512;

/**
 * Makes a function that parses the body of an answer. If the body is the same, byte for byte, as the last one for the same question
 * (a path with its query), the function returns the same object as then. Pages read lists again and again, and mostly nothing has changed.
 * @param mostBytes the size of all entries together; beyond it those that were stored first are forgotten
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
    // A copy, because `body` may be a view into a much larger buffer of the connection, which would be kept with it.
    kept.set(question, { body: Uint8Array.from(body), json });
    bytes += body.length + aroundIt;
    for (const oldest of kept.keys()) {
      if (bytes <= mostBytes) break;
      forget(oldest);
    }
    return json;
  };
}
