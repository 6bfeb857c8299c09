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

/** Names the page in the tab and in the history. */
export function setPageTitle(words: string): void {
  title = words;
  show();
}

/** How many tickets have news that the person has not looked at: before the name and as a dot on the icon. */
export function setUnread(count: number): void {
  unread = count;
  show();
}
