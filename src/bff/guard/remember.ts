/**
 * Makes a function that calls `ask` at most once in `ms` milliseconds. In between, everybody gets the last answer. A failure is not
 * remembered: the next caller asks again.
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
