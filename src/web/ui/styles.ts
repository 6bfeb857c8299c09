/**
 * Asks again for the styles that did not come.
 * @param failed hears of each that does not come this time either
 */
export function fetchStylesAgain(failed: () => void = () => undefined): void {
  for (const link of document.querySelectorAll<HTMLLinkElement>('link[rel="stylesheet"]:not([disabled])')) {
    if (hasCome(link)) continue;
    const again = link.cloneNode();
    // It may still have been on its way, and a part of the program wait for it.
    for (const outcome of ['load', 'error'])
      again.addEventListener(outcome, () => link.dispatchEvent(new Event(outcome)), { once: true });
    again.addEventListener('error', failed, { once: true });
    link.replaceWith(again);
  }
}

/** Chromium gives a sheet to styles that could not be fetched as well, and lets nobody read it. */
function hasCome({ sheet }: HTMLLinkElement): boolean {
  try {
    return sheet?.cssRules !== undefined;
  } catch {
    return false;
  }
}
