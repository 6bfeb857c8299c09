/*
 * Runs before everything else, React included. The browser fetches the parts that the page names for later while it reads React's
 * program, when the line would be idle. Only a head start: a failure is reported when the part is needed.
 */
for (const link of document.querySelectorAll<HTMLLinkElement>('link[data-ahead]')) link.rel = link.dataset.ahead ?? '';
