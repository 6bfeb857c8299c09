let taken = Promise.resolve();
let release: () => void = () => undefined;

/**
 * Resolves when React has hydrated the page; at once for a page that came without content. Until then no answer of the BFF may change
 * what React renders: if the rendering differs from the HTML, React throws the HTML away, with everything typed into it.
 */
export const takenOver = () => taken;

/** Makes `takenOver` wait from now on. Call this before hydrating a page that came with content. */
export function awaitTakeOver(): void {
  taken = new Promise((resolve) => {
    release = resolve;
  });
}

/** Resolves `takenOver`: React has hydrated the page. */
export const pageTakenOver = () => release();
