/** Calls `make` once for each object and remembers the result for as long as the object lives. Other values are made anew each time. */
export function onceOfEach<Made>(make: (of: unknown) => Made): (of: unknown) => Made {
  const made = new WeakMap<object, { of: Made }>();
  return (of) => {
    if (typeof of !== 'object' || of === null) return make(of);
    const before = made.get(of);
    if (before !== undefined) return before.of;
    const now = { of: make(of) };
    made.set(of, now);
    return now.of;
  };
}
