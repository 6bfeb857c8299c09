import { commonWords } from '../words/common.ts';

let title = '';
let unread = 0;

const show = () => {
  const name = title === '' ? commonWords.product : `${title} – ${commonWords.product}`;
  document.title = unread === 0 ? name : `(${unread}) ${name}`;
  const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  const href = unread === 0 ? '/favicon.svg' : '/favicon-unread.svg';
  if (icon !== null && icon.getAttribute('href') !== href) icon.href = href;
};

/** Sets the name of the page, which the tab and the history show. */
export function setPageTitle(words: string): void {
  title = words;
  show();
}

/** Sets how many tickets have unread news. The tab shows the number before the name, and a dot on the icon. */
export function setUnread(count: number): void {
  unread = count;
  show();
}
