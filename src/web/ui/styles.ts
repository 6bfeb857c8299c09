/**
 * Asks again for the styles that did not come.
 * @param failed hears of each that does not come this time either
 */
export function fetchStylesAgain(failed: () => void = () => undefined): void {
  for (const link of document.querySelectorAll<HTMLLinkElement>('link[rel="stylesheet"]:not([disabled])')) {
    if (hasCome(link)) continue;
    const again = link.cloneNode();
    again.addEventListener('error', failed);
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
