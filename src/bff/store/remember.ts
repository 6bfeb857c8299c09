/**
 * Asks at most once in `ms`, and gives what was answered then until it is asked again. A question that fails is not
 * remembered.
 */
export function remember<T>(ms: number, ask: () => Promise<T>): () => Promise<T> {
  let last: { answer: Promise<T>; staleAt: number } | undefined;
  return () => {
    if (last !== undefined && last.staleAt > performance.now()) return last.answer;
    const asked = { answer: ask(), staleAt: performance.now() + ms };
    last = asked;
    asked.answer.catch(() => {
      if (last === asked) last = undefined;
    });
    return asked.answer;
  };
}
