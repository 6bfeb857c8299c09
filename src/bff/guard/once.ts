/** Remembers what was made of an object for as long as that object lives. Of a value that is no object it is made anew each time. */
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
