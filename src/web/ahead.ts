/*
 * Runs before everything else, React included. It starts the download of the files that the page lists as `<link data-ahead>`
 * (vite.config.ts): the network would otherwise be idle while the browser parses React. This is only a head start: if a download
 * fails, that is noticed and handled when the file is needed.
 */
for (const link of document.querySelectorAll<HTMLLinkElement>('link[data-ahead]')) link.rel = link.dataset.ahead ?? '';
