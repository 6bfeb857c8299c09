let taken = Promise.resolve();
let release: () => void = () => undefined;

/**
 * Resolves when React has taken over the page; at once for one that came empty. Until then no answer of the BFF may
 * change what is rendered: a page that is not what its HTML says is thrown away, with everything typed into it.
 */
export const takenOver = () => taken;

/** Says that the page came with its content, before it is hydrated. */
export function awaitTakeOver(): void {
  taken = new Promise((resolve) => {
    release = resolve;
  });
}

/** Says that the page that came with its content is React's now. */
export const pageTakenOver = () => release();
