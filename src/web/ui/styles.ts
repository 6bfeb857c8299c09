/**
 * Requests again all stylesheets of the page that are not loaded (those that failed, and those still on their way).
 * @param failed called for each stylesheet that fails this time too
 */
export function fetchStylesAgain(failed: () => void = () => undefined): void {
  for (const link of document.querySelectorAll<HTMLLinkElement>('link[rel="stylesheet"]:not([disabled])')) {
    if (hasCome(link)) continue;
    const again = link.cloneNode();
    // The first link may still have been loading, and Vite may wait for its events: it gets those of its replacement.
    for (const outcome of ['load', 'error'])
      again.addEventListener(outcome, () => link.dispatchEvent(new Event(outcome)), { once: true });
    again.addEventListener('error', failed, { once: true });
    link.replaceWith(again);
  }
}

/** Whether a stylesheet is loaded. In Chromium one that failed has a `sheet` too, but reading its rules throws. */
function hasCome({ sheet }: HTMLLinkElement): boolean {
  try {
    return sheet?.cssRules !== undefined;
  } catch {
    return false;
  }
}
