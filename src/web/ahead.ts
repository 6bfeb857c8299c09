/*
 * Evaluated before all else, React included: the parts that the page names for later set out while React's program is read
 * and the line would be idle. Only a head start: what goes wrong is told when a part is wanted.
 */
for (const link of document.querySelectorAll<HTMLLinkElement>('link[data-ahead]')) link.rel = link.dataset.ahead ?? '';
